import assert from "node:assert/strict";
import { test } from "node:test";
import { RESULT_FORMAT } from "../harness/result.ts";
import { spreadOf } from "../harness/stats.ts";
import { assertPublishable, betterPeers, overview, renderMarkdown, renderText } from "./report.ts";
import type { PeerMeasurement, PeerNote, PeersResult } from "./result.ts";
import type { Work } from "./types.ts";

/** Without a latency, as all whose results are not taken. */
function drained(peer: string, rate: number, how: string): PeerMeasurement {
  const { latencyMs: _, ...rest } = measured(peer, "best", rate, how);
  return rest;
}

const measured = (peer: string, work: Work, rate: number, how = "somehow"): PeerMeasurement => ({
  peer,
  work,
  how,
  scenario: `peers-${work}`,
  mode: `${peer}, ${how}`,
  unit: "calls/s",
  rate: spreadOf([rate]),
  rates: [rate],
  latencyMs: { p50: 2, p90: 3, p99: 4, p999: 5, max: 6 },
  errors: 0,
  checksum: "",
});
const note = (name: string, title: string, more: Partial<PeerNote> = {}): PeerNote => ({
  name,
  title,
  versions: [`${name} 1.2.3`],
  durability: "synced",
  processes: "one",
  absent: {},
  ...more,
});
const result: PeersResult = {
  format: RESULT_FORMAT,
  startedAt: "2026-01-02T03:04:05.000Z",
  commit: "abc1234",
  size: "real",
  seed: 0,
  machine: { cpu: "a processor", cores: 2, memoryMiB: 2048, os: "Linux 6", node: "v24.0.0", pinned: true },
  cores: { subject: "0", generator: "1" },
  durationSeconds: 1,
  peers: [
    note("dispatch-ts", "dispatch-ts"),
    note("queue", "The Queue", { absent: { trivial: "no such feature: no results" } }),
    note("gone", "Gone", { versions: [], unmeasured: "not installed" }),
  ],
  measurements: [
    measured("dispatch-ts", "trivial", 5_000),
    measured("dispatch-ts", "best", 9_000),
    measured("dispatch-ts", "latency", 500),
    measured("queue", "best", 8_000, "one by one"),
    drained("queue", 20_000, "all at once"),
    measured("queue", "latency", 100),
  ],
};

test("the overview has the fastest way of each, and tells no feature from no figure", () => {
  const { header, rows } = overview(result);
  assert.equal(header.length, 6);
  assert.deepEqual(
    rows.map((row) => row.slice(0, 4)),
    [
      ["dispatch-ts", "5,000 calls/s, p50 2 ms, p99 4 ms", "9,000 calls/s", "not measured"],
      ["The Queue", "no such feature", "20,000 calls/s", "not measured"],
      ["Gone", "not measured", "not measured", "not measured"],
    ],
  );
  assert.equal(rows[1]![5], "p50 2 ms, p99 4 ms");
});

test("where a peer is faster is said, with the way it was", () => {
  assert.deepEqual(betterPeers(result), [
    "Faster than dispatch-ts:",
    "",
    "- best throughput: The Queue (all at once) 20,000 calls/s, dispatch-ts 9,000 (somehow)",
  ]);
  const slower = result.measurements.filter((one) => one.how !== "all at once");
  assert.match(betterPeers({ ...result, measurements: slower })[0]!, /^No peer was faster/);
});

test("the text and the page have every way, the versions, and what was not measured", () => {
  const text = renderText(result);
  for (const part of ["best throughput / The Queue / one by one", "Gone: not installed"])
    assert.ok(text.includes(part), part);
  const page = renderMarkdown(result);
  assert.match(page, /Commit `abc1234`, 2026-01-02\. .* on core 0, the client on core 1\./);
  assert.match(page, /^- The Queue, trivial, 64 in flight: no such feature: no results\.$/m);
  assert.match(page, /\| The Queue \| queue 1\.2\.3 \| synced \| one \|/);
  assert.match(page, /\| best throughput \| The Queue \| one by one \| 8,000 calls\/s \|/);
});

test("only complete results without errors, of the real size, are for the page", () => {
  const names = ["dispatch-ts", "queue"];
  assertPublishable(result, names);
  assert.throws(() => assertPublishable({ ...result, size: "smoke" }, names), /smoke size/);
  assert.throws(() => assertPublishable(result, [...names, "gone"]), /no figures of gone/);
  const wrong = { ...result.measurements[0]!, errors: 1 };
  assert.throws(() => assertPublishable({ ...result, measurements: [wrong] }, []), /had errors/);
});

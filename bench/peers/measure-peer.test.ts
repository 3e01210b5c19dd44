import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePinning } from "../harness/processes.ts";
import { fakePeer } from "./fake.test-support.ts";
import { measurePeer } from "./measure-peer.ts";
import { peers } from "./peers.ts";
import type { PeerMode } from "./types.ts";

const context = {
  folder: "/nowhere",
  pinning: choosePinning(false),
  seconds: 0.05,
  warmupSeconds: 0.01,
  repeats: 2,
  progress: () => {},
};
const trivial: PeerMode = {
  work: "trivial",
  how: "over HTTP",
  function: "trivial",
  kind: "results",
  inFlight: 8,
  batch: 1,
};

test("a peer is started, measured in each of its modes and stopped", async () => {
  const modes: PeerMode[] = [
    trivial,
    { ...trivial, work: "best", batch: 20, kind: "drain" },
    { ...trivial, work: "steps", function: "steps", unitsPerCall: 10 },
    { ...trivial, work: "fan-out", function: "fanOut", inFlight: 1, unitsPerCall: 100 },
  ];
  const done = await measurePeer(fakePeer(modes), context);
  assert.deepEqual(
    done.map((one) => [one.work, one.unit, one.rates.length, one.errors]),
    [
      ["trivial", "calls/s", 2, 0],
      ["best", "calls/s", 2, 0],
      ["steps", "steps/s", 2, 0],
      ["fan-out", "children/s", 2, 0],
    ],
  );
  const [first, drained] = done;
  const [, calls, runs] = /^(\d+) .*, (\d+) runs$/.exec(first!.checksum)!;
  assert.ok(Number(calls) > 0 && calls === runs, first!.checksum);
  assert.ok(first!.latencyMs!.p50 > 0 && first!.generatorLoad! > 0);
  assert.equal(drained!.latencyMs, undefined, "the latency of recording is none of the work");
});

for (const fault of ["twice", "wrong"] as const) {
  test(`errors are counted of a peer that does its work ${fault}`, async () => {
    const [measured] = await measurePeer(fakePeer([trivial], fault), { ...context, repeats: 1 });
    const calls = Number.parseInt(measured!.checksum, 10);
    assert.ok(calls > 0);
    assert.equal(measured!.errors, calls);
  });
}

test("a peer that does not start is an error, and leaves nothing running", async () => {
  await assert.rejects(measurePeer(fakePeer([trivial], "broken"), context), /worker.ts ended early \(3\)/);
});

test("dispatch-ts is a peer like the others", async () => {
  const dispatch = peers.find((peer) => peer.name === "dispatch-ts")!;
  const modes = dispatch.modes
    .filter((mode) => mode.work !== "latency")
    .map((mode) => ({ ...mode, inFlight: 2, batch: Math.min(mode.batch, 10) }));
  const done = await measurePeer({ ...dispatch, modes }, { ...context, repeats: 1 });
  assert.deepEqual(
    done.map((one) => [one.work, one.errors]),
    modes.map((mode) => [mode.work, 0]),
  );
});

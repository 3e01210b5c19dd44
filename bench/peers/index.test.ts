import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { peers } from "./peers.ts";

const INDEX = fileURLToPath(new URL("index.ts", import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, ["--conditions=dispatch-source", INDEX, ...args], { encoding: "utf8" });
}

test("the help names every option and every peer", () => {
  const { status, stdout } = bench("--help");
  assert.equal(status, 0);
  for (const option of ["peer", "size", "seconds", "repeats", "folder", "install", "json", "update-docs"])
    assert.ok(stdout.includes(`--${option}`), option);
  for (const { name } of peers) assert.ok(stdout.includes(name), name);
});

test("options that mean nothing are refused", () => {
  const refused: [string[], RegExp][] = [
    [["--peer", "kafka"], /no peer kafka; there are: dispatch-ts, restate/],
    [
      ["--peer", "bullmq-always", "--folder", "/nowhere"],
      /bullmq.* not installed in \/nowhere: run with --install/,
    ],
    [["--size", "huge"], /must be smoke or real/],
    [["--size", "smoke", "--update-docs"], /needs the real size/],
    [["--update-docs", "--peer", "dispatch-ts"], /restate: --update-docs needs all peers/],
    [["--repeats", "1.5"], /whole number/],
    [["--update-docs", "/nowhere/result.json"], /\/nowhere\/result.json is not a bench result/],
  ];
  for (const [args, message] of refused) {
    const { status, stderr } = bench(...args);
    assert.notEqual(status, 0, args.join(" "));
    assert.match(stderr, message);
  }
});

test("the page keeps its figures when a result is not for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  const file = join(folder, "result.json");
  writeFileSync(file, JSON.stringify({ format: 1, size: "smoke", measurements: [], peers: [] }));
  const { status, stderr } = bench("--update-docs", file);
  assert.equal(status, 2);
  assert.match(stderr, /smoke size/);
  rmSync(folder, { recursive: true });
});

test("each package of a peer has its exact version in the list that is installed", () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
  for (const name of peers.flatMap((peer) => peer.packages))
    assert.match(dependencies[name] ?? "", /^\d+\.\d+\.\d+$/);
  for (const [name, version] of Object.entries<string>(dependencies)) assert.match(version, /^\d/, name);
});

test("a peer has each work, or says why it has not", () => {
  for (const { name, modes, absent } of peers) {
    for (const work of ["trivial", "best", "steps", "fan-out", "latency"] as const) {
      const has = modes.some((mode) => mode.work === work);
      assert.equal(has, absent[work] === undefined, `${name}: ${work}`);
    }
  }
});

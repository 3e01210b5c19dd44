import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveFeed } from "./feed.ts";

const state = { queued: 1, inFlight: 2, frontBusy: 0.5, threads: [] };
const finished = (functionName: string, status: number, ms: number) =>
  ({
    type: "pool-runs-finished",
    runs: [{ functionName, status, durationSeconds: ms / 1000, queueSeconds: 0 }],
  }) as const;

test("a frame holds what happened since the frame before, and what stands", () => {
  const feed = new LiveFeed();
  for (let i = 0; i < 9; i++) feed.subscribe(finished("greet", 1, 10));
  feed.subscribe(finished("charge", 6, 500));
  feed.subscribe({ type: "request-rejected", reason: "invalid", message: "" });
  const frame = feed.tick(1_000, state);
  assert.deepEqual(
    { ...frame, functions: frame.functions.map((one) => one.name) },
    {
      atMs: 1_000,
      succeeded: 9,
      failed: 1,
      rejected: 1,
      p50Ms: 10,
      p99Ms: 500,
      functions: ["greet", "charge"],
      ...state,
    },
  );
  assert.equal(feed.tick(2_000, state).succeeded, 0);
});

test("latencies stay a fair sample however many there are", () => {
  const feed = new LiveFeed(() => 0.5);
  for (let i = 0; i < 50_000; i++) feed.subscribe(finished("f", 1, i % 100));
  const { p50Ms, succeeded } = feed.tick(0, state);
  assert.equal(succeeded, 50_000);
  assert.ok(p50Ms > 40 && p50Ms < 60, String(p50Ms));
});

test("frames are kept for a few minutes only, and listeners hear each until they stop", () => {
  const feed = new LiveFeed();
  const heard: number[] = [];
  const stop = feed.listen((frame) => heard.push(frame.atMs));
  for (let i = 0; i < 400; i++) {
    if (i === 3) stop();
    feed.tick(i, state);
  }
  assert.deepEqual(heard, [0, 1, 2]);
  assert.equal(feed.frames.length, 300);
  assert.equal(feed.frames[0]!.atMs, 100);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Status } from "../../../wire/status.ts";
import type { Outcome } from "../../types.ts";
import { type BridgeOptions, BridgeSessions } from "./sessions.ts";

const OK = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 2\r\n\r\n\x08\x01",
  "latin1",
);
const forever = () => new AbortController().signal;

function setup(options: Partial<BridgeOptions> = {}) {
  let id = 0;
  const bridge = new BridgeSessions({ newId: () => `request-${++id}`, now: () => 0, ...options });
  const run = (byte = 7, session = "s", timeoutMs = 60_000, signal = forever()) =>
    bridge.run({ session, request: Uint8Array.of(byte), trace: null, timeoutMs, signal });
  return { bridge, run };
}

function assertFailed(outcome: Outcome, status: Status) {
  assert.equal(outcome.kind, "failure");
  assert.equal(outcome.status, status, outcome.error.message);
}

test("a run is fetched once, and its answer is the run's outcome", async () => {
  const { bridge, run } = setup();
  const outcome = run();
  const fetched = await bridge.fetch("s", forever());
  assert.equal(fetched?.id, "request-1");
  assert.equal(fetched.message.at(-1), 7);
  assert.equal(await bridge.fetch("s", AbortSignal.abort()), undefined);
  assert.equal(await bridge.answer("s", "request-1", OK), true);
  assert.deepEqual(await outcome, { kind: "response", response: Buffer.of(8, 1) });
  assert.equal(bridge.size, 0);
});

test("a poll that came first gets the run as soon as there is one", async () => {
  const { bridge, run } = setup();
  const fetched = bridge.fetch("s", forever());
  const other = bridge.fetch("other", forever());
  const outcome = run();
  assert.equal((await fetched)?.id, "request-1");
  await bridge.answer("s", "request-1", OK);
  assert.equal((await outcome).kind, "response");
  void other;
});

test("several polls share the runs, in the order they were queued", async () => {
  const { bridge, run } = setup();
  const polls = [bridge.fetch("s", forever()), bridge.fetch("s", forever())];
  const outcomes = [run(1), run(2), run(3)];
  const third = bridge.fetch("s", forever());
  const fetched = await Promise.all([...polls, third]);
  assert.deepEqual(fetched.map((request) => request?.message.at(-1)).sort(), [1, 2, 3]);
  for (const request of fetched) await bridge.answer("s", request!.id, OK);
  assert.ok((await Promise.all(outcomes)).every(({ kind }) => kind === "response"));
});

test("a poll that ends takes no run with it", async () => {
  const { bridge, run } = setup();
  const leaving = new AbortController();
  const first = bridge.fetch("s", leaving.signal);
  const second = bridge.fetch("s", forever());
  // The run wakes the first poll in the same turn in which it ends.
  const outcome = run();
  leaving.abort();
  const fetched = (await Promise.all([first, second])).filter((request) => request !== undefined);
  assert.equal(fetched.length, 1);
  await bridge.answer("s", fetched[0]!.id, OK);
  assert.equal((await outcome).kind, "response");
});

test("a run that was fetched and not read goes to the next poll", async () => {
  const { bridge, run } = setup();
  const outcome = run();
  const lost = await bridge.fetch("s", forever());
  bridge.returnUnread("s", lost!.id);
  const again = await bridge.fetch("s", forever());
  assert.equal(again?.id, lost?.id);
  await bridge.answer("s", again!.id, OK);
  assert.equal((await outcome).kind, "response");
});

test("answers that nobody awaits are refused: unknown, not fetched, repeated, of another session", async () => {
  const { bridge, run } = setup();
  assert.equal(await bridge.answer("s", "request-1", OK), false);
  const outcome = run();
  assert.equal(await bridge.answer("s", "request-1", OK), false);
  await bridge.fetch("s", forever());
  assert.equal(await bridge.answer("other", "request-1", OK), false);
  assert.equal(await bridge.answer("s", "request-1", OK), true);
  await outcome;
  assert.equal(await bridge.answer("s", "request-1", OK), false);
});

test("a dropped run counts as unreachable, and so does every run of a dropped session", async () => {
  const { bridge, run } = setup();
  const outcomes = [run(), run(), run()];
  assert.equal(bridge.drop("s", "request-2"), true);
  assertFailed(await outcomes[1]!, Status.TCP_ERROR);
  assert.equal(bridge.drop("s", undefined), true);
  assertFailed(await outcomes[0]!, Status.TCP_ERROR);
  assertFailed(await outcomes[2]!, Status.TCP_ERROR);
  assert.equal(bridge.drop("s", undefined), false);
  assert.equal(bridge.drop("s", "request-2"), false);
});

test("an error answer counts by its status, and one that is not HTTP as HTTP_ERROR", async () => {
  const { bridge, run } = setup();
  for (const [answer, status] of [
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Status.NOT_FOUND],
    ["HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", Status.THROTTLED],
    ["HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", Status.INVALID_RESPONSE],
    ["nonsense", Status.HTTP_ERROR],
    ["", Status.HTTP_ERROR],
  ] as const) {
    const outcome = run();
    const fetched = await bridge.fetch("s", forever());
    await bridge.answer("s", fetched!.id, Buffer.from(answer));
    assertFailed(await outcome, status);
  }
});

test("a run that nobody fetches is unreachable, one that nobody answers is a TIMEOUT", async () => {
  const { bridge, run } = setup({ fetchTimeoutMs: 20 });
  assertFailed(await run(), Status.TCP_ERROR);
  const outcome = run(7, "s", 30);
  await bridge.fetch("s", forever());
  assertFailed(await outcome, Status.TIMEOUT);
  assert.equal(bridge.size, 0);
});

test("closing ends the polls, so that nothing holds the service open", async () => {
  const { bridge } = setup();
  const poll = bridge.fetch("s", forever());
  bridge.close();
  bridge.close();
  assert.equal(await poll, undefined);
  assert.equal(await bridge.fetch("s", forever()), undefined);
});

test("an aborted run leaves the queue", async () => {
  const { bridge, run } = setup();
  const controller = new AbortController();
  const outcome = run(7, "s", 60_000, controller.signal);
  controller.abort();
  assertFailed(await outcome, Status.TIMEOUT);
  assertFailed(await run(7, "s", 60_000, AbortSignal.abort()), Status.TIMEOUT);
  assert.equal(await bridge.fetch("s", AbortSignal.abort()), undefined);
  assert.equal(bridge.size, 0);
});

test("a session holds a bounded number of runs, and further ones are THROTTLED", async () => {
  const { bridge, run } = setup({ runsPerSessionMax: 2 });
  const outcomes = [run(), run()];
  assertFailed(await run(), Status.THROTTLED);
  assert.equal(bridge.drop("s", undefined), true);
  await Promise.all(outcomes);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome, Run } from "../types.ts";
import { DrainableDelivery } from "./draining.ts";

const RUN = {} as Run;
const ANSWER: Outcome = { kind: "response", response: Uint8Array.of(8, 1) };

function setup() {
  const answers: ((outcome: Outcome) => void)[] = [];
  const delivery = new DrainableDelivery({ deliver: () => new Promise((resolve) => answers.push(resolve)) });
  return { delivery, answers };
}

test("a drain waits for the runs under way and lets no further one out", async () => {
  const { delivery, answers } = setup();
  const outcome = delivery.deliver(RUN);
  let isDrained = false;
  const drained = delivery.drain(60_000).then(() => {
    isDrained = true;
  });
  void delivery.deliver(RUN);
  await new Promise(setImmediate);
  assert.equal(isDrained, false);
  assert.equal(answers.length, 1);
  answers[0]!(ANSWER);
  assert.deepEqual(await outcome, ANSWER);
  await drained;
});

test("a drain ends at its deadline, and at once when nothing is under way", async () => {
  const idle = setup();
  await idle.delivery.drain(60_000);
  await idle.delivery.drain(60_000);
  const busy = setup();
  void busy.delivery.deliver(RUN);
  await busy.delivery.drain(5);
});

/** The functions under load. Each is as small as its kind allows, so that the service is measured and not they. */
import { setTimeout as wait } from "node:timers/promises";
import { dispatch } from "dispatch-ts";

export const trivial = dispatch.function("trivial", (value: string) => value);

export const io5ms = dispatch.function("io5ms", async (value: number) => {
  await wait(5);
  return value;
});

/** Rounds of the loop below: 0.25 ms on the machine that the figures in docs/benchmarks.md come from. */
const ROUNDS = 180_000;

export const computes = dispatch.function("computes", (value: number) => {
  let state = value | 1;
  for (let round = 0; round < ROUNDS; round++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state;
});

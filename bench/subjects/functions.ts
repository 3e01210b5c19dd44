/** The functions under load. Each is as small as its kind allows, so that the service is measured and not they. */
import { setTimeout as wait } from "node:timers/promises";
import { dispatch } from "dispatch-ts";

export const trivial = dispatch.function("trivial", (value: string) => value);

export const io5ms = dispatch.function("io5ms", async (value: number) => {
  await wait(5);
  return value;
});

/** Rounds of the loop below that take about 1 ms on the machine the figures in docs/benchmarks.md come from. */
const ROUNDS_PER_MS = 180_000;

export const cpu1ms = dispatch.function("cpu1ms", (value: number) => {
  let state = value | 1;
  for (let round = 0; round < ROUNDS_PER_MS; round++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state;
});

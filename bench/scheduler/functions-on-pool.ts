// Functions of the scheduler's benchmark as a user writes them, for the pool.
import { dispatch } from "dispatch-ts";

export const trivial = dispatch.function("trivial", async (input: string) => input.length);

export const sequence = dispatch.function("sequence", async (input: string) => {
  let sum = 0;
  for (let step = 0; step < 10; step++) sum += await trivial(input);
  return sum;
});

export const fanout = dispatch.function("fanout", async (input: string) => {
  const lengths = await Promise.all(Array.from({ length: 100 }, () => trivial(input)));
  return lengths.length;
});

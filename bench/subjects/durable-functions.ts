/** Durable functions under load: they do nothing but call, so that scheduler, store and coroutines are measured. */
import { dispatch } from "dispatch-ts";
import { CHILDREN, STEPS } from "./counts.ts";

export const step = dispatch.function("step", (value: number) => value + 1);

export const tenSteps = dispatch.function("tenSteps", async (value: number) => {
  let sum = value;
  for (let index = 0; index < STEPS; index++) sum = await step(sum);
  return sum;
});

export const fanOut = dispatch.function("fanOut", async (value: number) => {
  const results = await Promise.all(Array.from({ length: CHILDREN }, () => step(value)));
  return results.reduce((sum, one) => sum + one, 0);
});

/** Suspended with what a function of some length has in its variables: about 2 KiB of objects, a map, a date. */
export const carries = dispatch.function("carries", async (value: number) => {
  const orders = Array.from({ length: 20 }, (_, index) => ({
    id: index,
    name: `order ${index}`,
    paid: false,
  }));
  const stock = new Map(orders.map((order) => [order.name, order]));
  const since = new Date(0);
  const more = await step(value);
  return stock.get("order 1")!.id + orders.length + since.getTime() + more;
});

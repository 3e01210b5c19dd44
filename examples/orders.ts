// A durable pipeline: `npm run -s dispatch -- serve examples/orders.ts`, and from another terminal
// `npm run -s dispatch -- call checkout '"order-7"' '[250, 1250]'`. Kill the service while it works and start it again:
// the call goes on where it was, and no card is charged twice.
import { setTimeout as wait } from "node:timers/promises";
import { dispatch, TemporaryError } from "dispatch-ts";

/** Stands for a payment service that is busy when it hears of an order for the first time. */
const heardOf = new Set<string>();

/** What fails with a temporary error is tried again, with growing delays. */
export const charge = dispatch.function("charge", async (order: string, cents: number) => {
  await wait(20);
  if (!heardOf.has(order)) {
    heardOf.add(order);
    throw new TemporaryError("the payment service is busy");
  }
  return { receipt: `${order}/${cents}` };
});

export const reserve = dispatch.function("reserve", async (order: string, item: number) => {
  await wait(10);
  return `${order}#${item}`;
});

export const notify = dispatch.function("notify", async (text: string) => text.length);

export interface Confirmation {
  receipt: string;
  parcels: string[];
  placedAt: Date;
}

/** Every `await` of a durable function is a place where this one may stop for hours, and go on in another process. */
export const checkout = dispatch.function(
  "checkout",
  async (order: string, items: number[]): Promise<Confirmation> => {
    const placedAt = new Date();
    const total = items.reduce((sum, cents) => sum + cents, 0);
    const { receipt } = await charge(order, total);
    const parcels = await Promise.all(items.map((_, index) => reserve(order, index)));
    await notify(`${order}: paid ${receipt}, ${parcels.length} parcels`);
    return { receipt, parcels, placedAt };
  },
);

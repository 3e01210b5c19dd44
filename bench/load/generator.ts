/** The load generator's process: takes orders from the bench, answers with reports. */
import { serveParent } from "../harness/child.ts";
import { closedLoop } from "./closed-loop.ts";
import { openLoop } from "./open-loop.ts";
import type { LoadOrder } from "./types.ts";

serveParent({ ready: true }, ({ order }: { order: LoadOrder }) =>
  order.ratePerSecond === undefined
    ? closedLoop(order)
    : openLoop({ ...order, ratePerSecond: order.ratePerSecond }),
);

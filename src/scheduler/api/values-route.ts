import type { FastifyInstance } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import { argumentsText, valueText } from "../../wire/values/any-text.ts";
import type { SchedulerApi } from "../seam.ts";
import { callDetail } from "./control-messages.ts";

/** For the live page: what a browser cannot decode. */
const VALUES_PATH = "/dispatch.control.v1/Values";

/** Serves what went into a call and what came out, as text: dates, maps and objects of classes as Node shows them. */
export function serveValues(app: FastifyInstance, scheduler: () => SchedulerApi): void {
  app.get<{ Querystring: { dispatchId?: unknown } }>(VALUES_PATH, async ({ query: { dispatchId } }) => {
    if (typeof dispatchId !== "string" || dispatchId === "")
      throw new ConnectError("invalid_argument", "dispatchId is required, once");
    const { input, result } = callDetail(await scheduler().get(dispatchId));
    return {
      ...(input === undefined ? {} : { input: argumentsText(input) }),
      ...(result?.output === undefined ? {} : { output: valueText(result.output) }),
    };
  });
}

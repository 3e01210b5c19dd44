import { create, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import {
  WaitManyRequestSchema,
  WaitManyResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { readWaitManyRequest, type WaitManyRequest } from "../../wire/hot-path/index.ts";
import type { SchedulerApi } from "../seam.ts";
import type { CallResult, CallResults } from "../types.ts";
import { encodeCallResults, fitting } from "../wire/call-results.ts";
import { encodeCallResult } from "../wire/run-request.ts";
import { codecOf, plainBody, readMessage, sendProto, within } from "./connect.ts";
import { jsonOf } from "./json.ts";

/** Longest that a request which waits is held; shorter than what proxies usually allow. */
export const WAIT_MS_MAX = 60_000;
/** Bounds what one request costs in time and memory. */
const IDS_MAX = 1_000;
/** Results beyond have no room in the answer: far below what clients refuse to read. */
const ANSWER_BYTES_MAX = 4_000_000;

/** Serves `WaitMany`: how one client takes the results of many calls with few requests. */
export function serveWaitMany(app: FastifyInstance, path: string, scheduler: () => SchedulerApi): void {
  app.post(path, async (request, reply) => {
    const codec = codecOf(request);
    const body = await plainBody(request);
    const { dispatchIds, timeout } = codec === "proto" ? readWaitManyRequest(body) : requestOfJson(body);
    if (dispatchIds.length === 0 || dispatchIds.length > IDS_MAX) {
      throw new ConnectError(
        "invalid_argument",
        `dispatch_ids has ${dispatchIds.length} ids, which is not between 1 and ${IDS_MAX}`,
      );
    }
    const answer = await within(waitMsOf(timeout), reply, (signal) =>
      scheduler().waitMany(dispatchIds, signal, ANSWER_BYTES_MAX),
    );
    const { results, unknown } = answer ?? NOTHING;
    const given = { results: fitting(results, ANSWER_BYTES_MAX), unknown };
    if (codec === "proto") return sendProto(reply, encodeCallResults(given));
    return reply.header("content-type", "application/json").send(JSON.stringify(jsonOfResults(given)));
  });
}

/** @throws ConnectError when it is negative */
export function waitMsOf(timeout: { seconds: number | bigint; nanos: number } | undefined): number {
  if (timeout === undefined) return WAIT_MS_MAX;
  const ms = Number(timeout.seconds) * 1000 + Math.ceil(timeout.nanos / 1_000_000);
  if (ms < 0) throw new ConnectError("invalid_argument", "timeout is negative");
  return Math.min(ms, WAIT_MS_MAX);
}

function jsonOfResults({ results, unknown }: CallResults) {
  const message = { results: results.map(resultMessage), unknownDispatchIds: [...unknown] };
  return jsonOf(WaitManyResponseSchema, create(WaitManyResponseSchema, message));
}

/** A result that cannot be read is said to be so, and the others are given. */
function resultMessage(result: CallResult): MessageShape<typeof CallResultSchema> {
  try {
    return fromBinary(CallResultSchema, encodeCallResult(result, result.id));
  } catch (error) {
    const message = `the result cannot be read: ${error instanceof Error ? error.message : error}`;
    const { id: dispatchId, correlationId } = result;
    return create(CallResultSchema, { dispatchId, correlationId, error: { type: "InvalidResult", message } });
  }
}

const NOTHING: CallResults = { results: [], unknown: [] };

function requestOfJson(body: Uint8Array): WaitManyRequest {
  return readWaitManyRequest(
    toBinary(WaitManyRequestSchema, readMessage(WaitManyRequestSchema, "json", body)),
  );
}

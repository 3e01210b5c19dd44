import { toBinary } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { traceText } from "../../telemetry/tracing/index.ts";
import { ConnectError } from "../../wire/connect-error.ts";
import { DispatchRequestSchema } from "../../wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import {
  type DispatchRequest,
  readDispatchRequest,
  writeDispatchResponse,
} from "../../wire/hot-path/index.ts";
import type { DestinationPolicy } from "../delivery/index.ts";
import type { SchedulerApi } from "../seam.ts";
import { encodeCallResult } from "../wire/run-request.ts";
import { codecOf, hangUpSignal, plainBody, readMessage, sendProto } from "./connect.ts";
import { type BatchHeaders, dispatchCallsOf } from "./dispatch-calls.ts";

const SERVICE = "/dispatch.sdk.v1.DispatchService";
/** An id is far shorter; a longer one is answered like any other that is not known. */
const ID_LENGTH_MAX = 256;

/** Serves `dispatch.sdk.v1.DispatchService`: Dispatch, and the Wait that Python's test service answers. */
export function serveDispatch(
  app: FastifyInstance,
  scheduler: () => SchedulerApi,
  policy: DestinationPolicy,
): void {
  app.post(`${SERVICE}/Dispatch`, async (request, reply) => {
    const codec = codecOf(request);
    const body = await plainBody(request);
    const batch = codec === "proto" ? readDispatchRequest(body) : batchOfJson(body);
    const dispatchIds = await scheduler().dispatch(dispatchCallsOf(batch, policy, headersOf(request)));
    if (codec === "proto") return sendProto(reply, writeDispatchResponse({ dispatchIds }));
    return reply.header("content-type", "application/json").send(JSON.stringify({ dispatchIds }));
  });

  app.post(`${SERVICE}/Wait`, async (request, reply) => {
    const id = new TextDecoder().decode(await plainBody(request)).trim();
    if (id === "") throw new ConnectError("invalid_argument", "the body must be a dispatch id");
    const result = await scheduler().wait(id.slice(0, ID_LENGTH_MAX), hangUpSignal(reply));
    return sendProto(reply, encodeCallResult(result, result.id));
  });
}

/** JSON takes the generated code, and from there the same way as protobuf. */
function batchOfJson(body: Uint8Array): DispatchRequest {
  return readDispatchRequest(
    toBinary(DispatchRequestSchema, readMessage(DispatchRequestSchema, "json", body)),
  );
}

function headersOf(request: FastifyRequest): BatchHeaders {
  const { traceparent, tracestate } = request.headers;
  return { key: batchKeyOf(request), trace: traceText(traceparent, tracestate) };
}

function batchKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  if (Array.isArray(key))
    throw new ConnectError("invalid_argument", "the Idempotency-Key header is given twice");
  if (key === "") throw new ConnectError("invalid_argument", "the Idempotency-Key header is empty");
  return key;
}

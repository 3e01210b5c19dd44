import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { FastifyInstance, FastifyReply } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import {
  CancelRequestSchema,
  CancelResponseSchema,
  EventsRequestSchema,
  EventsResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  type ListRequest as ListMessage,
  ListRequestSchema,
  ListResponseSchema,
  RetryRequestSchema,
  RetryResponseSchema,
  type WaitRequest,
  WaitRequestSchema,
  WaitResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import type { SchedulerApi } from "../seam.ts";
import type { CallState, ListRequest } from "../types.ts";
import { serveUnary, within } from "./connect.ts";
import { callDetail, callEvent, callInfo, callResult, callState } from "./control-messages.ts";
import { serveWaitMany, waitMsOf } from "./wait-many.ts";

const PAGE_SIZE_MAX = 1_000;
const SERVICE = "/dispatch.control.v1.ControlService";

/** Serves `dispatch.control.v1.ControlService`: protobuf, and JSON for everybody with curl. */
export function serveControl(app: FastifyInstance, scheduler: () => SchedulerApi): void {
  serveUnary(app, {
    path: `${SERVICE}/Wait`,
    input: WaitRequestSchema,
    output: WaitResponseSchema,
    handle: (request, reply) => wait(scheduler(), request, reply),
  });
  serveWaitMany(app, `${SERVICE}/WaitMany`, scheduler);
  serveUnary(app, {
    path: `${SERVICE}/Get`,
    input: GetRequestSchema,
    output: GetResponseSchema,
    handle: async ({ dispatchId }) =>
      create(GetResponseSchema, { call: callDetail(await scheduler().get(required(dispatchId))) }),
  });
  serveUnary(app, {
    path: `${SERVICE}/List`,
    input: ListRequestSchema,
    output: ListResponseSchema,
    handle: async (request) => {
      const { calls, nextPageToken } = await scheduler().list(listRequest(request));
      return create(ListResponseSchema, { calls: calls.map(callInfo), nextPageToken: nextPageToken ?? "" });
    },
  });
  serveUnary(app, {
    path: `${SERVICE}/Cancel`,
    input: CancelRequestSchema,
    output: CancelResponseSchema,
    handle: async ({ dispatchId }) =>
      create(CancelResponseSchema, { call: callInfo(await scheduler().cancel(required(dispatchId))) }),
  });
  serveUnary(app, {
    path: `${SERVICE}/Retry`,
    input: RetryRequestSchema,
    output: RetryResponseSchema,
    handle: async ({ dispatchId }) =>
      create(RetryResponseSchema, { call: callInfo(await scheduler().retry(required(dispatchId))) }),
  });
  serveUnary(app, {
    path: `${SERVICE}/Events`,
    input: EventsRequestSchema,
    output: EventsResponseSchema,
    handle: async ({ dispatchId }) => {
      const events = await scheduler().events(required(dispatchId));
      return create(EventsResponseSchema, { events: events.map(callEvent) });
    },
  });
}

async function wait(scheduler: SchedulerApi, request: WaitRequest, reply: FastifyReply) {
  const id = required(request.dispatchId);
  const result = await within(waitMsOf(request.timeout), reply, (signal) => scheduler.wait(id, signal));
  if (result === undefined) return create(WaitResponseSchema);
  return create(WaitResponseSchema, {
    result: callResult(result),
    call: callInfo(await scheduler.get(id)),
  });
}

function listRequest(message: ListMessage): ListRequest {
  if (message.pageSize < 0 || message.pageSize > PAGE_SIZE_MAX) {
    throw new ConnectError(
      "invalid_argument",
      `page_size is ${message.pageSize}, which is not between 1 and ${PAGE_SIZE_MAX}`,
    );
  }
  return {
    function: given(message.function),
    states: message.states.length === 0 ? undefined : message.states.map(stateOf),
    parentId: given(message.parentDispatchId),
    rootId: given(message.rootDispatchId),
    createdFromMs: msOf(message.createdAfter),
    createdToMs: msOf(message.createdBefore),
    pageSize: message.pageSize === 0 ? undefined : message.pageSize,
    pageToken: given(message.pageToken),
  };
}

function stateOf(number: number): CallState {
  const state = callState(number);
  if (state === undefined)
    throw new ConnectError("invalid_argument", `states holds ${number}, which is no state`);
  return state;
}

function required(dispatchId: string): string {
  if (dispatchId === "") throw new ConnectError("invalid_argument", "dispatch_id is required");
  return dispatchId;
}

function given(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function msOf(time: Timestamp | undefined): number | undefined {
  return time === undefined ? undefined : timestampMs(time);
}

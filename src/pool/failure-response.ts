/** RunResponses for runs that their function could not answer. */
import { create, toBinary } from "@bufbuild/protobuf";
import { RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import type { Death, DeathReason } from "./verdict.ts";

/** Error types that only the pool gives; stable names, explained in docs/reference/errors.md. */
export const POOL_ERROR_TYPES = [
  "RunTimeout",
  "RunCancelled",
  "OutOfMemory",
  "ProcessExit",
  "UncaughtError",
  "ResponseTooLarge",
  "ThreadLost",
  "FunctionUnavailable",
  "FunctionBusy",
  "PoolUnavailable",
  "PoolClosed",
] as const;

export type PoolErrorType = (typeof POOL_ERROR_TYPES)[number];

export function failureResponse(status: Status, type: PoolErrorType, message: string): Uint8Array {
  return toBinary(
    RunResponseSchema,
    create(RunResponseSchema, {
      status,
      directive: { case: "exit", value: { result: { error: { type, message } } } },
    }),
  );
}

const GUILTY: Record<DeathReason, { status: Status; type: PoolErrorType }> = {
  blocked: { status: Status.TIMEOUT, type: "RunTimeout" },
  // Memory may be short only because of what else ran: worth another try, with backoff.
  "out-of-memory": { status: Status.TEMPORARY_ERROR, type: "OutOfMemory" },
  exit: { status: Status.PERMANENT_ERROR, type: "ProcessExit" },
  uncaught: { status: Status.PERMANENT_ERROR, type: "UncaughtError" },
  unknown: { status: Status.TEMPORARY_ERROR, type: "ThreadLost" },
};

/** The answer for the run that ended its thread. */
export function guiltyResponse(functionName: string, death: Death): Uint8Array {
  const { status, type } = GUILTY[death.reason];
  return failureResponse(status, type, `function '${functionName}' ended its thread: ${death.text}`);
}

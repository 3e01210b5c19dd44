/** One durable call: dispatched, retried and waited for by the service's scheduler. */
import { create, toBinary } from "@bufbuild/protobuf";
import { AnySchema, durationFromMs } from "@bufbuild/protobuf/wkt";
import { LOCAL_ENDPOINT } from "../scheduler/delivery/index.ts";
import type { WaitResponse } from "../wire/gen/dispatch/control/v1/control_pb.js";
import { CallOptionsSchema } from "../wire/gen/dispatch/sdk/node/v1/options_pb.js";
import { DispatchService } from "../wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import { readAny } from "../wire/hot-path/index.ts";
import { decodeValue, encodeArguments, ValueError } from "../wire/values/index.ts";
import type { ControlClient } from "./calls/control-client.ts";
import { CliError } from "./cli-error.ts";
import { type RunResult, shownError } from "./run-on-endpoint.ts";

export interface ScheduledCall {
  name: string;
  args: readonly unknown[];
  /** Where the function is served. Default: by the scheduler's own process. */
  endpoint?: string | undefined;
  delayMs?: number | undefined;
  /** Default: as the function says. */
  expirationMs?: number | undefined;
  idempotencyKey?: string | undefined;
}

/** Resolves with the dispatch id once the call is recorded. */
export async function dispatchCall(client: ControlClient, call: ScheduledCall): Promise<string> {
  const { delayMs, expirationMs, idempotencyKey } = call;
  const options = create(CallOptionsSchema, {
    ...(delayMs === undefined ? {} : { delay: durationFromMs(delayMs) }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  const { dispatchIds } = await client.ask(DispatchService.method.dispatch, {
    calls: [
      {
        endpoint: call.endpoint ?? LOCAL_ENDPOINT,
        function: call.name,
        input: encodeArguments(call.args),
        ...(expirationMs === undefined ? {} : { expiration: durationFromMs(expirationMs) }),
        ...(delayMs === undefined && idempotencyKey === undefined ? {} : { options }),
      },
    ],
  });
  return dispatchIds[0]!;
}

/** The result of a call that has ended. */
export function resultOf({ result, call }: WaitResponse): RunResult {
  const status = call?.status ?? 0;
  if (result?.error !== undefined) {
    return { status, error: shownError(result.error), dispatchId: result.dispatchId };
  }
  if (result?.output === undefined) return { status };
  try {
    return { status, output: decodeValue(readAny(toBinary(AnySchema, result.output))) };
  } catch (error) {
    if (error instanceof ValueError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}

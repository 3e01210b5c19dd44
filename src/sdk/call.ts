import { create } from "@bufbuild/protobuf";
import { type Any, type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { activeTrace, installedTracing, traceHeaders } from "../telemetry/tracing/index.ts";
import {
  CallOptionsSchema,
  type CallOptions as OptionsMessage,
} from "../wire/gen/dispatch/sdk/node/v1/options_pb.js";
import { TraceContextSchema } from "../wire/gen/dispatch/sdk/node/v1/trace_pb.js";
import { type Call as CallMessage, call, durationOf, writeAny } from "../wire/hot-path/index.ts";
import { encodeArguments } from "../wire/values/index.ts";
import { checkCallOptions } from "./call-options.ts";
import { checkEndpoint, checkFunctionName } from "./names.ts";
import type { CallOptions, DurableCall } from "./scope.ts";

export interface CallInit extends CallOptions {
  /** Name of the function. */
  readonly function: string;
  /** Its arguments. Default: none. They are encoded when the call is made: what changes in them later does not count. */
  readonly args?: readonly unknown[];
  /** Instead of `args`: an input that is encoded already, or of another language. */
  readonly input?: Any;
  /** Where the function is hosted. Default: where the caller is. */
  readonly endpoint?: string;
  /** Chosen by the caller, given back with the result. Default: 0. */
  readonly correlationId?: bigint;
  readonly version?: string;
}

/**
 * A request to run a function, not yet dispatched (`dispatch.sdk.v1.Call`).
 *
 * ```ts
 * const call = new Call({ function: "greet", args: ["World"], endpoint: "https://example.com" });
 * const [id] = await client.dispatch([call]);
 * ```
 */
export class Call {
  readonly function: string;
  readonly input: Any;
  /** Empty: the endpoint of the caller. */
  readonly endpoint: string;
  readonly correlationId: bigint;
  readonly version: string;
  readonly options: CallOptions;
  /**
   * @throws {ConfigurationError} when the name or the endpoint cannot be one
   * @throws {RangeError} when an option is out of its bounds
   * @throws {ValueError} when an argument cannot be carried, naming its path
   */
  constructor(init: CallInit) {
    const { function: name, args, input, endpoint, correlationId, version, ...options } = init;
    this.function = checkFunctionName(name);
    this.input = input ?? encodeArguments(args ?? []);
    this.endpoint = endpoint ? checkEndpoint(endpoint, "call endpoint URL") : "";
    this.correlationId = correlationId ?? 0n;
    this.version = version ?? "";
    this.options = checkCallOptions(options);
  }

  /** The call of a scope, with the id by which the caller will know its result. */
  static of(made: DurableCall, correlationId = 0n): Call {
    const tracing = installedTracing();
    const call = new Call({
      ...made.options,
      function: made.function,
      args: made.args,
      endpoint: made.endpoint,
      correlationId,
    });
    const trace = tracing === undefined ? null : activeTrace(tracing);
    if (trace !== null) traces.set(call, trace);
    return call;
  }

  toMessage(): CallMessage {
    const { expirationMs } = this.options;
    return call({
      function: this.function,
      input: writeAny(this.input),
      endpoint: this.endpoint,
      correlationId: this.correlationId,
      version: this.version,
      expiration: expirationMs === undefined ? undefined : durationOf(expirationMs),
      options: withTrace(optionsMessage(this.options), traces.get(this) ?? null),
    });
  }
}

/** Traces of the code that made calls. Apart, so that calls are plain data without secrets of their own. */
const traces = new WeakMap<Call, string>();

/** What has no field in `sdk.v1.Call` travels as `sdk.node.v1.CallOptions`; undefined when nothing does. */
function optionsMessage({
  delayMs,
  idempotencyKey,
  priority,
  retry,
}: CallOptions): OptionsMessage | undefined {
  if (delayMs === undefined && !idempotencyKey && priority === undefined && retry === undefined)
    return undefined;
  return create(CallOptionsSchema, {
    ...(delayMs !== undefined && { delay: duration(delayMs) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(priority !== undefined && { priority }),
    ...(retry !== undefined && {
      retry: {
        ...(retry.attemptsMax !== undefined && { attemptsMax: retry.attemptsMax }),
        ...(retry.firstDelayMs !== undefined && { firstDelay: duration(retry.firstDelayMs) }),
        ...(retry.factor !== undefined && { factor: retry.factor }),
        ...(retry.delayMsMax !== undefined && { delayMax: duration(retry.delayMsMax) }),
      },
    }),
  });
}

/** Says in the options of a call which trace it belongs to. */
export function withTrace(
  options: OptionsMessage | undefined,
  trace: string | null,
): OptionsMessage | undefined {
  if (trace === null) return options;
  return {
    ...(options ?? create(CallOptionsSchema)),
    trace: create(TraceContextSchema, traceHeaders(trace)),
  };
}

function duration(ms: number): Duration {
  const { seconds, nanos } = durationOf(ms);
  return create(DurationSchema, { seconds: BigInt(seconds), nanos });
}

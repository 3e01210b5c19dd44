import {
  durationOf,
  poll as pollMessage,
  type RunResponse,
  runResponse,
  writeAny,
  writeRunResponse,
} from "../wire/hot-path/index.ts";
import { Status } from "../wire/status.ts";
import { encodeValue } from "../wire/values/index.ts";
import type { Call } from "./call.ts";
import { checked } from "./call-options.ts";
import { CallResult } from "./call-result.ts";
import { InvalidResponseError } from "./errors/dispatch-error.ts";
import { failureOfResponse, isHttpResponse } from "./errors/http-clients.ts";
import { statusOfError, statusOfOutput } from "./errors/status-of.ts";

export interface PollInit {
  /** Given back on resumption; anything that can be an argument. Default: none. */
  readonly state?: unknown;
  /** Calls to dispatch. None, with a `maxWaitMs`: a durable sleep. */
  readonly calls?: readonly Call[];
  /** Resume as soon as this many results are there, 1 to 1000. Default: 1. */
  readonly minResults?: number;
  /** At most this many results in one resumption, 1 to 1000. Default: 10, or `minResults` if that is more. */
  readonly maxResults?: number;
  /** Resume at the latest after this long, at least 1000. Default: 5 minutes. */
  readonly maxWaitMs?: number;
}

/**
 * What a primitive function answers with (`dispatch.sdk.v1.RunResponse`): it is done, or it is suspended.
 *
 * ```ts
 * const double = dispatch.primitiveFunction("double", async (input) => Output.value(2 * Number(input.input)));
 * ```
 */
export class Output {
  readonly #message: RunResponse;

  constructor(message: RunResponse) {
    this.#message = message;
  }

  /**
   * The function returned. The status is OK unless given, or the value's type was registered with one. What cannot
   * be carried becomes an error of status INVALID_RESPONSE that names the path; an HTTP response of status 300 or
   * more becomes the failure that it stands for.
   */
  static value(value: unknown, status?: Status): Output {
    const outcome = status ?? statusOfOutput(value);
    if (typeof value === "object" && value !== null && isHttpResponse(value)) {
      return failWith(
        failureOfResponse(value, outcome),
        outcome === Status.OK ? Status.INVALID_RESPONSE : outcome,
      );
    }
    try {
      return Output.exit({ result: CallResult.fromValue(value), status: outcome });
    } catch (cause) {
      return failWith(new InvalidResponseError(`cannot return ${(cause as Error).message}`, { cause }));
    }
  }

  /** The function failed, with what it threw or would have thrown. */
  static error(error: unknown, status: Status = statusOfError(error)): Output {
    return failWith(error, status === Status.OK ? Status.PERMANENT_ERROR : status);
  }

  /** Another call takes the place of this one, which keeps its id and its time of creation. */
  static tailCall(call: Call): Output {
    return Output.exit({ tailCall: call });
  }

  /** The function ended: with a result, a call in its place, or neither. */
  static exit(exit: { result?: CallResult; tailCall?: Call; status?: Status }): Output {
    const { result, tailCall, status = Status.OK } = exit;
    return new Output(
      runResponse({ status, exit: { result: result?.toMessage(), tailCall: tailCall?.toMessage() } }),
    );
  }

  /**
   * The function is suspended until results are there.
   *
   * @throws {RangeError} when a limit is out of its bounds
   * @throws {ValueError} when the state cannot be carried
   */
  static poll(init: PollInit): Output {
    const {
      state,
      calls = [],
      minResults = 1,
      maxResults = Math.max(minResults, 10),
      maxWaitMs = 300_000,
    } = init;
    checked("minResults", minResults, 1, 1000, true);
    checked("maxResults", maxResults, minResults, 1000, true);
    checked("maxWaitMs", maxWaitMs, 1000, Number.MAX_SAFE_INTEGER);
    const poll = pollMessage({
      typedCoroutineState: state === undefined ? undefined : writeAny(encodeValue(state, "state")),
      calls: calls.map((call) => call.toMessage()),
      maxWait: durationOf(maxWaitMs),
      minResults,
      maxResults,
    });
    return new Output(runResponse({ status: Status.OK, poll }));
  }

  get status(): Status {
    return this.#message.status;
  }

  toMessage(): RunResponse {
    return this.#message;
  }

  toBinary(): Uint8Array {
    return writeRunResponse(this.#message);
  }
}

function failWith(error: unknown, status: Status = statusOfError(error)): Output {
  return Output.exit({ result: CallResult.fromError(error), status });
}

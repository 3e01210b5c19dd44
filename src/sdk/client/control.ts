/** What a client asks about calls that were dispatched (`dispatch.control.v1`). */
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "../../wire/connect-error.ts";
import {
  CancelRequestSchema,
  CancelResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import {
  type CallResult as CallResultMessage,
  durationOf,
  readCallResultMessage,
  readWaitManyResponse,
  writeWaitManyRequest,
} from "../../wire/hot-path/index.ts";
import { ownBytes } from "../../wire/own-bytes.ts";
import { CallResult } from "../call-result.ts";
import type { CallSite } from "../errors/call-site.ts";
import { type CallDetail, type CallInfo, callDetail, callInfo } from "./call-info.ts";
import { ClientError } from "./client-error.ts";
import type { ResolvedClientOptions } from "./options.ts";
import { Results, type Taken } from "./results.ts";
import { postWithRetries } from "./retries.ts";
import type { Transport } from "./transport.ts";
import { Turns } from "./turns.ts";

export interface WaitOptions {
  /** Gives up waiting; the call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up waiting after this long, with a ClientError `deadline_exceeded`; the call goes on. Default: never. */
  readonly timeoutMs?: number;
  /** What to call the call in the stack of its failure. Default: its id alone. */
  readonly via?: string;
  /** Where the call was made, to be shown in the stack of its failure. */
  readonly site?: CallSite;
}

const service = "dispatch.control.v1.ControlService";

export interface ControlTransports {
  /** For requests that are answered late; has `waitsMax` connections. */
  readonly waits: Transport;
  /** For requests that are answered at once. */
  readonly asks: Transport;
}

export class Control {
  readonly #transports: ControlTransports;
  readonly #options: ResolvedClientOptions;
  readonly #closing: AbortSignal;
  readonly #results: Results<CallResult>;
  /** Of waits as other SDKs know them. */
  readonly #turns: Turns;
  /** The API has no control service; it may answer `Wait` as other SDKs know it. */
  #legacy = false;

  constructor(transports: ControlTransports, options: ResolvedClientOptions, closing: AbortSignal) {
    this.#transports = transports;
    this.#options = options;
    this.#closing = closing;
    this.#turns = new Turns(options.waitsMax);
    const { clock, waitsMax } = options;
    this.#results = new Results(
      { requestsMax: waitsMax, nowMs: () => clock.nowMs(), mayBeOfOne },
      (ids, waitMs, signal) => this.#waitMany(ids, waitMs, signal),
    );
    closing.addEventListener("abort", () => this.#results.close(closing.reason), { once: true });
  }

  async wait(id: string, { signal, timeoutMs }: WaitOptions): Promise<CallResult> {
    this.#closing.throwIfAborted();
    if (id.length > ID_LENGTH_MAX) throw new ClientError("invalid_argument", LONG_ID);
    if (timeoutMs === undefined) return await this.#wait(id, signal);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), Math.min(timeoutMs, TIMER_MS_MAX));
    try {
      return await this.#wait(id, anyOf(signal, deadline.signal));
    } catch (error) {
      if (error !== deadline.signal.reason) throw error;
      throw new ClientError("deadline_exceeded", `no result within ${timeoutMs} ms`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async get(id: string): Promise<CallDetail> {
    const response = await this.#ask("Get", GetRequestSchema, { dispatchId: id }, GetResponseSchema);
    return callDetail(response.call);
  }

  async cancel(id: string): Promise<CallInfo> {
    const response = await this.#ask("Cancel", CancelRequestSchema, { dispatchId: id }, CancelResponseSchema);
    return callInfo(response.call);
  }

  async #wait(id: string, signal: AbortSignal | undefined): Promise<CallResult> {
    if (!this.#legacy) {
      try {
        return await this.#results.wait(id, signal);
      } catch (error) {
        if (!(error instanceof MissingError)) throw error;
        this.#legacy = true;
      }
    }
    const either = anyOf(signal, this.#closing);
    for (;;) {
      const result = await this.#turns.take(() => this.#legacyWait(id, either), either);
      if (result !== undefined) return result;
    }
  }

  async #waitMany(ids: readonly string[], waitMs: number, signal: AbortSignal): Promise<Taken<CallResult>> {
    const body = writeWaitManyRequest({ dispatchIds: [...ids], timeout: durationOf(waitMs) });
    let bytes: Uint8Array;
    try {
      bytes = await this.#post(this.#transports.waits, `${service}/WaitMany`, body, waitMs, signal);
    } catch (error) {
      throw isMissing(error) ? new MissingError() : error;
    }
    return takenFrom(bytes);
  }

  /** The id as it is for a request, and a `CallResult` for an answer, however long that takes. */
  async #legacyWait(id: string, signal: AbortSignal): Promise<CallResult | undefined> {
    const path = "dispatch.sdk.v1.DispatchService/Wait";
    try {
      const bytes = await this.#post(
        this.#transports.waits,
        path,
        new TextEncoder().encode(id),
        LEGACY_WAIT_MS,
        signal,
      );
      return new CallResult(readCallResultMessage(bytes));
    } catch (error) {
      if (error instanceof ConnectError && error.code === "deadline_exceeded") return undefined;
      throw error;
    }
  }

  async #ask<I extends DescMessage, O extends DescMessage>(
    method: string,
    input: I,
    request: Omit<MessageShape<I>, "$typeName" | "$unknown">,
    output: O,
  ): Promise<MessageShape<O>> {
    const body = toBinary(input, create(input, request as never));
    return fromBinary(
      output,
      await this.#post(this.#transports.asks, `${service}/${method}`, body, 0, this.#closing),
    );
  }

  #post(
    transport: Transport,
    path: string,
    body: Uint8Array,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { attemptTimeoutMs, timeoutMs } = this.#options;
    return postWithRetries(transport, this.#options, {
      path,
      body,
      signal,
      attemptTimeoutMs: waitMs + attemptTimeoutMs,
      timeoutMs: waitMs + timeoutMs,
    });
  }
}

/** @throws {ClientError} `internal` for bytes that are no answer */
function takenFrom(bytes: Uint8Array): Taken<CallResult> {
  try {
    const { results, malformed, unknownDispatchIds } = readWaitManyResponse(bytes);
    return {
      results: results.map((result) => [result.dispatchId, new CallResult(ownResult(result))]),
      errors: [
        ...unknownDispatchIds.map((id) => [id, unknownCall(id)] as const),
        ...malformed.map(({ dispatchId, error }) => [dispatchId, malformedResult(error)] as const),
      ],
    };
  } catch (cause) {
    throw new ClientError("internal", "the API answered with what is no WaitManyResponse", { cause });
  }
}

/** Below the minute after which many proxies give up on a silent connection. */
const LEGACY_WAIT_MS = 50_000;
/** Many times what a scheduler gives: no id may make a request too large that asks for others too. */
const ID_LENGTH_MAX = 256;
const LONG_ID = `an id has at most ${ID_LENGTH_MAX} characters`;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The API does not know the method. */
class MissingError extends Error {}

/** Of ids the method itself says `not_found` to none. */
function isMissing(error: unknown): boolean {
  return error instanceof ConnectError && (error.code === "unimplemented" || error.code === "not_found");
}

/** The API refused the request, or answered with what cannot be read: for a single id of many, perhaps. */
function mayBeOfOne(error: unknown): boolean {
  const code = error instanceof ConnectError || error instanceof ClientError ? error.code : undefined;
  return code === "invalid_argument" || code === "internal";
}

function unknownCall(id: string): ConnectError {
  return new ConnectError("not_found", `no call ${JSON.stringify(id)}, or no longer kept`);
}

function malformedResult(cause: Error): ClientError {
  return new ClientError("internal", "the result of this call cannot be read", { cause });
}

/** Without the answer that it came in. */
function ownResult(result: CallResultMessage): CallResultMessage {
  const error = result.error && {
    ...result.error,
    value: ownBytes(result.error.value),
    traceback: ownBytes(result.error.traceback),
  };
  return { ...result, output: ownBytes(result.output), error };
}

function anyOf(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one === undefined ? other : AbortSignal.any([one, other]);
}

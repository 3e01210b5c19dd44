/** What a client asks about calls that were dispatched (`dispatch.control.v1`). */
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "../../wire/connect-error.ts";
import {
  CancelRequestSchema,
  CancelResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { readCallResultMessage } from "../../wire/hot-path/index.ts";
import { CallResult } from "../call-result.ts";
import type { CallSite } from "../errors/call-site.ts";
import { type CallDetail, type CallInfo, callDetail, callInfo } from "./call-info.ts";
import { ClientError } from "./client-error.ts";
import type { ResolvedClientOptions } from "./options.ts";
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
/** Below the minute after which many proxies give up on a silent connection. */
const pollMs = 50_000;
/** Where waits may soon outnumber the connections: a newcomer gets its turn after so long at the latest. */
const busyPollMs = 5_000;
/** When there are more waits than connections they take turns of this length. */
const crowdedPollMs = 1_000;

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
  readonly #turns: Turns;
  /** The API has no control service; it may answer `Wait` as other SDKs know it. */
  #legacy = false;

  constructor(transports: ControlTransports, options: ResolvedClientOptions, closing: AbortSignal) {
    this.#transports = transports;
    this.#turns = new Turns(options.waitsMax);
    this.#options = options;
    this.#closing = closing;
  }

  async wait(id: string, options: WaitOptions): Promise<CallResult> {
    const signals = [this.#closing];
    if (options.signal !== undefined) signals.push(options.signal);
    const deadline = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
    if (deadline !== undefined) signals.push(deadline);
    try {
      return await this.#poll(id, AbortSignal.any(signals));
    } catch (error) {
      if (deadline === undefined || error !== deadline.reason) throw error;
      throw new ClientError("deadline_exceeded", `no result within ${options.timeoutMs} ms`, {
        cause: error,
      });
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

  async #poll(id: string, signal: AbortSignal): Promise<CallResult> {
    for (;;) {
      const result = await this.#turns.take(() => this.#waitOnce(id, signal), signal);
      if (result !== undefined) return result;
    }
  }

  async #waitOnce(id: string, signal: AbortSignal): Promise<CallResult | undefined> {
    signal.throwIfAborted();
    if (this.#legacy) return this.#legacyWait(id, signal);
    try {
      return await this.#wait(id, signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#legacy = true;
      return undefined;
    }
  }

  async #wait(id: string, signal: AbortSignal): Promise<CallResult | undefined> {
    const waitMs = this.#turns.crowded ? crowdedPollMs : this.#turns.busy ? busyPollMs : pollMs;
    const timeout = create(DurationSchema, { seconds: BigInt(waitMs / 1000) });
    const body = toBinary(WaitRequestSchema, create(WaitRequestSchema, { dispatchId: id, timeout }));
    const { result } = fromBinary(
      WaitResponseSchema,
      await this.#post(this.#transports.waits, `${service}/Wait`, body, waitMs, signal),
    );
    if (result === undefined) return undefined;
    return new CallResult(readCallResultMessage(toBinary(CallResultSchema, result)));
  }

  /** The id as it is for a request, and a `CallResult` for an answer, however long that takes. */
  async #legacyWait(id: string, signal: AbortSignal): Promise<CallResult | undefined> {
    const path = "dispatch.sdk.v1.DispatchService/Wait";
    try {
      const bytes = await this.#post(
        this.#transports.waits,
        path,
        new TextEncoder().encode(id),
        pollMs,
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

function isMissing(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return (
    error.code === "unimplemented" || (error.code === "not_found" && error.rawMessage === "path not found")
  );
}

import { installedTracing } from "../../telemetry/tracing/index.ts";
import { ConnectError } from "../../wire/connect-error.ts";
import { type AnySource, type Call as CallMessage, writeDispatchRequest } from "../../wire/hot-path/index.ts";
import type { Call } from "../call.ts";
import type { CallResult } from "../call-result.ts";
import { missingEndpoint } from "../names.ts";
import type { CallDetail, CallInfo } from "./call-info.ts";
import { ClientError } from "./client-error.ts";
import { Coalescer } from "./coalescer.ts";
import { Control, type WaitOptions } from "./control.ts";
import {
  type ClientOptions,
  missingApiKey,
  type ResolvedClientOptions,
  resolveClientOptions,
} from "./options.ts";
import { PendingUnit } from "./pending.ts";
import { postWithRetries } from "./retries.ts";
import { sendUnits } from "./send.ts";
import { tracedDispatch } from "./traced-dispatch.ts";
import { createTransport, type Transport } from "./transport.ts";

/** The id of a dispatched call. */
export type DispatchId = string;

export interface DispatchOptions {
  /**
   * Gives up waiting for the ids. Calls that are not on their way yet are not dispatched; of those that are, it is not
   * known.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The part of a client's options that can be cloned between threads. */
export type ClientConnection = Pick<ClientOptions, "apiUrl" | "apiKey" | "timeoutMs" | "attemptTimeoutMs">;

/**
 * Client of a Dispatch API.
 *
 * Calls that are dispatched in the same turn share one request, so a loop of `dispatch` costs few. Requests that fail for
 * a passing reason are sent again, with the same idempotency key: an API that knows such keys records the calls once, on
 * others a call can be recorded twice when an answer is lost.
 *
 * ```ts
 * await using client = new Client({ apiUrl: "https://dispatch.example.com", apiKey });
 * const [id] = await client.dispatch([greet.buildCall("World")]);
 * console.log(await client.wait(id));
 * ```
 */
export class Client {
  readonly #options: ResolvedClientOptions;
  readonly #coalescer: Coalescer<PendingUnit>;
  readonly #dispatches: Transport;
  readonly #waits: Transport;
  readonly #control: Control;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /**
   * @throws {ConfigurationError} when the API key is missing or the URL cannot be one
   * @throws {RangeError | TypeError} when an option is out of its bounds or does not exist
   */
  constructor(options: ClientOptions = {}) {
    const resolved = resolveClientOptions(options);
    this.#options = resolved;
    const { apiUrl, requestsMax, waitsMax } = resolved;
    const apiKey = resolved.apiKey?.value;
    this.#dispatches = createTransport({ apiUrl, apiKey, connectionsMax: requestsMax });
    // Waits hold their connections for long: they get their own, so that a dispatch never queues behind them.
    this.#waits = createTransport({ apiUrl, apiKey, connectionsMax: waitsMax });
    const transports = { waits: this.#waits, asks: this.#dispatches };
    this.#control = new Control(transports, resolved, this.#closing.signal);
    this.#coalescer = new Coalescer(resolved, (batch) => this.#sendBatch(batch));
  }

  /** URL of the Dispatch API. */
  get apiUrl(): string {
    return this.#options.apiUrl.href;
  }

  /** What another thread needs to make a client of its own for the same API. */
  get connection(): ClientConnection {
    const { apiUrl, apiKey, timeoutMs, attemptTimeoutMs } = this.#options;
    return { apiUrl: apiUrl.href, timeoutMs, attemptTimeoutMs, ...(apiKey && { apiKey: apiKey.value }) };
  }

  /**
   * Dispatches calls: all of these, or none.
   *
   * @returns their ids, in the order of the calls, once they are recorded durably
   * @throws {ClientError} when the API refuses one of them or cannot be reached
   * @throws {ConfigurationError} when a call has no endpoint
   */
  async dispatch(calls: Iterable<Call>, options: DispatchOptions = {}): Promise<DispatchId[]> {
    const messages = Array.from(calls, (call) => ({
      ...call.toMessage(),
      endpoint: call.endpoint || this.#endpoint(),
    }));
    if (messages.length === 0) return [];
    const tracing = installedTracing();
    if (tracing === undefined) return await this.#dispatch(messages, options);
    return await tracedDispatch(tracing, messages, (traced) => this.#dispatch(traced, options));
  }

  async #dispatch(messages: CallMessage<AnySource>[], options: DispatchOptions): Promise<DispatchId[]> {
    if (this.#closed !== undefined) throw new ClientError("canceled", "the client is closed");
    const { signal } = options;
    signal?.throwIfAborted();
    const request = writeDispatchRequest({ calls: messages });
    const { queuedBytesMax } = this.#options;
    if (this.#coalescer.queuedBytes + request.length > queuedBytesMax && this.#coalescer.queuedBytes > 0) {
      throw new ClientError(
        "resource_exhausted",
        `more than queuedBytesMax of ${queuedBytesMax} wait to be dispatched`,
      );
    }
    const unit = new PendingUnit(request, messages.length, signal);
    this.#coalescer.add(unit);
    try {
      return await unit.ids;
    } catch (error) {
      if (signal?.aborted) this.#coalescer.remove(unit);
      throw this.#explain(error);
    }
  }

  /**
   * Waits for the result of a call, however long it takes, from any process and before or after its end.
   *
   * @returns what the function returned
   * @throws what the function threw, as an error of its own class where that is registered
   * @throws {ClientError} `not_found` for an id that the API does not know, and when the API cannot be reached
   */
  async wait(id: DispatchId, options: WaitOptions = {}): Promise<unknown> {
    return (await this.result(id, options)).unwrap(options);
  }

  /** As {@link wait}, for the result as it is: a failure of the call is part of it and not thrown. */
  result(id: DispatchId, options: WaitOptions = {}): Promise<CallResult> {
    return this.#explained(this.#control.wait(id, options));
  }

  /** How a call stands, with its result. @throws {ClientError} `not_found` for an id that the API does not know */
  get(id: DispatchId): Promise<CallDetail> {
    return this.#explained(this.#control.get(id));
  }

  /**
   * Cancels a call and every call below it. Resolves when that is recorded; a call that has ended stays as it is.
   *
   * @throws {ClientError} `not_found` for an id that the API does not know
   */
  cancel(id: DispatchId): Promise<CallInfo> {
    return this.#explained(this.#control.cancel(id));
  }

  /** Sends without lingering what was dispatched so far; resolves when it is settled. */
  flush(): Promise<void> {
    return this.#coalescer.flush();
  }

  /** Sends what was dispatched, ends all waits, and closes the connections. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#coalescer.flush();
    this.#closing.abort(new ClientError("canceled", "the client is closed"));
    await Promise.all([this.#dispatches.close(), this.#waits.close()]);
  }

  /** A service on this machine is also the endpoint, unless something else is set. */
  #endpoint(): string {
    if (this.#options.loopback) return this.#options.apiUrl.origin;
    throw missingEndpoint();
  }

  #sendBatch(batch: readonly PendingUnit[]): Promise<void> {
    const { attemptTimeoutMs, timeoutMs, clock } = this.#options;
    return sendUnits(batch, (body, isWanted) =>
      postWithRetries(this.#dispatches, this.#options, {
        path: "dispatch.sdk.v1.DispatchService/Dispatch",
        body,
        headers: { "idempotency-key": clock.uniqueId() },
        attemptTimeoutMs,
        timeoutMs,
        signal: this.#closing.signal,
        isWanted,
      }),
    );
  }

  async #explained<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** What a request failed with, as users see it. Reasons of their own abort signals pass as they are. */
  #explain(error: unknown): unknown {
    if (!(error instanceof ConnectError)) return error;
    if (error.code !== "unauthenticated") return ClientError.from(error);
    const { apiKey } = this.#options;
    const message =
      apiKey === undefined ? missingApiKey : `invalid API key from the ${apiKey.source}: ${error.rawMessage}`;
    return new ClientError("unauthenticated", message, { cause: error });
  }
}

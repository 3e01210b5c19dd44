/**
 * Runs sent to endpoints over HTTP/1.1. This file owns connections and time limits; which hosts may be talked to
 * is the destination policy's, what a failure counts as is `failure.ts`'s.
 */
import { Agent, type Dispatcher } from "undici";
import type { RequestSigner } from "../../wire/signature/index.ts";
import { Status } from "../../wire/status.ts";
import type { Outcome } from "../types.ts";
import type { AllowRule } from "./allow-list.ts";
import { failure, failureOfError, failureOfHttp } from "./failure.ts";
import { guardedLookup, type ResolveAll } from "./lookup.ts";
import { RunLimit } from "./run-limit.ts";
import { traceHeadersOf } from "./trace-headers.ts";

export interface HttpTransportOptions {
  /** What names may resolve to; see `DestinationPolicy`. */
  rules: readonly AllowRule[];
  /**
   * Connections to one origin at the most; further runs wait for one. The scheduler's own limits are meant to be
   * reached first. Default: 256.
   */
  connectionsPerOriginMax?: number;
  /** How long setting up a connection may take, TLS included. Default: 10_000. */
  connectTimeoutMs?: number;
  /** How long an unused connection is kept. Longer than an endpoint keeps it costs a retry. Default: 4_000. */
  keepAliveMs?: number;
  /** Largest RunResponse accepted, in bytes. Default: 16_000_000. */
  responseBytesMax?: number;
  /** PEM certificates to trust besides those that Node.js trusts. */
  certificateAuthorities?: readonly string[];
  /** Signs every run, so that an endpoint can tell its scheduler from anybody else. Default: none. */
  signer?: Pick<RequestSigner, "sign">;
  /** For tests. Default: `dns.lookup`. */
  resolveAll?: ResolveAll;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
}

export interface HttpRun {
  readonly origin: string;
  readonly runPath: string;
  /** A RunRequest. */
  readonly request: Uint8Array;
  /** From now until the last byte of the answer, waiting for a connection included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly trace: string | null;
}

const CONTENT_TYPE = "application/proto";

export class HttpTransport {
  readonly #agent: Agent;
  readonly #signer: HttpTransportOptions["signer"];
  readonly #now: () => number;

  constructor(options: HttpTransportOptions) {
    this.#signer = options.signer;
    this.#now = options.now ?? Date.now;
    this.#agent = new Agent({
      connections: options.connectionsPerOriginMax ?? 256,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs ?? 4_000,
      maxResponseSize: options.responseBytesMax ?? 16_000_000,
      // One limit covers the whole exchange; a limit on each part would let a slow drip pass all of them.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: options.connectTimeoutMs ?? 10_000,
        lookup: guardedLookup(options.rules, options.resolveAll),
        ...(options.certificateAuthorities === undefined ? {} : { ca: [...options.certificateAuthorities] }),
      },
    });
  }

  /** Sends one run. Never rejects: every trouble is a failure with a status. Redirects are not followed. */
  async run(run: HttpRun): Promise<Outcome> {
    const limit = new RunLimit(run.signal, run.timeoutMs);
    try {
      return await this.#exchange(run, limit.signal);
    } catch (error) {
      return limit.failure() ?? failureOfError(error);
    } finally {
      limit.clear();
    }
  }

  /** Waits for the runs under way, then closes the connections. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** Ends the runs under way with a failure. */
  async destroy(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange(run: HttpRun, signal: AbortSignal): Promise<Outcome> {
    const headers: Record<string, string> = { "content-type": CONTENT_TYPE };
    const signed = await this.#signer?.sign({
      method: "POST",
      url: new URL(run.runPath, run.origin),
      headers,
      body: run.request,
    });
    const answer = await this.#agent.request({
      method: "POST",
      origin: run.origin,
      path: run.runPath,
      headers: { ...headers, ...signed, ...traceHeadersOf(run.trace) },
      body: run.request,
      signal,
    });
    const body = new Uint8Array(await answer.body.arrayBuffer());
    return this.#read(answer, body);
  }

  #read(answer: Dispatcher.ResponseData, body: Uint8Array): Outcome {
    if (answer.statusCode !== 200) {
      return failureOfHttp({ httpStatus: answer.statusCode, headers: answer.headers, body }, this.#now());
    }
    return acceptBody(answer.headers["content-type"], body);
  }
}

/** A 200 is a RunResponse unless it says to be something else; the existing SDKs do not always name the type. */
export function acceptBody(contentType: string | string[] | undefined, body: Uint8Array): Outcome {
  const named = (Array.isArray(contentType) ? contentType[0] : contentType) ?? CONTENT_TYPE;
  const essence = named.split(";", 1)[0]!.trim().toLowerCase();
  if (PROTOBUF_TYPES.has(essence)) return { kind: "response", response: body };
  return failure(
    Status.INVALID_RESPONSE,
    `the endpoint answered ${JSON.stringify(essence.slice(0, 100))}, not ${CONTENT_TYPE}`,
  );
}

const PROTOBUF_TYPES: ReadonlySet<string> = new Set([
  CONTENT_TYPE,
  "application/protobuf",
  "application/x-protobuf",
  "application/octet-stream",
]);

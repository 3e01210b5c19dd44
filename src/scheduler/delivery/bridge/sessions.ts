/**
 * The long-poll bridge: runs for an application that cannot be reached from here, fetched by the application's
 * own side. This file owns the queues; the HTTP routes are in the API's room.
 */
import { Status } from "../../../wire/status.ts";
import type { Outcome } from "../../types.ts";
import { RUN_PATH } from "../destination.ts";
import { failure, failureOfHttp } from "../failure.ts";
import { acceptBody } from "../http.ts";
import { RunLimit } from "../run-limit.ts";
import { traceHeadersOf } from "../trace-headers.ts";
import { parseResponse, serializeRunRequest } from "./message.ts";

export interface BridgeOptions {
  /** Runs of one session that wait or are under way, at the most; further ones are THROTTLED. Default: 1_000. */
  runsPerSessionMax?: number;
  /** How long a run waits for somebody to fetch it before it counts as unreachable. Default: 30_000. */
  fetchTimeoutMs?: number;
  /** Makes request ids; they must be hard to guess. */
  newId: () => string;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
}

/** A run as the application's side fetches it. */
export interface BridgeRequest {
  readonly id: string;
  /** A serialised HTTP/1.1 request. */
  readonly message: Uint8Array;
}

export interface BridgeRun {
  readonly session: string;
  /** A RunRequest. */
  readonly request: Uint8Array;
  readonly trace: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Exchange extends BridgeRequest {
  /** `queued`: nobody has it. `fetched`: handed out, its answer is awaited. */
  state: "queued" | "fetched";
  settle(answer: Outcome): void;
}

interface Session {
  readonly exchanges: Map<string, Exchange>;
  /** Polls that found nothing, oldest first; each takes one exchange. */
  readonly waiting: Set<() => void>;
}

export class BridgeSessions {
  readonly #options: Required<BridgeOptions>;
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new AbortController();

  constructor(options: BridgeOptions) {
    this.#options = { runsPerSessionMax: 1_000, fetchTimeoutMs: 30_000, now: Date.now, ...options };
  }

  /** Queues a run and waits for its answer. Never rejects: every trouble is a failure with a status. */
  async run(run: BridgeRun): Promise<Outcome> {
    const session = this.#session(run.session);
    if (session.exchanges.size >= this.#options.runsPerSessionMax) {
      return failure(
        Status.THROTTLED,
        `bridge session ${run.session} has ${session.exchanges.size} runs waiting`,
      );
    }
    const limit = new RunLimit(run.signal, run.timeoutMs);
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const id = this.#options.newId();
    const message = serializeRunRequest(run.session, RUN_PATH, run.request, traceHeadersOf(run.trace));
    const exchange: Exchange = { id, message, state: "queued", settle: resolve };
    const fetchTimer = setTimeout(() => {
      if (exchange.state === "queued") resolve(unreachable(run.session));
    }, this.#options.fetchTimeoutMs);
    limit.signal.addEventListener("abort", () => resolve(limit.failure()!));
    if (limit.signal.aborted) resolve(limit.failure()!);
    session.exchanges.set(id, exchange);
    wakeOne(session);
    try {
      return await promise;
    } finally {
      clearTimeout(fetchTimer);
      limit.clear();
      session.exchanges.delete(id);
      this.#forgetIfIdle(run.session);
    }
  }

  /** The next run of a session; waits for one until `aborted` is, and then gives undefined. */
  async fetch(sessionId: string, aborted: AbortSignal): Promise<BridgeRequest | undefined> {
    const signal = AbortSignal.any([aborted, this.#closing.signal]);
    for (;;) {
      // Looked up in every round: an idle session is forgotten, and made anew by the next run.
      const session = this.#session(sessionId);
      const exchange = session.exchanges.values().find(({ state }) => state === "queued");
      if (exchange !== undefined && !signal.aborted) {
        exchange.state = "fetched";
        return exchange;
      }
      if (signal.aborted) {
        // A wake-up may have reached this poll as it ended: pass it on.
        wakeOne(session);
        this.#forgetIfIdle(sessionId);
        return undefined;
      }
      await waitForWork(session, signal);
    }
  }

  /** A fetched run did not reach its fetcher: the next poll gets it. */
  returnUnread(sessionId: string, requestId: string): void {
    const session = this.#sessions.get(sessionId);
    const exchange = session?.exchanges.get(requestId);
    if (session === undefined || exchange === undefined) return;
    exchange.state = "queued";
    wakeOne(session);
  }

  /** Takes a serialised HTTP response as the answer of a run. False when no such run awaits one. */
  async answer(sessionId: string, requestId: string, response: Uint8Array): Promise<boolean> {
    const exchange = this.#sessions.get(sessionId)?.exchanges.get(requestId);
    if (exchange?.state !== "fetched") return false;
    exchange.settle(await readAnswer(response, this.#options.now()));
    return true;
  }

  /** Ends one run, or without an id all runs of a session, as unreachable. False when there is none. */
  drop(sessionId: string, requestId: string | undefined): boolean {
    const exchanges = this.#sessions.get(sessionId)?.exchanges;
    if (exchanges === undefined) return false;
    const dropped =
      requestId === undefined
        ? [...exchanges.values()]
        : [exchanges.get(requestId)].filter((it) => it !== undefined);
    for (const exchange of dropped) {
      exchange.settle(failure(Status.TCP_ERROR, `bridge session ${sessionId} gave the run up`));
    }
    return dropped.length > 0;
  }

  /** Ends every poll, also those to come; runs stay as they are. */
  close(): void {
    this.#closing.abort();
  }

  /** Number of sessions that have a run or a poll; for tests and metrics. */
  get size(): number {
    return this.#sessions.size;
  }

  #session(id: string): Session {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = { exchanges: new Map(), waiting: new Set() };
      this.#sessions.set(id, session);
    }
    return session;
  }

  #forgetIfIdle(id: string): void {
    const session = this.#sessions.get(id);
    if (session?.exchanges.size === 0 && session.waiting.size === 0) this.#sessions.delete(id);
  }
}

async function readAnswer(bytes: Uint8Array, nowMs: number): Promise<Outcome> {
  try {
    const response = await parseResponse(bytes);
    return response.httpStatus === 200
      ? acceptBody(response.headers["content-type"], response.body)
      : failureOfHttp(response, nowMs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure(Status.HTTP_ERROR, `not an HTTP response: ${reason}`);
  }
}

function waitForWork(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      session.waiting.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    session.waiting.add(wake);
    signal.addEventListener("abort", wake);
  });
}

function wakeOne(session: Session): void {
  const [first] = session.waiting;
  first?.();
}

function unreachable(session: string): Outcome {
  return failure(Status.TCP_ERROR, `nobody polls bridge session ${session}`);
}

/**
 * Knows of each client connection whether the client is still there. One AbortSignal serves all runs of a
 * connection, one after the other: making one for each run costs as much as running a small function.
 *
 * A connection that ends its sending side is either closed for good or only half-closed by a client that waits for
 * its answer; TCP does not tell. Informational responses do: a client that waits ignores them (RFC 9110, section
 * 15.2), one that is gone answers the first with a reset, which the next one meets.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

export class Connection {
  /** The response that a run is under way for. */
  answering: ServerResponse | undefined;
  readonly #gone = new AbortController();

  constructor(socket: Socket) {
    socket.once("close", () => this.#gone.abort(new DOMException("the client is gone", "AbortError")));
    socket.once("end", () => this.#probe());
  }

  /** Aborted when the client goes away, or after the time it says it will wait (`Connect-Timeout-Ms`). */
  signalFor(timeoutMs: string | string[] | undefined): AbortSignal {
    const gone = this.#gone.signal;
    // Ten digits at the most, says the Connect protocol; what cannot be read is no limit.
    if (typeof timeoutMs !== "string" || !/^\d{1,10}$/.test(timeoutMs)) return gone;
    return AbortSignal.any([gone, AbortSignal.timeout(Math.min(Number(timeoutMs), TIMER_MS_MAX))]);
  }

  #probe(nextProbeMs = PROBE_FIRST_MS): void {
    const response = this.answering;
    if (response === undefined || response.headersSent || response.req.httpVersion !== "1.1") return;
    response.writeProcessing();
    setTimeout(() => this.#probe(Math.min(nextProbeMs * 2, PROBE_MS_MAX)), nextProbeMs).unref();
  }
}

const PROBE_FIRST_MS = 20;
const PROBE_MS_MAX = 5_000;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** On the socket itself: a WeakMap of as many sockets costs the garbage collector more than the lookup saves. */
const CONNECTION = Symbol("connection");

export function connectionOf(socket: Socket & { [CONNECTION]?: Connection }): Connection {
  return (socket[CONNECTION] ??= new Connection(socket));
}

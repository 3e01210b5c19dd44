import type { Entry } from "./entry.ts";
import type { Route } from "./queue/route.ts";
import type { Run } from "./types.ts";

/** An attempt under way. Its signal costs nothing until somebody asks for it: most runs are never aborted. */
export class ActiveRun implements Run {
  readonly id: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly endpoint: string;
  readonly function: string;
  readonly request: Uint8Array;
  readonly timeoutMs: number;
  readonly trace: string | null;
  readonly entry: Entry;
  readonly route: Route;
  readonly startedMs: number;
  /** Its place in the journal. */
  readonly place: number;
  /** Its place at the destination was given back. */
  released = false;
  #controller: AbortController | undefined;
  #reason: Error | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    entry: Entry,
    route: Route,
    details: Omit<Run, "signal" | "onAbort" | "attempt" | "endpoint" | "function"> & {
      readonly startedMs: number;
      readonly place: number;
    },
  ) {
    this.entry = entry;
    this.route = route;
    this.id = details.id;
    this.epoch = details.epoch;
    this.attempt = entry.call.attempt;
    this.endpoint = entry.call.endpoint;
    this.function = entry.call.function;
    this.request = details.request;
    this.timeoutMs = details.timeoutMs;
    this.trace = details.trace;
    this.startedMs = details.startedMs;
    this.place = details.place;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** One listener: a run is delivered once. */
  onAbort(listener: () => void): void {
    if (this.#reason === undefined) this.#onAbort = listener;
    else listener();
  }

  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#onAbort?.();
  }
}

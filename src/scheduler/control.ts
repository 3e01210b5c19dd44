/** What can be asked about calls, and done to them. */
import type { StoredCall, StoreSession } from "../store/index.ts";
import { type Call, isEnd } from "./call/call.ts";
import { fromFinished } from "./call/record.ts";
import type { Engine } from "./engine.ts";
import { type Entry, newEntry } from "./entry.ts";
import { SchedulerError } from "./errors.ts";
import { listCalls } from "./listing.ts";
import type {
  CallDetails,
  CallEvent,
  CallResult,
  CallResults,
  CallSummary,
  ListRequest,
  ListResponse,
} from "./types.ts";
import { summaryOf } from "./views.ts";

type Reading = Pick<StoreSession, "get" | "list" | "notes" | "results">;

export class Control {
  readonly #engine: Engine;
  readonly #session: Reading;

  constructor(engine: Engine, session: Reading) {
    this.#engine = engine;
    this.#session = session;
  }

  async wait(name: string, signal?: AbortSignal): Promise<CallResult> {
    signal?.throwIfAborted();
    const id = this.#idOf(name);
    const recent = this.#engine.recent.get(id);
    if (recent !== undefined) return recent;
    if (this.#engine.calls.has(id)) return await this.#engine.waiters.wait(id, signal);
    const [outcome] = await this.#session.results([id], Number.POSITIVE_INFINITY);
    // It may have been retried while the store was asked.
    if (this.#engine.calls.has(id)) return await this.#engine.waiters.wait(id, signal);
    if (outcome === undefined) throw notFound(name);
    return { id: name, ...outcome };
  }

  async waitMany(
    names: readonly string[],
    signal?: AbortSignal,
    bytesMax = Number.POSITIVE_INFINITY,
  ): Promise<CallResults> {
    for (;;) {
      signal?.throwIfAborted();
      const results: CallResult[] = [];
      const unknown: string[] = [];
      const living: number[] = [];
      const stored = new Map<number, string>();
      let bytesLeft = bytesMax;
      for (const name of new Set(names)) {
        const id = this.#engine.names.numberOf(name);
        const recent = id === undefined ? undefined : this.#engine.recent.get(id);
        if (id === undefined) unknown.push(name);
        else if (recent !== undefined) {
          results.push(recent);
          bytesLeft -= (recent.output?.length ?? 0) + (recent.error?.length ?? 0);
        } else if (this.#engine.calls.has(id)) living.push(id);
        else stored.set(id, name);
      }
      // With nothing to look for in the store, no call ends between being found alive and being waited for.
      if (stored.size > 0) {
        if (results.length === 0 || bytesLeft > 0)
          await this.#readResults(stored, bytesLeft, results, unknown);
      } else if (results.length === 0 && unknown.length === 0) {
        return { results: await this.#engine.waiters.any(living, signal), unknown };
      }
      if (results.length > 0 || unknown.length > 0) return { results, unknown };
      // All that were looked for in the store live again: from the beginning.
    }
  }

  /** Adds results, and names without any, but of calls that were retried while the store was asked. */
  async #readResults(
    stored: ReadonlyMap<number, string>,
    bytesMax: number,
    results: CallResult[],
    unknown: string[],
  ): Promise<void> {
    const ids = [...stored.keys()];
    const outcomes = await this.#session.results(ids, bytesMax);
    outcomes.forEach((outcome, index) => {
      const id = ids[index]!;
      if (this.#engine.calls.has(id)) return;
      const name = stored.get(id)!;
      if (outcome === undefined) unknown.push(name);
      else results.push({ id: name, ...outcome });
    });
  }

  async get(name: string): Promise<CallDetails> {
    const stored = await this.#stored(name);
    const { call, end, input, output, error } = stored;
    const live = end === undefined ? this.#engine.calls.peek(call.id) : undefined;
    return { ...summaryOf(call, end, live, this.#engine.names), input, output, error };
  }

  async list(request: ListRequest): Promise<ListResponse> {
    return await listCalls(request, this.#session, this.#engine);
  }

  async events(name: string): Promise<CallEvent[]> {
    const { call, end } = await this.#stored(name);
    const notes = await this.#session.notes(call.id);
    const live = this.#engine.calls.peek(call.id);
    const events: CallEvent[] = [
      { atMs: call.createdAtMs, kind: "dispatched", attempt: 0, status: undefined, message: "" },
      ...notes.map((note) => ({ ...note, status: note.status === 0 ? undefined : note.status })),
    ];
    if (end !== undefined) {
      const { finishedAtMs: atMs, state: message, status } = end;
      events.push({ atMs, kind: "ended", attempt: call.attempt, status, message });
    } else if (live?.state === "suspended") {
      const message = waitingText(live);
      events.push({ atMs: undefined, kind: "suspended", attempt: live.attempt, status: undefined, message });
    }
    return events;
  }

  async cancel(name: string): Promise<CallSummary> {
    const id = this.#idOf(name);
    const entry = this.#engine.calls.get(id);
    if (entry !== undefined && !isEnd(entry.call.state)) {
      this.#engine.cancel(entry, "cancelled by request");
    }
    await this.#durable();
    return await this.get(name);
  }

  async retry(name: string): Promise<CallSummary> {
    const id = this.#idOf(name);
    // A call that has just ended is among the finished ones once that is durable.
    if (this.#engine.calls.has(id)) await this.#durable();
    const stored = await this.#stored(name);
    const { call: record, end } = stored;
    if (end === undefined || end.state === "succeeded" || this.#engine.calls.has(id)) {
      const state = end?.state ?? "not ended";
      throw new SchedulerError("failed_precondition", `${name} cannot be retried: it has ${state}`);
    }
    const entry: Entry = newEntry(fromFinished({ call: record, end }));
    this.#engine.calls.add(entry);
    this.#engine.recent.delete(id);
    this.#engine.apply(entry, { type: "retry" });
    this.#engine.adoptOrphans(entry);
    this.#engine.committer.effect({ type: "recorded", entry });
    await this.#durable();
    return await this.get(name);
  }

  /** Resolves when what was changed so far is in the store; rejects when it never will be. */
  #durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#engine.committer.effect({ type: "then", run: resolve, reject });
    });
  }

  async #stored(name: string): Promise<StoredCall> {
    const stored = await this.#session.get(this.#idOf(name));
    if (stored === undefined) throw notFound(name);
    return stored;
  }

  #idOf(name: string): number {
    const id = this.#engine.names.numberOf(name);
    if (id === undefined) throw notFound(name);
    return id;
  }
}

function waitingText({ outstanding, arrivals, consumed, wakeAtMs }: Call): string {
  if (outstanding === 0) return `sleeps until ${new Date(wakeAtMs).toISOString()}`;
  const calls = outstanding === 1 ? "1 call" : `${outstanding} calls`;
  const results = arrivals - consumed;
  return `waits for ${calls}, ${results === 1 ? "1 result" : `${results} results`} arrived`;
}

function notFound(name: string): SchedulerError {
  const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  return new SchedulerError("not_found", `no call ${JSON.stringify(shown)}, or no longer kept`);
}

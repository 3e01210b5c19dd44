/** Takes ready calls to their destinations and brings the answers back to the state machine. */
import type { LoadedCall, LoadRequest, StoreSession } from "../store/index.ts";
import { Status, statusName } from "../wire/status.ts";
import { answerEvent, failureEvent } from "./answers.ts";
import { isEnd, pendingResults, resultsToDeliver } from "./call/call.ts";
import type { AttemptFailure, CallEvent, RetryPolicy } from "./call/events.ts";
import type { RunAnswer } from "./call-spans.ts";
import { Suspects } from "./deaths/suspects.ts";
import type { Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import { withDefaults } from "./function-defaults.ts";
import type { SchedulerSettings } from "./options.ts";
import type { Route } from "./queue/route.ts";
import { Routes } from "./queue/routes.ts";
import { ActiveRun } from "./run.ts";
import type { Outcome } from "./types.ts";
import { encodeError } from "./wire/error.ts";
import { encodeRunRequest } from "./wire/run-request.ts";

export class Runner {
  readonly routes: Routes;
  readonly suspects: Suspects;
  readonly #engine: Engine;
  readonly #session: Pick<StoreSession, "load">;
  readonly #settings: SchedulerSettings;
  #toLoad: Turn[] = [];
  #stopped = false;
  #cancelWatch: (() => void) | undefined;
  /** Runs handed over and not answered, given up ones included. */
  readonly #underWay = new Set<ActiveRun>();

  constructor(engine: Engine, session: Pick<StoreSession, "load">, settings: SchedulerSettings) {
    this.#engine = engine;
    this.#session = session;
    this.#settings = settings;
    const { concurrency: aimd, runsMax, isOwn, concurrencyMaxOf } = settings;
    this.routes = new Routes({ aimd, runsMax, isOwn, concurrencyMaxOf });
    this.suspects = new Suspects(settings.processDeathsMax, () => engine.clock.monotonicMs());
  }

  /** A call that became ready, unless it has moved on since. */
  enqueue(entry: Entry): void {
    if (entry.call.state !== "ready" || entry.queued) return;
    entry.queued = true;
    entry.readyAtMs = Math.floor(this.#engine.clock.monotonicMs());
    if (this.suspects.has(entry.call.id)) this.suspects.push(entry);
    else this.routes.push(entry);
  }

  /** Starts what may start. While the store refuses changes nothing does: answers could not be kept. */
  pump(): void {
    if (this.#stopped || this.#engine.committer.isFailing) return;
    if (this.suspects.size > 0) this.#pumpSuspects();
    for (let next = this.routes.next(); next !== undefined; next = this.routes.next()) {
      this.#begin(next);
    }
    this.#settings.journal.flush();
  }

  #pumpSuspects(): void {
    for (;;) {
      this.routes.holdOwn(this.suspects.wantsAlone);
      const hasPlace = (entry: Entry) => this.routes.hasPlaceFor(entry);
      const next = this.suspects.next(this.routes.ownInFlight, hasPlace);
      if (next === undefined) break;
      this.#begin({ entry: next.entry, route: this.routes.startOutOfTurn(next.entry) });
    }
    this.#watchSuspects();
  }

  /** A suspect may wait for a call that is held up by it. */
  #watchSuspects(): void {
    if (this.#stopped || this.#cancelWatch !== undefined || !this.suspects.isTicking) return;
    const { clock } = this.#engine;
    this.#cancelWatch = clock.setTimer(clock.now() + WATCH_MS, () => {
      this.#cancelWatch = undefined;
      const run = this.suspects.tick()?.entry.run;
      if (run !== undefined) this.#settings.journal.joined(run.place);
      this.pump();
      this.#watchSuspects();
    });
  }

  #begin(turn: Turn): void {
    const { entry } = turn;
    entry.queued = false;
    if (entry.call.state !== "ready") this.#passOver(turn);
    else if (isAtHand(entry)) this.#tryStart(turn, entry.payload!);
    else this.#load(turn);
  }

  /** It does not start now. */
  #passOver({ entry, route }: Turn): void {
    this.routes.release(route);
    this.suspects.passed(entry);
  }

  /** No run starts from here on; those under way are aborted. */
  stop(): void {
    this.#stopped = true;
    this.#cancelWatch?.();
    for (const run of this.#underWay) run.abort(new Error("the scheduler is closing"));
  }

  abort(run: ActiveRun, message: string): void {
    run.abort(new Error(message));
    if (run.route.isOwn && this.#underWay.has(run)) this.#settings.journal.joined(run.place);
    this.#release(run, Status.TIMEOUT);
  }

  /** Its end is durable. */
  ended(id: number): void {
    if (!this.suspects.has(id)) return;
    this.suspects.ended(id);
    this.routes.holdOwn(this.suspects.wantsAlone);
  }

  policyOf(entry: Entry): RetryPolicy {
    const { retry, retryOf } = this.#settings;
    const own = retryOf(entry.call.function);
    if (own === undefined && entry.call.retry === null) return retry;
    return { ...retry, ...own, ...entry.call.retry };
  }

  /** What it counts as when an attempt does not answer. */
  timeoutOf(entry: Entry): AttemptFailure {
    return this.#failure(entry, Status.TIMEOUT, "Timeout", "the run did not answer in time");
  }

  #load(turn: Turn): void {
    turn.entry.queued = true;
    if (this.#toLoad.push(turn) === 1) this.#engine.clock.defer(() => void this.#loadAll());
  }

  /** One message for everything that became ready in this turn. */
  async #loadAll(): Promise<void> {
    const wanted = this.#toLoad;
    this.#toLoad = [];
    try {
      const loaded = await this.#session.load(wanted.map(({ entry }) => loadRequest(entry)));
      for (let i = 0; i < wanted.length; i++) {
        this.#startLoaded(wanted[i]!, loaded[i]);
      }
      this.#settings.journal.flush();
      this.pump();
    } catch (error) {
      if (this.#stopped) return;
      this.#engine.fault("load", error);
      for (const turn of wanted) this.#retryLoad(turn);
    }
  }

  #startLoaded(turn: Turn, loaded: LoadedCall | undefined): void {
    const { entry } = turn;
    if (!entry.queued) return;
    entry.queued = false;
    if (entry.call.state !== "ready" || this.#stopped) this.#passOver(turn);
    else if (loaded === undefined) {
      this.#engine.fault("load", new Error(`call ${entry.call.id} is not in the store`));
      this.#retryLoad(turn);
    } else if (this.#engine.committer.isFailing) {
      this.#passOver(turn);
      this.enqueue(entry);
    } else {
      this.#tryStart(turn, { input: loaded.input, state: loaded.state, inbox: [...loaded.results] });
    }
  }

  #retryLoad(turn: Turn): void {
    const { entry } = turn;
    entry.queued = false;
    this.#passOver(turn);
    const { clock } = this.#engine;
    clock.setTimer(clock.now() + LOAD_RETRY_MS, () => {
      this.enqueue(entry);
      this.pump();
    });
  }

  /** One call that cannot be started hurts only itself. */
  #tryStart(turn: Turn, payload: Payloads): void {
    try {
      this.#start(turn, payload);
    } catch (error) {
      this.#engine.fault("start", error);
      this.#passOver(turn);
    }
  }

  #start({ entry, route }: Turn, payload: Payloads): void {
    const engine = this.#engine;
    const { call } = entry;
    const results = payload.inbox?.slice(0, resultsFor(entry)) ?? [];
    const timeoutMs = this.#settings.runTimeoutMs;
    engine.apply(entry, { type: "started", timeoutMs, results: results.length });
    const trace = this.#traceOf(entry);
    const id = engine.names.nameOf(call.id);
    const request = encodeRunRequest(
      {
        function: call.function,
        dispatchId: id,
        parentDispatchId: call.parentId === 0 ? "" : engine.names.nameOf(call.parentId),
        rootDispatchId: call.rootId === call.id ? id : engine.names.nameOf(call.rootId),
        createdAtMs: call.createdAtMs,
        expiresAtMs: call.expiresAtMs,
        trace,
        directive:
          call.stateKind === "none"
            ? { kind: "input", input: payload.input ?? null }
            : {
                kind: "results",
                stateKind: call.stateKind,
                state: payload.state ?? null,
                results,
                pollError: call.pollError,
              },
      },
      (callId) => engine.names.nameOf(callId),
    );
    engine.payloads.runStarted(entry);
    const startedMs = engine.clock.monotonicMs();
    const place = route.isOwn ? this.#enterInJournal(entry) : 0;
    const details = { id, epoch: engine.epoch, request, timeoutMs, trace, startedMs, place };
    const run = new ActiveRun(entry, route, details);
    entry.run = run;
    this.#underWay.add(run);
    this.#deliver(run).then(
      (outcome) => this.#take(run, outcome),
      (error: unknown) => this.#take(run, rejected(error)),
    );
  }

  /** A run that was given up has no place any more, but may still be in the process: none is alone beside it. */
  #enterInJournal(entry: Entry): number {
    const { journal } = this.#settings;
    const { id, attempt } = entry.call;
    return journal.started({ id, attempt, alone: this.suspects.isAlone(entry) && journal.running === 0 });
  }

  /** The trace that the attempt which begins is in. */
  #traceOf({ call, readyAtMs }: Entry): string | null {
    const { spans, clock } = this.#engine;
    return spans === undefined ? call.trace : spans.started(call, clock.monotonicMs() - readyAtMs);
  }

  #deliver(run: ActiveRun): Promise<Outcome> {
    try {
      return this.#settings.delivery.deliver(run);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #take(run: ActiveRun, outcome: Outcome): void {
    try {
      this.#answered(run, outcome);
    } catch (error) {
      this.#engine.fault("answer", error);
    }
  }

  #answered(run: ActiveRun, outcome: Outcome): void {
    this.#underWay.delete(run);
    if (run.route.isOwn) this.#settings.journal.ended(run.place);
    const { entry } = run;
    const failure = (status: Status, type: string, message: string) =>
      this.#failure(entry, status, type, message);
    const answer = answerEvent(run.attempt, outcome, this.#settings.graceMs, failure);
    const event = withDefaults(answer, entry.call, this.#settings);
    this.#release(run, event.type === "failed" ? event.failure.status : Status.OK);
    if (entry.run === run) entry.run = undefined;
    this.#engine.spans?.answered(entry.call, answerOf(event));
    if (event.type === "failed") {
      const status = statusName(event.failure.status);
      this.#settings.telemetry.emit({ type: "scheduler-attempt-failed", function: run.function, status });
    }
    if (event.type !== "polled" || event.poll.calls.length === 0) this.#tell(entry, event);
    else this.#tellPolled(entry, event);
    this.pump();
  }

  #tell(entry: Entry, event: CallEvent): void {
    if (!this.#engine.calls.isCurrent(entry) || isEnd(entry.call.state)) {
      this.#settings.telemetry.emit({ type: "scheduler-answer-dropped", reason: "stale" });
      return;
    }
    const engine = this.#engine;
    const { consumed } = entry.call;
    engine.apply(entry, event);
    if (isEnd(entry.call.state)) return;
    if (entry.call.consumed > consumed) engine.payloads.taken(entry, entry.call.consumed - consumed);
    if (
      entry.payload?.inbox === undefined &&
      entry.call.stateKind !== "none" &&
      pendingResults(entry.call) === 0
    ) {
      engine.payloads.beginInbox(entry);
    }
  }

  #tellPolled(entry: Entry, event: Extract<CallEvent, { type: "polled" }>): void {
    const count = event.poll.calls.length;
    const firstChildId = this.#engine.ids.take(count);
    if (firstChildId !== undefined) {
      const { liveCallsMax, telemetry } = this.#settings;
      const room = liveCallsMax - this.#engine.calls.size;
      if (count > room) telemetry.emit({ type: "scheduler-calls-refused", reason: "full", count });
      this.#tell(entry, { ...event, firstChildId, room, roomMax: liveCallsMax - 1 });
      return;
    }
    this.#engine.ids.refill(count).then(
      () => this.#tellPolled(entry, event),
      (error: unknown) => {
        if (this.#stopped) return;
        this.#engine.fault("reserve ids", error);
        const { clock } = this.#engine;
        clock.setTimer(clock.now() + LOAD_RETRY_MS, () => this.#tellPolled(entry, event));
      },
    );
  }

  #failure(entry: Entry, status: Status, type: string, message: string): AttemptFailure {
    return failureEvent(
      status,
      encodeError(type, message),
      message,
      this.policyOf(entry),
      this.#settings.random(),
    );
  }

  #release(run: ActiveRun, status: Status): void {
    if (run.released) return;
    run.released = true;
    run.route.learn({ status, startedMs: run.startedMs, endedMs: this.#engine.clock.monotonicMs() });
    this.routes.release(run.route);
    if (!this.suspects.has(run.entry.call.id)) return;
    // What was refused for want of a place may not have run at all.
    if (status === Status.THROTTLED) this.suspects.passed(run.entry);
    else this.suspects.cleared(run.entry);
    this.routes.holdOwn(this.suspects.wantsAlone);
  }
}

/** A place taken for an entry. */
interface Turn {
  readonly entry: Entry;
  readonly route: Route;
}

type Payloads = Pick<NonNullable<Entry["payload"]>, "input" | "state" | "inbox">;

const LOAD_RETRY_MS = 100;
const WATCH_MS = 1_000;

/** How many results the next run is given: none that a crash could still take back. */
function resultsFor(entry: Entry): number {
  const { call, durableArrivals } = entry;
  return Math.min(resultsToDeliver(call), durableArrivals - call.consumed);
}

/** Whether the next run's payloads need no reading. */
function isAtHand(entry: Entry): boolean {
  const { call, payload } = entry;
  if (payload === undefined) return false;
  if (call.stateKind === "none") return payload.input !== undefined;
  return payload.state !== undefined && (resultsFor(entry) === 0 || payload.inbox !== undefined);
}

function loadRequest(entry: Entry): LoadRequest {
  const { call } = entry;
  const first = call.stateKind === "none";
  return {
    id: call.id,
    input: first,
    state: !first,
    generation: call.generation,
    resultsAfter: call.consumed,
    resultsMax: resultsFor(entry),
  };
}

/** What the span of an attempt says of its end. */
function answerOf(event: ReturnType<typeof answerEvent>): RunAnswer {
  const { attempt } = event;
  if (event.type !== "failed") return { attempt, status: statusName(Status.OK) };
  return { attempt, status: statusName(event.failure.status), error: event.failure.message };
}

function rejected(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failure", status: Status.TEMPORARY_ERROR, error: { type: "DeliveryError", message } };
}

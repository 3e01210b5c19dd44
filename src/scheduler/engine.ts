/**
 * The working set and what is done to it: every event goes through `apply`, which asks the state machine and
 * carries out what it wants. Changes and ends go into the batch at once; all else follows the batch's commit.
 */
import { type InsertChange, NEVER_MS, remedyFor, StoreError, type StoreSession } from "../store/index.ts";
import type { Telemetry } from "../telemetry/events.ts";
import type { Span } from "../telemetry/tracing/index.ts";
import { type Call, isEnd, timerAt } from "./call/call.ts";
import type { AbortReason, Effect, EndEffect } from "./call/effects.ts";
import type { AttemptFailure, CallEvent } from "./call/events.ts";
import { toRecord } from "./call/record.ts";
import { transition } from "./call/transition.ts";
import { CallSpans } from "./call-spans.ts";
import type { Clock } from "./clock.ts";
import { type Batch, Committer, type CommitterEvents } from "./committer.ts";
import { type Entry, newEntry } from "./entry.ts";
import { Families } from "./families.ts";
import { IdNames, IdSource } from "./ids.ts";
import type { SchedulerSettings } from "./options.ts";
import { Payloads } from "./payloads.ts";
import { RecentResults } from "./recent.ts";
import type { ActiveRun } from "./run.ts";
import { TimerDriver } from "./timer-driver.ts";
import type { CallResult } from "./types.ts";
import { Waiters } from "./waiters.ts";
import { WorkingSet } from "./working-set.ts";

/** What waits for a commit. */
export type Deferred =
  | { readonly type: "recorded"; readonly entry: Entry }
  | { readonly type: "enqueue"; readonly entry: Entry }
  | { readonly type: "abort"; readonly run: ActiveRun; readonly reason: AbortReason }
  | PublishEffect
  | DispatchedEffect
  | { readonly type: "then"; readonly run: () => void; readonly reject: (error: unknown) => void };

export interface PublishEffect {
  readonly type: "publish";
  readonly entry: Entry;
  readonly result: CallResult;
  /** The caller that waits for it. */
  readonly awaitedBy: Entry | undefined;
  readonly arrival: number;
}

/** Roots accepted together: answered together, or taken back together. */
export interface DispatchedEffect {
  readonly type: "dispatched";
  readonly entries: readonly Entry[];
  readonly changes: readonly InsertChange[];
  readonly resolve: (ids: string[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface EngineHooks extends CommitterEvents<Deferred> {
  failureOf(entry: Entry): AttemptFailure;
  /** It may run now: all that has to be durable before is. */
  ready(entry: Entry): void;
}

export class Engine {
  readonly calls: WorkingSet;
  readonly families = new Families();
  readonly waiters = new Waiters();
  readonly timers: TimerDriver<Entry>;
  readonly committer: Committer<Deferred>;
  readonly ids: IdSource;
  readonly names: IdNames;
  readonly payloads: Payloads;
  readonly recent: RecentResults;
  /** Undefined where nobody looks at spans. */
  readonly spans: CallSpans | undefined;
  readonly clock: Clock;
  readonly epoch: number;
  readonly #settings: SchedulerSettings;
  readonly #telemetry: Telemetry;
  readonly #hooks: EngineHooks;
  /** Ends and cancellations that follow from the event in hand: a tree may be deeper than the stack. */
  readonly #following: (() => void)[] = [];
  #isFollowing = false;

  constructor(session: StoreSession, settings: SchedulerSettings, clock: Clock, hooks: EngineHooks) {
    this.#settings = settings;
    this.#telemetry = settings.telemetry;
    this.#hooks = hooks;
    this.clock = clock;
    this.epoch = session.epoch;
    this.calls = new WorkingSet((entry) => this.timers.set(entry, timerAt(entry.call)));
    this.timers = new TimerDriver(clock, this.calls.timers, (entry) => this.#timerFired(entry));
    this.committer = new Committer(session, clock, hooks);
    this.ids = new IdSource(session);
    this.names = new IdNames(session.tag);
    this.payloads = new Payloads(settings.payloadBytesMax);
    this.recent = new RecentResults(settings.recentBytesMax);
    const { tracing } = settings;
    this.spans = tracing && new CallSpans(tracing, (callId) => this.names.nameOf(callId));
  }

  /** With all that follows from it above and below the call. Throws IllegalTransition: a fault of the scheduler. */
  apply(entry: Entry, event: CallEvent): void {
    this.#apply(entry, event);
    if (this.#isFollowing || this.#following.length === 0) return;
    this.#isFollowing = true;
    // The list grows while it is worked off.
    for (let i = 0; i < this.#following.length; i++) {
      try {
        this.#following[i]!();
      } catch (error) {
        this.fault("follow", error);
      }
    }
    this.#following.length = 0;
    this.#isFollowing = false;
  }

  #apply(entry: Entry, event: CallEvent): void {
    const before = entry.call;
    const { call, effects } = transition(before, event, this.clock.now());
    entry.call = call;
    if (call.generation !== before.generation) entry.durableArrivals = call.arrivals;
    this.timers.set(entry, timerAt(call));
    for (let i = 0; i < effects.length; i++) this.#carryOut(entry, effects[i]!, event);
    if (this.spans !== undefined) this.#trace(this.spans.moved(before, call));
    if (call.state === before.state) return;
    if (isWaiting(call)) this.payloads.fellAsleep(entry);
    else if (isWaiting(before)) this.payloads.wokeUp(entry);
  }

  /** When nobody holds on to an entry: calls that have waited for a while need no object. */
  putToSleep(): void {
    const { awakeCallsMax } = this.#settings;
    for (
      let entry = this.payloads.sleepiest(awakeCallsMax);
      entry;
      entry = this.payloads.sleepiest(awakeCallsMax)
    ) {
      if (this.calls.putToSleep(entry)) this.timers.set(entry, NEVER_MS);
      this.payloads.release(entry);
    }
  }

  /** A new call in the working set, its insertion in the batch. */
  insert(
    accepted: Call,
    input: Uint8Array | null,
    key?: InsertChange["key"],
    caller?: Call,
  ): { entry: Entry; change: InsertChange } {
    const { spans } = this;
    const call = spans === undefined ? accepted : { ...accepted, trace: spans.accepted(accepted, caller) };
    const entry = newEntry(call);
    this.calls.add(entry);
    this.payloads.keepInput(entry, input);
    const change: InsertChange = { kind: "insert", call: toRecord(call), input, key };
    this.committer.change(change);
    return { entry, change };
  }

  /** As if it had never been. */
  forget(entry: Entry): void {
    this.calls.delete(entry.call.id);
    this.timers.set(entry, NEVER_MS);
    this.payloads.release(entry);
  }

  cancel(entry: Entry, reason: string): void {
    this.apply(entry, { type: "cancel", reason, graceMs: this.#settings.graceMs });
  }

  /** Does what a batch held back, in order. */
  done(batch: Batch<Deferred>, perform: (effect: Deferred) => void): void {
    for (const effect of batch.effects) {
      try {
        perform(effect);
      } catch (error) {
        this.fault(effect.type, error);
      }
    }
  }

  /** Of the process before. */
  tellInterrupted(runs: number, ended: number): void {
    if (runs > 0) this.#telemetry.emit({ type: "scheduler-runs-interrupted", runs, ended });
  }

  fault(operation: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#telemetry.emit({ type: "scheduler-fault", operation, message });
    // What is damaged or gone for a reader is so for everybody.
    if (error instanceof StoreError && remedyFor(error.code) === "reopen") this.committer.abandon(error);
  }

  #carryOut(entry: Entry, effect: Effect, event: CallEvent): void {
    switch (effect.type) {
      case "write":
        this.committer.change(effect.change);
        if (effect.change.kind === "note" && effect.change.note.kind === "restarted") {
          this.#tellRestarted(entry, effect.change.note.message);
        }
        return;
      case "spawn": {
        const child = this.insert(effect.call, effect.input, undefined, entry.call).entry;
        this.families.add(entry.call.id, child.call.id);
        this.committer.effect({ type: "recorded", entry: child });
        return;
      }
      case "end":
        this.#following.push(() => this.#end(entry, effect));
        return;
      case "state":
        this.payloads.keepState(entry, effect.state);
        return;
      case "input":
        this.payloads.keepInput(entry, effect.input);
        return;
      case "forget":
        this.payloads.keepState(entry, null);
        this.payloads.forgetInbox(entry);
        return;
      case "enqueue":
        // Behind the batch that is being filled it would wait for up to two commits that it has nothing to do with.
        if (event.type === "recorded") this.#hooks.ready(entry);
        else this.committer.effect({ type: "enqueue", entry });
        return;
      case "abort":
        if (entry.run !== undefined) {
          this.committer.effect({ type: "abort", run: entry.run, reason: effect.reason });
        }
        return;
      case "cancel_children":
        for (const id of this.families.childrenOf(entry.call.id)) {
          this.#following.push(() => this.#cancelById(id, effect.reason));
        }
        return;
      case "drop":
        this.#telemetry.emit({ type: "scheduler-answer-dropped", reason: effect.reason });
    }
  }

  /** The span ends with the commit. */
  #trace(span: Span | undefined): void {
    if (span === undefined) return;
    const end = () => span.end();
    this.committer.effect({ type: "then", run: end, reject: end });
  }

  #tellRestarted({ call }: Entry, reason: string): void {
    const id = this.names.nameOf(call.id);
    this.#telemetry.emit({ type: "scheduler-call-restarted", id, function: call.function, reason });
  }

  #end(entry: Entry, effect: EndEffect): void {
    const { call } = entry;
    const aboveId = this.#aboveId(call);
    const above = aboveId === undefined ? undefined : this.calls.get(aboveId);
    const caller = above?.call;
    const awaited =
      caller !== undefined &&
      caller.id === call.parentId &&
      caller.generation === call.parentGeneration &&
      !isEnd(caller.state);
    const arrival = awaited ? caller.arrivals + 1 : 0;
    const { state, status, output, error } = effect;
    this.committer.change({
      kind: "finish",
      id: call.id,
      attempt: call.attempt,
      failures: call.failures,
      end: { state, status, finishedAtMs: this.clock.now(), arrival },
      output,
      error,
    });
    const result = {
      id: this.names.nameOf(call.id),
      correlationId: call.correlationId,
      status,
      output,
      error,
    };
    const awaitedBy = awaited ? above : undefined;
    this.committer.effect({ type: "publish", entry, result, awaitedBy, arrival });
    this.payloads.release(entry);
    this.#handOver(entry);
    if (aboveId !== undefined) this.families.remove(aboveId, call.id);
    if (above === undefined || isEnd(above.call.state)) return;
    if (awaited) {
      const { correlationId, id: callId } = call;
      this.payloads.keepResult(above, { arrival, callId, correlationId, output, error });
    }
    const generation = caller!.id === call.parentId ? call.parentGeneration : -1;
    this.apply(above, { type: "child_ended", generation });
  }

  /** Whom the call is stopped with: its caller, or the root once its caller has ended, whether that lives or not. */
  #aboveId(call: Call): number | undefined {
    if (call.parentId === 0) return undefined;
    if (this.families.has(call.parentId, call.id)) return call.parentId;
    return this.families.has(call.rootId, call.id) ? call.rootId : undefined;
  }

  /** Children that outlive their caller are the root's to cancel: also one's that has ended, should it be retried. */
  #handOver(entry: Entry): void {
    const { id, rootId } = entry.call;
    if (rootId === id) return;
    const children = this.families.childrenOf(id);
    for (const child of children) {
      this.families.remove(id, child);
      this.families.add(rootId, child);
    }
    if (children.length > 0) this.#adopt(rootId, children);
  }

  /** A root that runs again takes over what its life before has left. */
  adoptOrphans(root: Entry): void {
    const children = this.families.childrenOf(root.call.id);
    if (children.length > 0) this.#adopt(root.call.id, children);
  }

  #adopt(rootId: number, children: readonly number[]): void {
    const root = this.calls.get(rootId);
    if (root === undefined || isEnd(root.call.state)) return;
    this.apply(root, { type: "adopted", count: children.length });
    if (root.call.state !== "cancelling") return;
    for (const child of children) this.#cancelById(child, "the call above was stopped");
  }

  #cancelById(id: number, reason: string): void {
    const entry = this.calls.get(id);
    if (entry !== undefined && !isEnd(entry.call.state)) this.cancel(entry, reason);
  }

  #timerFired(entry: Entry): void {
    const failure = this.#hooks.failureOf(entry);
    const { run } = entry;
    const runLeftMs = run === undefined ? 0 : run.startedMs + run.timeoutMs - this.clock.monotonicMs();
    try {
      this.apply(entry, { type: "due", failure, runLeftMs, graceMs: this.#settings.graceMs });
    } catch (error) {
      this.fault("due", error);
    }
  }
}

/** Nothing but a timer, a result or somebody's wish goes on with it. */
function isWaiting(call: Call): boolean {
  return call.state === "suspended" || call.state === "delayed";
}

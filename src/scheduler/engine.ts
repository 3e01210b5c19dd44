/**
 * The working set and what is done to it: every event goes through `apply`, which asks the state machine and
 * carries out what it wants. Changes and ends go into the batch at once; all else follows the batch's commit.
 */
import { type InsertChange, NEVER_MS, type StoreSession } from "../store/index.ts";
import type { Telemetry } from "../telemetry/events.ts";
import { type Call, isEnd, timerAt } from "./call/call.ts";
import type { AbortReason, Effect, EndEffect } from "./call/effects.ts";
import type { AttemptFailure, CallEvent } from "./call/events.ts";
import { toRecord } from "./call/record.ts";
import { transition } from "./call/transition.ts";
import type { Clock } from "./clock.ts";
import { type Batch, Committer, type CommitterEvents } from "./committer.ts";
import { childrenOf, type Entry, link, newEntry, unlink } from "./entry.ts";
import { IdNames, IdSource } from "./ids.ts";
import type { SchedulerSettings } from "./options.ts";
import { Payloads } from "./payloads.ts";
import { RecentResults } from "./recent.ts";
import type { ActiveRun } from "./run.ts";
import { TimerDriver } from "./timer-driver.ts";
import type { CallResult } from "./types.ts";

/** What waits for a commit. */
export type Deferred =
  | { readonly type: "recorded"; readonly entry: Entry }
  | { readonly type: "enqueue"; readonly entry: Entry }
  | { readonly type: "abort"; readonly run: ActiveRun; readonly reason: AbortReason }
  | { readonly type: "publish"; readonly entry: Entry; readonly result: CallResult }
  | DispatchedEffect
  | { readonly type: "then"; readonly run: () => void };

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
}

export class Engine {
  readonly entries = new Map<number, Entry>();
  readonly timers: TimerDriver<Entry>;
  readonly committer: Committer<Deferred>;
  readonly ids: IdSource;
  readonly names: IdNames;
  readonly payloads: Payloads;
  readonly recent: RecentResults;
  readonly clock: Clock;
  readonly epoch: number;
  readonly #settings: SchedulerSettings;
  readonly #telemetry: Telemetry;
  readonly #hooks: EngineHooks;

  constructor(session: StoreSession, settings: SchedulerSettings, clock: Clock, hooks: EngineHooks) {
    this.#settings = settings;
    this.#telemetry = settings.telemetry;
    this.#hooks = hooks;
    this.clock = clock;
    this.epoch = session.epoch;
    this.timers = new TimerDriver(clock, (entry) => this.#timerFired(entry));
    this.committer = new Committer(session, clock, hooks);
    this.ids = new IdSource(session);
    this.names = new IdNames(session.tag);
    this.payloads = new Payloads(settings.payloadBytesMax);
    this.recent = new RecentResults(settings.recentBytesMax);
  }

  /** Throws IllegalTransition: a fault of the scheduler. */
  apply(entry: Entry, event: CallEvent): void {
    const before = entry.call;
    const { call, effects } = transition(before, event, this.clock.now());
    entry.call = call;
    this.timers.set(entry, timerAt(call));
    for (let i = 0; i < effects.length; i++) this.#carryOut(entry, effects[i]!);
    if (call.state === before.state) return;
    if (call.state === "suspended") this.payloads.fellAsleep(entry);
    else if (before.state === "suspended") this.payloads.wokeUp(entry);
  }

  /** A new call in the working set, its insertion in the batch. */
  insert(
    call: Call,
    input: Uint8Array | null,
    key?: InsertChange["key"],
  ): { entry: Entry; change: InsertChange } {
    const entry = newEntry(call);
    this.entries.set(call.id, entry);
    this.payloads.keepInput(entry, input);
    const change: InsertChange = { kind: "insert", call: toRecord(call), input, key };
    this.committer.change(change);
    return { entry, change };
  }

  /** As if it had never been. */
  forget(entry: Entry): void {
    this.entries.delete(entry.call.id);
    this.timers.set(entry, NEVER_MS);
    this.payloads.release(entry);
    unlink(entry);
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

  fault(operation: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#telemetry.emit({ type: "scheduler-fault", operation, message });
  }

  #carryOut(entry: Entry, effect: Effect): void {
    switch (effect.type) {
      case "write":
        this.committer.change(effect.change);
        return;
      case "spawn": {
        const child = this.insert(effect.call, effect.input).entry;
        link(child, entry);
        this.committer.effect({ type: "recorded", entry: child });
        return;
      }
      case "end":
        this.#end(entry, effect);
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
        this.committer.effect({ type: "enqueue", entry });
        return;
      case "abort":
        if (entry.run !== undefined) {
          this.committer.effect({ type: "abort", run: entry.run, reason: effect.reason });
        }
        return;
      case "cancel_children":
        for (const child of childrenOf(entry))
          if (!isEnd(child.call.state)) this.cancel(child, effect.reason);
        return;
      case "drop":
        this.#telemetry.emit({ type: "scheduler-answer-dropped", reason: effect.reason });
    }
  }

  #end(entry: Entry, effect: EndEffect): void {
    const { call, above } = entry;
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
    this.committer.effect({ type: "publish", entry, result });
    this.payloads.release(entry);
    this.#handOver(entry);
    unlink(entry);
    if (above === undefined || isEnd(above.call.state)) return;
    if (awaited) {
      const { correlationId, id: callId } = call;
      this.payloads.keepResult(above, { arrival, callId, correlationId, output, error });
    }
    const generation = caller!.id === call.parentId ? call.parentGeneration : -1;
    this.apply(above, { type: "child_ended", generation });
  }

  /** Children that outlive their caller are the root's to cancel. */
  #handOver(entry: Entry): void {
    if (entry.firstChild === undefined) return;
    const root = this.entries.get(entry.call.rootId);
    const heir = root === undefined || root === entry || isEnd(root.call.state) ? undefined : root;
    const children = childrenOf(entry);
    for (const child of children) {
      unlink(child);
      if (heir !== undefined) link(child, heir);
    }
    if (heir === undefined) return;
    this.apply(heir, { type: "adopted", count: children.length });
    if (heir.call.state === "cancelling") {
      for (const child of children) this.cancel(child, "the call above was stopped");
    }
  }

  #timerFired(entry: Entry): void {
    const failure = this.#hooks.failureOf(entry);
    try {
      this.apply(entry, { type: "due", failure, graceMs: this.#settings.graceMs });
    } catch (error) {
      this.fault("due", error);
    }
  }
}

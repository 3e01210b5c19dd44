/**
 * Runs durable functions as coroutines: the driver that pool threads give to the SDK.
 *
 * The driver owns the way from a run to an exit or a poll. The SDK owns requests, responses and their values; the
 * coroutine owns what the function does.
 */
import {
  type AsyncFunction,
  Call,
  type Input,
  Output,
  outputOfThrown,
  PermanentError,
  type RunDriver,
} from "../../sdk/index.ts";
import { type CallTask, Coroutine } from "../coroutine.ts";
import { isHopeless } from "../runtime/combinators.ts";
import { cleanStack, type Task } from "../runtime/task.ts";
import { decodeCoroutine, encodeCoroutine, type Snapshot } from "../snapshot/snapshot.ts";
import { type StepLimits, type StepResult, step } from "../step.ts";
import { HotCache } from "./hot-cache.ts";
import { type LeftBehind, warnOfLeftBehind } from "./left-behind.ts";
import { STATE_BYTES_MAX, StateCodec, type StateOptions } from "./state.ts";

export interface DriverOptions extends StateOptions, StepLimits {
  /**
   * Suspended coroutines that stay in memory, in case their next run comes to this thread. 0 decodes every state,
   * as tests should. Default: 1,000.
   */
  hotMax?: number;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  nowMs?: () => number;
  /** Resolves after so many milliseconds. Default: `setTimeout`. */
  delay?: (ms: number) => Promise<void>;
  /** Told of what a function left behind when it ended. Default: a warning of the process. */
  onLeftBehind?: (left: LeftBehind) => void;
}

export class CoroutineDriver implements RunDriver {
  readonly hot: HotCache;
  private readonly options: DriverOptions;
  private readonly states: StateCodec;
  private readonly nowMs: () => number;
  private readonly delay: (ms: number) => Promise<void>;

  constructor(options: DriverOptions = {}) {
    this.options = options;
    this.states = new StateCodec(options);
    this.hot = new HotCache(options.hotMax ?? 1_000);
    this.nowMs = options.nowMs ?? Date.now;
    this.delay = options.delay ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  }

  async run(fn: AsyncFunction, input: Input): Promise<Output> {
    try {
      return await this.drive(fn, input);
    } catch (error) {
      return Output.error(error);
    }
  }

  private async drive(fn: AsyncFunction, input: Input): Promise<Output> {
    const coroutine = input.isResume ? this.resumed(input) : new Coroutine(this.nowMs);
    coroutine.encodeCall = (call, correlationId) => Call.of(call, BigInt(correlationId));
    const endCancellation = this.cancelWith(coroutine, input);
    try {
      if (input.isResume) deliverResults(coroutine, input);
      else coroutine.start(fn.implementation as never, input.inputArguments);
      for (;;) {
        coroutine.wakeSleepers(this.nowMs());
        await coroutine.quiet();
        const next = step(coroutine, this.nowMs(), this.options);
        if (next.kind === "exit") return this.exit(coroutine, input, next);
        if (next.kind === "nap") {
          await this.delay(next.ms);
          continue;
        }
        if (next.kind === "stuck") {
          waitForOutside(coroutine, input);
          continue;
        }
        coroutine.beginRound();
        const snapshot = encodeCoroutine(coroutine, snapshotLimits(this.options));
        if (snapshot.waitingOutside.length === 0) return this.suspend(coroutine, input, next, snapshot);
        // They end in this process or not at all: the function waits for them in place.
        for (const task of snapshot.waitingOutside) task.waitOutside();
      }
    } finally {
      endCancellation();
    }
  }

  private resumed(input: Input): Coroutine {
    const state = this.states.open(input.coroutineStateAny, input);
    return (
      this.hot.take(input.dispatchId, state) ??
      decodeCoroutine(state, this.nowMs, snapshotLimits(this.options))
    );
  }

  private suspend(
    coroutine: Coroutine,
    input: Input,
    next: StepResult & { kind: "poll" },
    snapshot: Snapshot,
  ): Output {
    const { minResults, maxResults, maxWaitMs, calls } = next;
    const output = Output.poll({
      state: this.states.seal(snapshot.bytes, input),
      calls: calls.map(({ encoded }) => encoded as Call),
      minResults,
      maxResults,
      maxWaitMs,
    });
    coroutine.endRound();
    this.hot.keep(input.dispatchId, coroutine, snapshot.bytes);
    return output;
  }

  private exit(coroutine: Coroutine, input: Input, end: StepResult & { kind: "exit" }): Output {
    coroutine.dead = true;
    this.reportLeftBehind(coroutine, input);
    if (end.ok) return Output.value(end.value);
    cleanStack(end.error);
    return outputOfThrown(end.error);
  }

  private reportLeftBehind(coroutine: Coroutine, input: Input): void {
    const fresh = new Set(coroutine.fresh.map(({ correlationId }) => correlationId));
    const unawaited = [...coroutine.pending.values()].filter((task) => !task.$$H);
    const unawaitedCalls = unawaited.map((task) => task.functionName);
    const droppedCalls = unawaited
      .filter((task) => fresh.has(task.correlationId))
      .map((task) => task.functionName);
    const unhandledErrors = [...coroutine.unhandled]
      .filter((task) => !(task as Task).$$H)
      .map((task) => (task as Task).$$V);
    if (unawaitedCalls.length + unhandledErrors.length === 0) return;
    const { function: name, dispatchId } = input;
    const report = this.options.onLeftBehind ?? warnOfLeftBehind;
    report({ function: name, dispatchId, unawaitedCalls, droppedCalls, unhandledErrors });
  }

  /** An abort reaches the code as an error at the await where it waits in place. */
  private cancelWith(coroutine: Coroutine, input: Input): () => void {
    let listening: AbortSignal | undefined;
    const cancel = () => coroutine.interrupt(input.signal.reason);
    coroutine.onNativeWait = () => {
      // Asked for only now: most runs never wait in place, and making a signal costs as much as a small run.
      if (listening) return;
      listening = input.signal;
      if (listening.aborted) queueMicrotask(cancel);
      else listening.addEventListener("abort", cancel, { once: true });
    };
    return () => {
      coroutine.onNativeWait = null;
      listening?.removeEventListener("abort", cancel);
    };
  }
}

/** No durable call is pending: only code outside of the coroutine can settle what the function waits for. */
function waitForOutside(coroutine: Coroutine, input: Input): void {
  const outside = [...coroutine.deferred].filter((task) => !isHopeless(task));
  if (outside.length === 0) {
    throw new PermanentError(`${input.function} waits for a promise that nothing can settle`);
  }
  for (const task of outside) task.waitOutside();
}

const snapshotLimits = ({ stateBytesMax = STATE_BYTES_MAX }: DriverOptions) => ({ bytesMax: stateBytesMax });

/** Gives the calls their results. What is not waited for any more, late losers and duplicates, is ignored. */
function deliverResults(coroutine: Coroutine, input: Input): void {
  const { pollError } = input;
  if (pollError !== undefined) {
    if (coroutine.lastRound.length === 0) throw pollError;
    // The poll was refused, and none of its calls dispatched; those of earlier rounds are still under way.
    for (const correlationId of coroutine.lastRound) coroutine.deliver(correlationId, { error: pollError });
  }
  for (const result of input.callResults) {
    const correlationId = Number(result.correlationId);
    const task = coroutine.pending.get(correlationId);
    if (task) coroutine.deliver(correlationId, outcomeOf(result, task));
  }
}

function outcomeOf(
  result: Input["callResults"][number],
  task: CallTask,
): { value: unknown } | { error: unknown } {
  try {
    return { value: result.unwrap({ via: task.functionName }) };
  } catch (error) {
    return { error };
  }
}

/** The scheduler's options, resolved once. */
import type { RetryRecord, Store, StoreError } from "../store/index.ts";
import { silentTelemetry, type Telemetry } from "../telemetry/events.ts";
import type { Tracing } from "../telemetry/tracing/index.ts";
import { DEFAULT_RETRY } from "./call/backoff.ts";
import type { RetryPolicy } from "./call/events.ts";
import type { Clock } from "./clock.ts";
import { NO_JOURNAL, type RunJournal } from "./deaths/journal.ts";
import { type AimdOptions, DEFAULT_AIMD } from "./queue/aimd.ts";
import type { Delivery } from "./types.ts";

export interface SchedulerOptions {
  store: Store;
  delivery: Delivery;
  telemetry?: Telemetry;
  /** Makes spans of what happens to calls. Default: traces are only passed on. */
  tracing?: Tracing | undefined;
  /** Default: the system's, made to never go back. */
  clock?: Clock;
  /** Told once when the store can be used no more; the scheduler closes itself. See SchedulerSupervisor. */
  onLost?: (error: StoreError) => void;
  /**
   * Whether the runs of this endpoint are run in this process: they can take it down, and a function's
   * `concurrencyMax` holds for them. Default: those of none.
   */
  isOwn?: (endpoint: string) => boolean;
  /**
   * How many runs of a function this process may have at a time, over all endpoints that are its own; the adaptive
   * limits hold below that. Default: no limit.
   */
  concurrencyMaxOf?: (functionName: string) => number | undefined;
  /** Remembers which runs of this process are under way, should it die. Default: nothing does. */
  journal?: RunJournal;
  /**
   * How often the process may die in runs of one call, the last time with no other run beside it, before the call
   * fails with PERMANENT_ERROR. With 1 or 2 a call in flight when somebody kills the process may be taken for the
   * cause; many cost that many starts. Default: 3.
   */
  processDeathsMax?: number;
  /** From 0 up to 1; for the jitter of retries. Default: Math.random. */
  random?: () => number;

  /** What functions are retried by. Default: 100 attempts, from 200 ms doubling to 5 minutes. */
  retry?: RetryRecord;
  /** A function's own policy, over `retry` and under the call's. */
  retryOf?: (functionName: string) => RetryRecord | undefined;
  /** How long a call of a function at an endpoint of this process may last, where the call does not say. Default: no limit. */
  expirationMsOf?: (functionName: string) => number | undefined;
  /** The priority of calls of a function at an endpoint of this process, where the call does not say. Default: the caller's. */
  priorityOf?: (functionName: string) => number | undefined;
  /**
   * Restarts from the input after INCOMPATIBLE_STATE. With too few, a call in flight during a roll-back of code
   * fails; with many, code that can never read its own state runs that often. Default: 3.
   */
  restartsMax?: number;
  /**
   * An attempt that has not answered after so long is given up as TIMEOUT. Must exceed the time limit of the
   * runs themselves, or work that is still going on is done twice. Default: 600_000.
   */
  runTimeoutMs?: number;
  /** How long a cancelled or expired call waits for its attempt to stop. Default: 5_000. */
  graceMs?: number;

  /** Runs at a time for each function at each destination. Default: see AimdOptions. */
  concurrency?: Partial<AimdOptions>;
  /** Runs at a time over all destinations. Default: 4096. */
  runsMax?: number;
  /**
   * Live calls at a time, about 250 bytes each while they wait. The last tenth is kept for calls that calls make:
   * beyond it clients are refused as `resource_exhausted`. A poll whose calls have no room at all is tried again as
   * THROTTLED for a while, then refused. Default: 2_000_000.
   */
  liveCallsMax?: number;
  /**
   * Waiting calls that are kept as objects, ready to go on at once; those that have waited longest are packed into
   * rows of numbers, a quarter of the size. Default: 20_000.
   */
  awakeCallsMax?: number;
  /** Changes on their way into the store; more calls are refused as `resource_exhausted`. Default: 100_000. */
  pendingChangesMax?: number;
  /**
   * A store that nothing was written to for so long is checked, by a small write. Short keeps an idle disk awake;
   * long leaves a store that is gone unnoticed until the next call. Default: 5_000.
   */
  checkIntervalMs?: number;
  /** Memory for payloads of live calls, in bytes. What does not fit is read again. Default: 128 MiB. */
  payloadBytesMax?: number;
  /** Memory for results that nobody waited for yet, in bytes. Default: 16 MiB. */
  recentBytesMax?: number;

  /** How long a finished call is kept. Default: 86_400_000 (a day). */
  retentionMs?: number;
  /** How often old calls are looked for. Default: 10_000. */
  retentionIntervalMs?: number;
  /** How long an idempotency key is known. Must not exceed `retentionMs`. Default: 86_400_000. */
  keyRetentionMs?: number;
}

export interface SchedulerSettings
  extends Required<Omit<SchedulerOptions, "clock" | "retry" | "concurrency" | "tracing">> {
  readonly tracing: Tracing | undefined;
  readonly clock: Clock | undefined;
  readonly retry: RetryPolicy;
  readonly concurrency: AimdOptions;
}

const DAY_MS = 86_400_000;

/** Throws RangeError that names the option, its value and its bounds. */
export function resolveOptions(options: SchedulerOptions): SchedulerSettings {
  const settings: SchedulerSettings = {
    store: options.store,
    delivery: options.delivery,
    telemetry: options.telemetry ?? silentTelemetry,
    tracing: options.tracing,
    clock: options.clock,
    onLost: options.onLost ?? (() => {}),
    random: options.random ?? Math.random,
    isOwn: options.isOwn ?? (() => false),
    concurrencyMaxOf: options.concurrencyMaxOf ?? (() => undefined),
    journal: options.journal ?? NO_JOURNAL,
    processDeathsMax: options.processDeathsMax ?? 3,
    retry: {
      ...DEFAULT_RETRY,
      ...options.retry,
      restartsMax: options.restartsMax ?? DEFAULT_RETRY.restartsMax,
    },
    retryOf: options.retryOf ?? (() => undefined),
    expirationMsOf: options.expirationMsOf ?? (() => undefined),
    priorityOf: options.priorityOf ?? (() => undefined),
    restartsMax: options.restartsMax ?? DEFAULT_RETRY.restartsMax,
    runTimeoutMs: options.runTimeoutMs ?? 600_000,
    graceMs: options.graceMs ?? 5_000,
    concurrency: { ...DEFAULT_AIMD, ...options.concurrency },
    runsMax: options.runsMax ?? 4096,
    liveCallsMax: options.liveCallsMax ?? 2_000_000,
    awakeCallsMax: options.awakeCallsMax ?? 20_000,
    pendingChangesMax: options.pendingChangesMax ?? 100_000,
    checkIntervalMs: options.checkIntervalMs ?? 5_000,
    payloadBytesMax: options.payloadBytesMax ?? 128 * 1024 * 1024,
    recentBytesMax: options.recentBytesMax ?? 16 * 1024 * 1024,
    retentionMs: options.retentionMs ?? DAY_MS,
    retentionIntervalMs: options.retentionIntervalMs ?? 10_000,
    keyRetentionMs: options.keyRetentionMs ?? Math.min(DAY_MS, options.retentionMs ?? DAY_MS),
  };
  checkRelations(settings);
  return Object.freeze(settings);
}

function checkRelations(settings: SchedulerSettings): void {
  const { concurrency, retry } = settings;
  atLeast("runTimeoutMs", settings.runTimeoutMs, 1);
  atLeast("processDeathsMax", settings.processDeathsMax, 1);
  atLeast("graceMs", settings.graceMs, 0);
  atLeast("runsMax", settings.runsMax, 1);
  atLeast("liveCallsMax", settings.liveCallsMax, 1);
  atLeast("awakeCallsMax", settings.awakeCallsMax, 0);
  atLeast("pendingChangesMax", settings.pendingChangesMax, 1);
  atLeast("checkIntervalMs", settings.checkIntervalMs, 1);
  atLeast("payloadBytesMax", settings.payloadBytesMax, 0);
  atLeast("recentBytesMax", settings.recentBytesMax, 0);
  atLeast("retentionMs", settings.retentionMs, 0);
  atLeast("retentionIntervalMs", settings.retentionIntervalMs, 1);
  atLeast("keyRetentionMs", settings.keyRetentionMs, 0);
  atLeast("restartsMax", settings.restartsMax, 0);
  atLeast("retry.attemptsMax", retry.attemptsMax, 1);
  atLeast("retry.firstDelayMs", retry.firstDelayMs, 0);
  atLeast("retry.factor", retry.factor, 1);
  atLeast("retry.delayMsMax", retry.delayMsMax, retry.firstDelayMs);
  atLeast("concurrency.floor", concurrency.floor, 1);
  atLeast("concurrency.ceiling", concurrency.ceiling, concurrency.floor);
  if (!(concurrency.decrease > 0 && concurrency.decrease < 1)) {
    throw new RangeError(`concurrency.decrease must be between 0 and 1, is ${concurrency.decrease}`);
  }
  if (settings.keyRetentionMs > settings.retentionMs) {
    throw new RangeError(
      `keyRetentionMs must not exceed retentionMs, ${settings.keyRetentionMs} > ${settings.retentionMs}`,
    );
  }
}

function atLeast(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`${name} must be at least ${least}, is ${value}`);
}

import { availableParallelism } from "node:os";

/** Options of the pool. Every field is optional. */
export interface PoolOptions {
  /** Absolute paths or file URLs of the modules that define functions; each thread loads all of them. Default: none. */
  modules?: readonly string[];

  /**
   * Threads kept even when idle. 0 is refused: a first run would wait for a thread to start.
   * Default: the value of `threadsMax`.
   */
  threadsMin?: number;

  /**
   * Threads at the most. More than there are cores makes CPU-bound functions compete with each other and with the
   * HTTP front; fewer leaves cores idle. Default: the available parallelism (cores the process may use).
   */
  threadsMax?: number;

  /**
   * Runs that one thread may have started and not yet answered. Runs that wait (timers, sockets) share a thread, so
   * this bounds memory rather than speed. Too low leaves I/O-bound functions queueing while threads idle; too high
   * lets one thread hold more than its heap. Default: 1,024.
   */
  concurrency?: number;

  /**
   * Runs that may wait for a thread. Beyond it, runs are refused at once with 429. 0 refuses whenever every thread
   * is at its concurrency; very high turns overload into latency and memory. Default: 16,384.
   */
  queueMax?: number;

  /**
   * How long a run may take, milliseconds, before it is answered with TIMEOUT: a waiting run by its thread, one
   * that blocks its thread by replacing the thread. Must exceed `heartbeatMs`. Too short fails slow healthy runs;
   * too long lets an endless loop occupy a thread for as long. Default: 60,000.
   */
  runTimeoutMs?: number;

  /**
   * How long a cancelled or timed-out run has to end by its AbortSignal before it is answered without it,
   * milliseconds. 0 gives it no chance to clean up. Default: 1,000.
   */
  cancelGraceMs?: number;

  /**
   * Memory that each thread may keep, heap and buffers, MiB. A thread that keeps more is replaced and the run that
   * filled it fails with `OutOfMemory`; one whose code never lets go is stopped at twice as much. Too small for the
   * code of the functions: threads cannot start. More than the machine has for all threads together: the system ends
   * the process before the pool ends a thread. Default: 512.
   */
  threadMemoryMiB?: number;

  /** A thread above `threadsMin` that had nothing to do for this long is stopped, milliseconds. Default: 10,000. */
  idleTimeoutMs?: number;

  /**
   * Runs sent to a thread in one message. 1 is one message a run, about a tenth of the throughput for small
   * functions; very large makes one thread take all that others could share. Default: 64.
   */
  batchRunsMax?: number;

  /** Bytes of requests sent in one message, at the most, unless a single one is larger. Default: 1 MiB. */
  batchBytesMax?: number;

  /**
   * Largest response of one run, bytes; a larger one is answered as INVALID_RESPONSE, `ResponseTooLarge`. Bounds the
   * memory that one run takes in the front. Schedulers refuse large responses, too: those of this project's HTTP front
   * above its body limit. Default: 16,000,000.
   */
  responseBytesMax?: number;

  /**
   * How often a thread shows that its event loop turns, milliseconds; also the precision of `runTimeoutMs`. Lower
   * detects a blocked thread sooner at the cost of waking idle threads. Default: 100.
   */
  heartbeatMs?: number;

  /** How long a thread may take to load the modules, milliseconds. Default: 60,000. */
  startTimeoutMs?: number;

  /**
   * Variables that the threads' `process.env` has besides the process's own, which they go before. Without a key for the
   * states of suspended functions the pool makes one, so that they outlive their thread. Default: none.
   */
  env?: Readonly<Record<string, string>>;
}

export type ResolvedPoolOptions = Readonly<Required<PoolOptions>>;

/** Copies, fills in defaults, checks bounds and relations, freezes. @throws {RangeError} with value and bounds */
export function resolvePoolOptions(options: PoolOptions = {}): ResolvedPoolOptions {
  const threadsMax = options.threadsMax ?? Math.max(availableParallelism(), options.threadsMin ?? 1);
  const resolved: ResolvedPoolOptions = Object.freeze({
    modules: Object.freeze([...(options.modules ?? [])]),
    threadsMin: options.threadsMin ?? threadsMax,
    threadsMax,
    concurrency: options.concurrency ?? 1_024,
    queueMax: options.queueMax ?? 16_384,
    runTimeoutMs: options.runTimeoutMs ?? 60_000,
    cancelGraceMs: options.cancelGraceMs ?? 1_000,
    threadMemoryMiB: options.threadMemoryMiB ?? 512,
    idleTimeoutMs: options.idleTimeoutMs ?? 10_000,
    batchRunsMax: options.batchRunsMax ?? 64,
    batchBytesMax: options.batchBytesMax ?? 2 ** 20,
    responseBytesMax: options.responseBytesMax ?? 16_000_000,
    heartbeatMs: options.heartbeatMs ?? 100,
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    env: Object.freeze({ ...options.env }),
  });
  checkWhole("threadsMax", resolved.threadsMax, 1, 1_024);
  checkWhole("threadsMin", resolved.threadsMin, 1, resolved.threadsMax);
  checkWhole("concurrency", resolved.concurrency, 1, 1_000_000);
  checkWhole("queueMax", resolved.queueMax, 0, 10_000_000);
  checkWhole("responseBytesMax", resolved.responseBytesMax, 1_024, 2 ** 30);
  checkWhole("heartbeatMs", resolved.heartbeatMs, 5, 60_000);
  checkWhole("runTimeoutMs", resolved.runTimeoutMs, resolved.heartbeatMs + 1, 2 ** 31 - 1);
  checkWhole("cancelGraceMs", resolved.cancelGraceMs, 0, 2 ** 31 - 1);
  checkWhole("threadMemoryMiB", resolved.threadMemoryMiB, 16, 1_048_576);
  checkWhole("idleTimeoutMs", resolved.idleTimeoutMs, 0, 2 ** 31 - 1);
  checkWhole("batchRunsMax", resolved.batchRunsMax, 1, 65_536);
  checkWhole("batchBytesMax", resolved.batchBytesMax, 1, 2 ** 30);
  checkWhole("startTimeoutMs", resolved.startTimeoutMs, 1, 2 ** 31 - 1);
  return resolved;
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`pool option ${name} must be a whole number from ${min} to ${max}, got ${value}`);
  }
}

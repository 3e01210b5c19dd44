/**
 * What the front and a pool thread say to each other. One message carries many runs in one flat buffer: cloning
 * one array is several times cheaper than cloning an object for each run.
 *
 * A run on its way to the thread: id u32, seat u32 (its top bit: heavy), bytes u32, then the RunRequest. An answer on
 * its way back: id u32, seat u32, duration u32 and computing u32 in microseconds, bytes u32, then the RunResponse.
 * All little-endian.
 */
import type { MessagePort } from "node:worker_threads";
import type { Notice } from "../telemetry/endpoint-events.ts";

/** First task of a thread. */
export interface StartTask {
  type: "start";
  /** Answers come back here, and what the operator should know as `ThreadNotice`; cancellations go out here, as the id of the run. */
  port: MessagePort;
  shared: SharedArrayBuffer;
  modules: readonly string[];
  setupModules: readonly string[];
  /** Module whose `createRunner(modules, setupModules)` runs the requests. */
  runner: string;
  runTimeoutMs: number;
  cancelGraceMs: number;
  heartbeatMs: number;
  responseBytesMax: number;
  memoryBytesMax: number;
}

/** Something in a thread that the operator should know and that is no run's answer. */
export type ThreadNotice = Omit<Notice, "type">;

/** The last task of a thread that is ended in order, where its setup modules are to be shut down. */
export interface StopTask {
  type: "stop";
}

/** Every later task: a batch of runs. Its result is a batch of the answers that were ready at once, if any. */
export type ThreadTask = StartTask | StopTask | Uint8Array;

/** What a thread says of a function it loaded. */
export interface FunctionInfo {
  name: string;
  /** `async` or `primitive`. */
  kind: string;
  /** Registry it belongs to. */
  registry?: string;
  /** The options it was registered with, as plain data. */
  options?: object;
}

/** Ids are whole numbers below this. */
export const ID_COUNT = 2 ** 31 - 1;

const RUN_HEADER = 12;
const ANSWER_HEADER = 20;
const HEAVY = 0x8000_0000;

export interface OutgoingRun {
  readonly id: number;
  readonly seat: number;
  /** Expected to compute for long: what others have ready leaves the thread before it starts. */
  readonly isHeavy: boolean;
  readonly request: Uint8Array;
}

export function encodeRuns(
  runs: readonly { id: number; seat: number; fn: { isHeavy: boolean }; request: Uint8Array }[],
  bytes: number,
): Uint8Array {
  const batch = new Uint8Array(bytes + runs.length * RUN_HEADER);
  const view = new DataView(batch.buffer);
  let offset = 0;
  for (const { id, seat, fn, request } of runs) {
    view.setUint32(offset, id, true);
    view.setUint32(offset + 4, fn.isHeavy ? seat + HEAVY : seat, true);
    view.setUint32(offset + 8, request.length, true);
    batch.set(request, offset + RUN_HEADER);
    offset += RUN_HEADER + request.length;
  }
  return batch;
}

export function decodeRuns(batch: Uint8Array): OutgoingRun[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const runs: OutgoingRun[] = [];
  for (let offset = 0; offset < batch.length; ) {
    const seat = view.getUint32(offset + 4, true);
    const end = offset + RUN_HEADER + view.getUint32(offset + 8, true);
    runs.push({
      id: view.getUint32(offset, true),
      seat: seat & (HEAVY - 1),
      isHeavy: seat >= HEAVY,
      request: batch.subarray(offset + RUN_HEADER, end),
    });
    offset = end;
  }
  return runs;
}

export interface Answer {
  id: number;
  seat: number;
  /** From its start in the thread to its answer. */
  durationMicros: number;
  /** The part of it that its first stretch of code occupied the thread. */
  computingMicros: number;
  response: Uint8Array;
}

/** Collects answers until they are sent. */
export class AnswerBatch {
  #answers: Answer[] = [];
  #bytes = 0;

  get size(): number {
    return this.#answers.length;
  }

  add(answer: Answer): void {
    this.#answers.push(answer);
    this.#bytes += ANSWER_HEADER + answer.response.length;
  }

  /** The collected answers in one buffer of its own; starts anew. */
  take(): Uint8Array {
    const batch = new Uint8Array(this.#bytes);
    const view = new DataView(batch.buffer);
    let offset = 0;
    for (const answer of this.#answers) {
      view.setUint32(offset, answer.id, true);
      view.setUint32(offset + 4, answer.seat, true);
      view.setUint32(offset + 8, answer.durationMicros, true);
      view.setUint32(offset + 12, answer.computingMicros, true);
      view.setUint32(offset + 16, answer.response.length, true);
      batch.set(answer.response, offset + ANSWER_HEADER);
      offset += ANSWER_HEADER + answer.response.length;
    }
    this.#answers = [];
    this.#bytes = 0;
    return batch;
  }
}

/** Responses are views of `batch`. */
export function decodeAnswers(batch: Uint8Array): Answer[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const answers: Answer[] = [];
  for (let offset = 0; offset < batch.length; ) {
    const end = offset + ANSWER_HEADER + view.getUint32(offset + 16, true);
    answers.push({
      id: view.getUint32(offset, true),
      seat: view.getUint32(offset + 4, true),
      durationMicros: view.getUint32(offset + 8, true),
      computingMicros: view.getUint32(offset + 12, true),
      response: batch.subarray(offset + ANSWER_HEADER, end),
    });
    offset = end;
  }
  return answers;
}

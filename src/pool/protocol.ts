/**
 * What the front and a pool thread say to each other. One message carries many runs in one flat buffer: cloning
 * one array is several times cheaper than cloning an object for each run.
 *
 * A run on its way to the thread: slot u32, bytes u32, then the RunRequest. An answer on its way back: slot u32,
 * duration u32 and computing u32 in microseconds, bytes u32, then the RunResponse. All little-endian.
 */
import type { MessagePort } from "node:worker_threads";

/** First task of a thread. */
export interface StartTask {
  type: "start";
  /** Answers come back here; cancellations go out here, as the slot number. */
  port: MessagePort;
  shared: SharedArrayBuffer;
  modules: readonly string[];
  setupModules: readonly string[];
  /** Module whose `createRunner(modules, setupModules)` runs the requests. */
  runner: string;
  runTimeoutMs: number;
  cancelGraceMs: number;
  heartbeatMs: number;
}

/** Every later task: a batch of runs. Its result is a batch of the answers that were ready at once, if any. */
export type ThreadTask = StartTask | Uint8Array;

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

const RUN_HEADER = 8;
const ANSWER_HEADER = 16;

export interface OutgoingRun {
  slot: number;
  request: Uint8Array;
}

export function encodeRuns(runs: readonly OutgoingRun[], bytes: number): Uint8Array {
  const batch = new Uint8Array(bytes + runs.length * RUN_HEADER);
  const view = new DataView(batch.buffer);
  let offset = 0;
  for (const { slot, request } of runs) {
    view.setUint32(offset, slot, true);
    view.setUint32(offset + 4, request.length, true);
    batch.set(request, offset + RUN_HEADER);
    offset += RUN_HEADER + request.length;
  }
  return batch;
}

export function decodeRuns(batch: Uint8Array): OutgoingRun[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const runs: OutgoingRun[] = [];
  for (let offset = 0; offset < batch.length; ) {
    const end = offset + RUN_HEADER + view.getUint32(offset + 4, true);
    runs.push({ slot: view.getUint32(offset, true), request: batch.subarray(offset + RUN_HEADER, end) });
    offset = end;
  }
  return runs;
}

export interface Answer {
  slot: number;
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
      view.setUint32(offset, answer.slot, true);
      view.setUint32(offset + 4, answer.durationMicros, true);
      view.setUint32(offset + 8, answer.computingMicros, true);
      view.setUint32(offset + 12, answer.response.length, true);
      batch.set(answer.response, offset + ANSWER_HEADER);
      offset += ANSWER_HEADER + answer.response.length;
    }
    this.#answers = [];
    this.#bytes = 0;
    return batch;
  }
}

export function decodeAnswers(batch: Uint8Array): Answer[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const answers: Answer[] = [];
  for (let offset = 0; offset < batch.length; ) {
    const end = offset + ANSWER_HEADER + view.getUint32(offset + 12, true);
    answers.push({
      slot: view.getUint32(offset, true),
      durationMicros: view.getUint32(offset + 4, true),
      computingMicros: view.getUint32(offset + 8, true),
      response: batch.subarray(offset + ANSWER_HEADER, end),
    });
    offset = end;
  }
  return answers;
}

/** The runs whose callers wait for an answer: the one place that gives it, and tells telemetry. */

import type { Telemetry } from "../telemetry/events.ts";
import type { PoolRunsFinished } from "../telemetry/pool-events.ts";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { failureResponse, guiltyResponse, type PoolErrorType } from "./failure-response.ts";
import type { Answer } from "./protocol.ts";
import type { Run } from "./run.ts";
import type { Death } from "./verdict.ts";

type FinishedRun = PoolRunsFinished["runs"][number];

export class OpenRuns {
  readonly #telemetry: Telemetry;
  readonly #now: () => number;
  #count = 0;
  #whenNone: (() => void)[] = [];

  constructor(telemetry: Telemetry, now: () => number) {
    this.#telemetry = telemetry;
    this.#now = now;
  }

  get count(): number {
    return this.#count;
  }

  /** A run was taken and will be answered. */
  open({ fn }: Run): void {
    fn.openRuns++;
    this.#count++;
  }

  /** Resolves once every run taken is answered. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenNone.push(resolve));
  }

  /** Gives answers of functions to their callers. */
  answer(answered: readonly { run: Run; answer: Answer }[]): void {
    const finished: FinishedRun[] = [];
    for (const { run, answer } of answered) {
      finished.push({
        functionName: run.fn.name,
        status: statusOf(answer.response),
        durationSeconds: answer.durationMicros / 1e6,
        queueSeconds: Math.max(0, run.sentAtMs - run.queuedAtMs) / 1e3,
      });
      this.#close(run, answer.response);
    }
    if (finished.length > 0) this.#telemetry.emit({ type: "pool-runs-finished", runs: finished });
  }

  /** Answers the run that ended its thread. */
  convict(run: Run, death: Death): void {
    this.#answerWithout(run, guiltyResponse(run.functionName, death), death.reason);
  }

  /** Answers a run that its function did not. */
  fail(run: Run, status: Status, type: PoolErrorType, message: string): void {
    this.#answerWithout(
      run,
      failureResponse(status, type, `function '${run.functionName}': ${message}`),
      type,
    );
  }

  #answerWithout(run: Run, response: Uint8Array, reason: string): void {
    if (run.answered) return;
    const nowMs = this.#now();
    const startedAtMs = run.sentAtMs === 0 ? nowMs : run.sentAtMs;
    const finished: FinishedRun = {
      functionName: run.fn.name,
      status: statusOf(response),
      durationSeconds: (nowMs - startedAtMs) / 1e3,
      queueSeconds: (startedAtMs - run.queuedAtMs) / 1e3,
      reason,
    };
    this.#close(run, response);
    this.#telemetry.emit({ type: "pool-runs-finished", runs: [finished] });
  }

  #close(run: Run, response: Uint8Array): void {
    run.answered = true;
    run.fn.openRuns--;
    run.watchedWith?.delete(run);
    run.answer(response);
    this.#count--;
    if (this.#count === 0 && this.#whenNone.length > 0) {
      for (const resolve of this.#whenNone.splice(0)) resolve();
    }
  }
}

/** RunResponse.status is field 1, and every encoder writes fields in order; anything else reads as unspecified. */
function statusOf(response: Uint8Array): Status {
  return response[0] === 8 && response[1]! < 16 ? (response[1] as Status) : Status.UNSPECIFIED;
}

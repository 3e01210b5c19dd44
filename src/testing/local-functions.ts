/** The functions of the modules under test, run in the test's own thread. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRunner } from "../../workers/sdk-runner.ts";
import { CoroutineDriver } from "../coroutine/index.ts";
import { coroutineSetup } from "../pool/thread-code.ts";
import type { Delivery, Outcome, Run } from "../scheduler/types.ts";
import { decodeRunResponse } from "../scheduler/wire/run-response.ts";
import { type RunDriver, setRunDriver } from "../sdk/index.ts";
import type { RetryRecord } from "../store/index.ts";
import { Status, type StatusName, statusName } from "../wire/status.ts";

export interface RunRecord {
  readonly id: string;
  readonly function: string;
  readonly attempt: number;
  readonly status: StatusName;
  /** `exit` or `poll`. */
  readonly answer: "exit" | "poll";
}

interface FunctionOptions {
  readonly retry?: RetryRecord;
  readonly expirationMs?: number;
  readonly priority?: number;
  readonly concurrencyMax?: number;
}

type Runner = Awaited<ReturnType<typeof createRunner>>;

export class LocalFunctions implements Delivery {
  readonly runs: RunRecord[] = [];
  readonly #runner: Runner;
  #driver: RunDriver | undefined;
  #busy = 0;
  #ended = Promise.withResolvers<void>();

  static async load(modules: readonly (string | URL)[]): Promise<LocalFunctions> {
    const urls = modules.map((module) =>
      module instanceof URL || module.startsWith("file:")
        ? String(module)
        : pathToFileURL(resolve(module)).href,
    );
    return new LocalFunctions(await createRunner(urls, [coroutineSetup]));
  }

  private constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** Durable sleeps are measured by this clock, and every suspended function goes through bytes. */
  useClock(clock: { now(): number }): void {
    this.#driver = new CoroutineDriver({ hotMax: 0, napMsMax: 0, nowMs: () => clock.now() });
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** Resolves when any of the runs under way ends. */
  nextEnd(): Promise<void> {
    return this.#ended.promise;
  }

  /** What a function says of its calls; nothing for one that is not here. */
  optionsOf(name: string): FunctionOptions {
    return (this.#runner.functions.find((one) => one.name === name)?.options ?? {}) as FunctionOptions;
  }

  async deliver(run: Run): Promise<Outcome> {
    if (!this.#runner.functions.some(({ name }) => name === run.function)) {
      const message = `function '${run.function}' does not exist`;
      return { kind: "failure", status: Status.NOT_FOUND, error: { type: "NotFoundError", message } };
    }
    this.#busy += 1;
    try {
      // Read as the run starts: services of several tests may live at once, each with its clock.
      setRunDriver(this.#driver);
      const response = await this.#runner.run(run.request, run);
      const { status, poll } = decodeRunResponse(response);
      const answer = poll === undefined ? "exit" : "poll";
      this.runs.push({
        id: run.id,
        function: run.function,
        attempt: run.attempt,
        status: statusName(status),
        answer,
      });
      return { kind: "response", response };
    } finally {
      this.#busy -= 1;
      this.#ended.resolve();
      this.#ended = Promise.withResolvers<void>();
    }
  }
}

import { Status } from "../../wire/status.ts";
import type { Delivery, Outcome, Run } from "../types.ts";
import { failure } from "./failure.ts";

/** The pool, as far as delivery uses it. */
export interface FunctionRunner {
  /** Takes RunRequest bytes and gives RunResponse bytes. Rejects only when the pool takes no run. */
  run(functionName: string, request: Uint8Array, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
}

/** Runs this process's own functions: the bytes and the statuses are those of the HTTP path, without HTTP. */
export class LocalDelivery implements Delivery {
  readonly #pool: FunctionRunner;
  readonly #serves: (functionName: string) => boolean;

  constructor(pool: FunctionRunner, serves: (functionName: string) => boolean) {
    this.#pool = pool;
    this.#serves = serves;
  }

  async deliver(run: Run): Promise<Outcome> {
    if (!this.#serves(run.function)) {
      return failure(Status.NOT_FOUND, `function '${run.function}' does not exist`);
    }
    try {
      return { kind: "response", response: await this.#pool.run(run.function, run.request, run) };
    } catch (error) {
      return refusal(error);
    }
  }
}

/** A pool that is full is what an endpoint answers with 429; one that is closing, with 503. */
function refusal(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && "retryAfterMs" in error && typeof error.retryAfterMs === "number") {
    return failure(Status.THROTTLED, message, error.retryAfterMs);
  }
  return failure(Status.TEMPORARY_ERROR, message);
}

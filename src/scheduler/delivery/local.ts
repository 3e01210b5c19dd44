import { closest, distance } from "fastest-levenshtein";
import { Status } from "../../wire/status.ts";
import type { Delivery, Outcome, Run } from "../types.ts";
import { failure } from "./failure.ts";

/** The pool, as far as delivery uses it. */
export interface FunctionRunner {
  /** Takes RunRequest bytes and gives RunResponse bytes. Rejects only when the pool takes no run. */
  run(functionName: string, request: Uint8Array, options?: RunnerOptions): Promise<Uint8Array>;
}

export interface RunnerOptions {
  /** Of the call, so that a run which resumes it finds its way. */
  readonly id?: string;
  readonly signal?: AbortSignal;
  /** As the signal, for runners that can do with it. */
  onAbort?(cancel: () => void): void;
}

/** Runs this process's own functions: the bytes and the statuses are those of the HTTP path, without HTTP. */
export class LocalDelivery implements Delivery {
  readonly #pool: FunctionRunner;
  readonly #served: FunctionNames;

  constructor(pool: FunctionRunner, served: FunctionNames) {
    this.#pool = pool;
    this.#served = served;
  }

  async deliver(run: Run): Promise<Outcome> {
    if (!this.#served.has(run.function)) {
      return failure(Status.NOT_FOUND, notFoundText(run.function, [...this.#served.keys()]));
    }
    try {
      return { kind: "response", response: await this.#pool.run(run.function, run.request, run) };
    } catch (error) {
      return refusal(error);
    }
  }
}

/** A Map by function name, or a Set of names. */
export interface FunctionNames {
  has(functionName: string): boolean;
  keys(): Iterable<string>;
}

function notFoundText(name: string, served: readonly string[]): string {
  const text = `function '${name}' does not exist`;
  // The distance of two names takes the product of their lengths: nobody mistypes a name as long as this.
  if (served.length === 0 || name.length > 100) return text;
  const meant = closest(name, served);
  // Two letters that changed places are two edits; a name that has nothing left of the other is no slip.
  const editsMax = Math.min(Math.max(2, name.length / 3), name.length - 1);
  return distance(name, meant) <= editsMax ? `${text}; did you mean '${meant}'?` : text;
}

/** A pool that is full is what an endpoint answers with 429; one that is closing, with 503. */
function refusal(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && "retryAfterMs" in error && typeof error.retryAfterMs === "number") {
    return failure(Status.THROTTLED, message, error.retryAfterMs);
  }
  return failure(Status.TEMPORARY_ERROR, message);
}

import type { Any } from "@bufbuild/protobuf/wkt";
import {
  millisecondsOf,
  type PollResult,
  type RunRequest,
  readAny,
  type Time,
} from "../wire/hot-path/index.ts";
import { decodeArguments, decodeValue } from "../wire/values/index.ts";
import { CallResult } from "./call-result.ts";
import { errorFromWire } from "./errors/error-wire.ts";
import type { RunContext } from "./run-context.ts";

export interface InputEnvironment {
  /** Aborted when the run is to end: cancelled, timed out, or the service stops. */
  readonly signal?: AbortSignal | undefined;
  /** Which attempt of the call this is, counted from 1, where the runner knows. */
  readonly attempt?: number | undefined;
}

/**
 * What a primitive function gets (`dispatch.sdk.v1.RunRequest`): the input of a first run, or the saved state and
 * the results of a resumed one. Values are decoded when they are asked for.
 */
export class Input implements RunContext {
  readonly #request: RunRequest;
  readonly #environment: InputEnvironment;
  /** The registry whose function runs. */
  readonly owner: object | undefined;
  #signal: AbortSignal | undefined;

  /** @param environment kept as it is: its `signal` may be a getter that makes one when asked */
  constructor(request: RunRequest, environment: InputEnvironment = {}, owner?: object) {
    this.#request = request;
    this.#environment = environment;
    this.owner = owner;
  }

  get function(): string {
    return this.#request.function;
  }

  get dispatchId(): string {
    return this.#request.dispatchId;
  }

  get parentDispatchId(): string {
    return this.#request.parentDispatchId;
  }

  get rootDispatchId(): string {
    return this.#request.rootDispatchId;
  }

  get creationTime(): Date | undefined {
    return dateOf(this.#request.creationTime);
  }

  get expirationTime(): Date | undefined {
    return dateOf(this.#request.expirationTime);
  }

  get attempt(): number | undefined {
    return this.#environment.attempt;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#environment.signal ?? new AbortController().signal);
  }

  get isFirstCall(): boolean {
    return this.#request.input !== undefined;
  }

  get isResume(): boolean {
    return this.#request.pollResult !== undefined;
  }

  /** The input as it came, for functions that take one value. @throws {TypeError} on a resumed run */
  get input(): unknown {
    return decodeValue(this.inputAny);
  }

  /** The arguments of the call. @throws {TypeError} on a resumed run */
  get inputArguments(): unknown[] {
    return decodeArguments(this.inputAny);
  }

  /** The input, not decoded. @throws {TypeError} on a resumed run */
  get inputAny(): Any {
    const { input } = this.#request;
    if (input !== undefined) return readAny(input);
    throw new TypeError("this run resumes a suspended call: it has a state and results, and no input");
  }

  /** What the function gave to `Output.poll` as state; undefined for none. @throws {TypeError} on a first run */
  get coroutineState(): unknown {
    const state = this.coroutineStateAny;
    return state instanceof Uint8Array || state === undefined ? state : decodeValue(state);
  }

  /** The state, not decoded: bytes when it is in the legacy field. @throws {TypeError} on a first run */
  get coroutineStateAny(): Any | Uint8Array | undefined {
    const { typedCoroutineState, coroutineState } = this.#pollResult;
    return typedCoroutineState === undefined ? coroutineState : readAny(typedCoroutineState);
  }

  /** Results that arrived since the function was suspended. @throws {TypeError} on a first run */
  get callResults(): CallResult[] {
    return this.#pollResult.results.map((result) => new CallResult(result));
  }

  /** Why none of the calls of the last poll were dispatched, if so. @throws {TypeError} on a first run */
  get pollError(): unknown {
    const { error } = this.#pollResult;
    return error === undefined ? undefined : errorFromWire(error);
  }

  toMessage(): RunRequest {
    return this.#request;
  }

  get #pollResult(): PollResult {
    const { pollResult } = this.#request;
    if (pollResult !== undefined) return pollResult;
    throw new TypeError("this is the first run of the call: it has an input, and neither state nor results");
  }
}

function dateOf(time: Time | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(millisecondsOf(time));
}

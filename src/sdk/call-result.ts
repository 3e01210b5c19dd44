import {
  type CallResult as CallResultMessage,
  callResult,
  readAny,
  writeAny,
} from "../wire/hot-path/index.ts";
import { decodeValue, encodeValue } from "../wire/values/index.ts";
import type { CallSite } from "./errors/call-site.ts";
import { errorFromWire, errorToWire } from "./errors/error-wire.ts";

/** What a call came to (`dispatch.sdk.v1.CallResult`). Decodes its parts when they are asked for. */
export class CallResult {
  readonly #message: CallResultMessage;

  constructor(message: CallResultMessage) {
    this.#message = message;
  }

  /** @throws {ValueError} when the value cannot be carried, naming the path inside it */
  static fromValue(value: unknown, correlationId = 0n): CallResult {
    return new CallResult(callResult({ correlationId, output: outputBytes(value) }));
  }

  static fromError(error: unknown, correlationId = 0n): CallResult {
    return new CallResult(callResult({ correlationId, error: errorToWire(error) }));
  }

  /** The id that the caller gave the call. */
  get correlationId(): bigint {
    return this.#message.correlationId;
  }

  /** The id that the scheduler gave the call; empty when it does not say. */
  get dispatchId(): string {
    return this.#message.dispatchId;
  }

  get failed(): boolean {
    return this.#message.error !== undefined;
  }

  /** What the function returned; undefined when it returned nothing, or failed without a partial result. */
  get output(): unknown {
    const { output } = this.#message;
    return output === undefined ? undefined : decodeValue(readAny(output));
  }

  /** What the function threw, an Error but for functions that throw something else; undefined when it succeeded. */
  get error(): unknown {
    const { error, dispatchId } = this.#message;
    return error === undefined ? undefined : errorFromWire(error, dispatchId);
  }

  /** The output, or the error thrown. `via` and `site` tell in its stack which call it came through, and from where. */
  unwrap({ via, site }: { readonly via?: string; readonly site?: CallSite } = {}): unknown {
    const { error, dispatchId } = this.#message;
    if (error === undefined) return this.output;
    throw errorFromWire(error, [via, dispatchId].filter(Boolean).join(" "), site);
  }

  toMessage(): CallResultMessage {
    return this.#message;
  }
}

/** `undefined` is an absent output: so a function without result looks alike in every language. */
function outputBytes(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : writeAny(encodeValue(value, "output"));
}

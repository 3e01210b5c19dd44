import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  type CallResult as CallResultMessage,
  CallResultSchema,
} from "../wire/gen/dispatch/sdk/v1/call_pb.js";
import { decodeValue, encodeValue } from "../wire/values/index.ts";
import { errorFromWire, errorToWire } from "./errors/error-wire.ts";

/** What a call came to (`dispatch.sdk.v1.CallResult`). Decodes its parts when they are asked for. */
export class CallResult {
  readonly #message: CallResultMessage;

  constructor(message: CallResultMessage) {
    this.#message = message;
  }

  /** @throws {ValueError} when the value cannot be carried, naming the path inside it */
  static fromValue(value: unknown, correlationId = 0n): CallResult {
    return new CallResult(resultMessage(value, correlationId));
  }

  static fromError(error: unknown, correlationId = 0n): CallResult {
    return new CallResult(create(CallResultSchema, { correlationId, error: errorToWire(error) }));
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
    return this.#message.output === undefined ? undefined : decodeValue(this.#message.output);
  }

  /** What the function threw, an Error but for functions that throw something else; undefined when it succeeded. */
  get error(): unknown {
    const { error, dispatchId } = this.#message;
    return error === undefined ? undefined : errorFromWire(error, dispatchId || undefined);
  }

  /**
   * The output, or the error thrown.
   *
   * @param via which call this is, for the stack of the error, such as the name of the function
   */
  unwrap(via?: string): unknown {
    const { error, dispatchId } = this.#message;
    if (error !== undefined)
      throw errorFromWire(error, [via, dispatchId].filter(Boolean).join(" ") || undefined);
    return this.output;
  }

  toMessage(): CallResultMessage {
    return this.#message;
  }
}

/** `undefined` is an absent output: so a function without result looks alike in every language. */
export function resultMessage(value: unknown, correlationId = 0n): CallResultMessage {
  const message = create(CallResultSchema, { correlationId });
  const output = outputAny(value);
  if (output !== undefined) message.output = output;
  return message;
}

function outputAny(value: unknown): Any | undefined {
  return value === undefined ? undefined : encodeValue(value, "output");
}

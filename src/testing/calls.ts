/** Arguments and results between a test and the wire. */
import { encodeCallResult } from "../scheduler/index.ts";
import type { CallResult as StoredCallResult } from "../scheduler/types.ts";
import { CallResult } from "../sdk/index.ts";
import type { RetryRecord } from "../store/index.ts";
import { readCallResultMessage, writeAny } from "../wire/hot-path/index.ts";
import { encodeArguments } from "../wire/values/index.ts";

export interface TestCallOptions {
  readonly expirationMs?: number;
  readonly delayMs?: number;
  readonly idempotencyKey?: string;
  readonly priority?: number;
  readonly retry?: RetryRecord;
}

export function encodeInput(args: readonly unknown[]): Uint8Array {
  return writeAny(encodeArguments([...args]));
}

/** Throws what the function threw. */
export function resultOf(result: StoredCallResult): unknown {
  const { correlationId, output, error, id } = result;
  const bytes = encodeCallResult({ correlationId, output, error }, id);
  return new CallResult(readCallResultMessage(bytes)).unwrap();
}

/** The one failure of a function that is an HTTP error: a primitive function that threw, which it must not. */
import { ConnectError } from "../wire/connect-error.ts";
import { readRunResponse } from "../wire/hot-path/index.ts";
import { Status } from "../wire/status.ts";

/** @throws {ConnectError} internal, `function 'x' fatal error` */
export function throwIfFatal(name: string, response: Uint8Array): void {
  // Status is the first field and every encoder writes it first: all other responses are let through by two bytes.
  if (response[0] !== 8 || response[1] !== Status.PERMANENT_ERROR) return;
  if (readRunResponse(response).exit?.result?.error?.type !== FATAL_ERROR) return;
  throw new ConnectError("internal", `function '${name}' fatal error`);
}

/** The name the SDK gives it, see `FatalError` there. */
const FATAL_ERROR = "FatalError";

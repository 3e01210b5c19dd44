/** One run of a function, asked of an endpoint directly: no scheduler, so no retries and no suspension. */
import { create, toBinary } from "@bufbuild/protobuf";
import type { ConnectError } from "../wire/connect-error.ts";
import { connectErrorOfResponse } from "../wire/connect-error-response.ts";
import { RunRequestSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { type AnyBytes, readAny, readRunResponse } from "../wire/hot-path/index.ts";
import { decodeValue, encodeArguments, ValueError } from "../wire/values/index.ts";
import { CliError } from "./cli-error.ts";
import { checkServiceUrl } from "./service-url.ts";
import { unreachable } from "./unreachable.ts";

export interface DirectRun {
  /** Of the service, without a path. */
  url: string;
  name: string;
  args: readonly unknown[];
  timeoutMs: number;
}

export interface RunResult {
  /** `dispatch.sdk.v1.Status` */
  status: number;
  output?: unknown;
  error?: ShownError;
  /** Of a call that a scheduler has recorded. */
  dispatchId?: string;
}

export interface ShownError {
  type: string;
  message: string;
  /** The stack in the language of the function. */
  traceback?: string;
}

/** @throws {CliError} when nobody answers, or the answer is no result */
export async function runOnEndpoint(run: DirectRun): Promise<RunResult> {
  const { name, args, url } = run;
  checkServiceUrl(url);
  const request = create(RunRequestSchema, {
    function: name,
    directive: { case: "input", value: encodeArguments(args) },
  });
  const body = await post(run, toBinary(RunRequestSchema, request));
  const { status, exit, poll } = readRunResponse(body);
  if (poll !== undefined) {
    throw new CliError(`function '${name}' is suspended: it waits for ${poll.calls.length} calls`, {
      hint: "only a scheduler can carry it on: call it without --direct, at a service that has one",
    });
  }
  const { output, error } = exit?.result ?? {};
  if (error !== undefined) return { status, error: shownError(error) };
  return { status, output: output === undefined ? undefined : decoded(output) };
}

/** What people read of a `dispatch.sdk.v1.Error`. */
export function shownError({ type, message, traceback }: ShownErrorSource): ShownError {
  return { type, message, ...(traceback.length > 0 && { traceback: new TextDecoder().decode(traceback) }) };
}

type ShownErrorSource = Readonly<{ type: string; message: string; traceback: Uint8Array }>;

function decoded(output: AnyBytes): unknown {
  try {
    return decodeValue(readAny(output));
  } catch (error) {
    if (error instanceof ValueError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}

async function post({ url, timeoutMs }: DirectRun, body: Uint8Array): Promise<Uint8Array> {
  const response = await exchange(new URL("/dispatch.sdk.v1.FunctionService/Run", url), body, timeoutMs, url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status === 200) return bytes;
  const headers = Object.fromEntries(response.headers);
  throw explained(connectErrorOfResponse({ httpStatus: response.status, headers, body: bytes }, Date.now()));
}

async function exchange(target: URL, body: Uint8Array, timeoutMs: number, url: string): Promise<Response> {
  try {
    return await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/proto" },
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    if ((error as Error).name === "TimeoutError") {
      throw new CliError(`no result after ${timeoutMs} ms`, { hint: "wait longer with --timeout-ms" });
    }
    throw unreachable(url, error);
  }
}

function explained(error: ConnectError): CliError {
  const options = { cause: error };
  switch (error.code) {
    case "not_found":
      return new CliError(error.rawMessage, { ...options, hint: "the service's log lists what it serves" });
    case "permission_denied":
    case "unauthenticated":
      return new CliError(error.rawMessage, {
        ...options,
        hint: "the service takes signed requests only: call through its scheduler",
      });
    default:
      return new CliError(error.message, options);
  }
}

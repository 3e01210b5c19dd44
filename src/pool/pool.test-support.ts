/** A pool of real threads with the runner of the fixtures. */
import { fromBinary } from "@bufbuild/protobuf";
import type { TelemetryEvent } from "../telemetry/events.ts";
import { RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import type { PoolOptions } from "./options.ts";
import { RunPool } from "./pool.ts";
import { threadCode } from "./thread-code.ts";

export const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url).href;

export function newPool(
  options: PoolOptions = {},
  events: TelemetryEvent[] = [],
  now = () => performance.now(),
): RunPool {
  return new RunPool(
    { threadsMax: 1, heartbeatMs: 10, cancelGraceMs: 50, ...options },
    {
      telemetry: { emit: (event) => events.push(event) },
      now,
      code: { ...threadCode([]), runner: fixture("runner.ts") },
    },
  );
}

/** Not started. */
export function testPool(options: PoolOptions = {}, now?: () => number) {
  const events: TelemetryEvent[] = [];
  const pool = newPool(options, events, now);
  const send = (name: string, argument?: unknown, signal?: AbortSignal, id?: string) =>
    pool.run(name, new TextEncoder().encode(JSON.stringify([name, argument])), {
      ...(signal && { signal }),
      ...(id !== undefined && { id }),
    });
  return {
    pool,
    events,
    send,
    /** Runs a command of the fixture and gives its result; a failure the pool made is `STATUS type: message`. */
    run: async (name: string, argument?: unknown, signal?: AbortSignal) =>
      read(await send(name, argument, signal)),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** Started. */
export async function setupPool(options: PoolOptions = {}, now?: () => number) {
  const t = testPool(options, now);
  return { ...t, functions: await t.pool.start() };
}

export function read(response: Uint8Array): unknown {
  // JSON never starts with the tag of a RunResponse's status.
  if (response[0] !== 8) return JSON.parse(new TextDecoder().decode(response));
  const { status, directive } = fromBinary(RunResponseSchema, response);
  const error = directive.case === "exit" ? directive.value.result?.error : undefined;
  return `${Status[status]} ${error?.type}: ${error?.message}`;
}

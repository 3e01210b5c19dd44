/** How calls come to be. */
import { NEVER_MS, type RetryRecord } from "../../store/index.ts";
import type { Call } from "./call.ts";
import type { Effect } from "./effects.ts";
import type { ChildCall } from "./events.ts";

export interface NewCall {
  readonly correlationId: bigint;
  readonly endpoint: string;
  readonly function: string;
  readonly version: string;
  readonly expirationMs: number | undefined;
  readonly delayMs: number | undefined;
  readonly priority: number | undefined;
  readonly retry: RetryRecord | null;
  readonly trace: string | null;
}

/** A call that a client dispatches: the root of its tree. */
export function rootCall(id: number, call: NewCall, nowMs: number): Call {
  return newCall(id, call, nowMs, 0, id, -1, call.endpoint, 0, null);
}

/** A call that another one makes by suspending. */
export function spawn(parent: Call, child: ChildCall, id: number, nowMs: number, effects: Effect[]): void {
  const endpoint = child.endpoint || parent.endpoint;
  const call = newCall(
    id,
    child,
    nowMs,
    parent.id,
    parent.rootId,
    parent.generation,
    endpoint,
    parent.priority,
    parent.trace,
  );
  effects.push({ type: "spawn", call, input: child.input });
}

function newCall(
  id: number,
  call: NewCall,
  nowMs: number,
  parentId: number,
  rootId: number,
  parentGeneration: number,
  endpoint: string,
  priority: number,
  parentTrace: string | null,
): Call {
  return {
    id,
    parentId,
    rootId,
    parentGeneration,
    correlationId: call.correlationId,
    endpoint,
    function: call.function,
    version: call.version,
    createdAtMs: nowMs,
    expiresAtMs: call.expirationMs ? nowMs + Math.ceil(call.expirationMs) : NEVER_MS,
    priority: call.priority ?? priority,
    retry: call.retry,
    trace: call.trace ?? parentTrace,
    state: "dispatched",
    attempt: 0,
    failures: 0,
    generation: 0,
    restarts: 0,
    wakeAtMs: nowMs + Math.ceil(call.delayMs ?? 0),
    minResults: 1,
    maxResults: 1,
    consumed: 0,
    stateKind: "none",
    pollError: null,
    runActive: false,
    delivering: 0,
    arrivals: 0,
    outstanding: 0,
    children: 0,
    ending: "cancelled",
  };
}

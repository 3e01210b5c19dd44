/** Calls from outside: checked whole, then recorded together. */
import type { InsertChange } from "../store/index.ts";
import { rootCall } from "./call/children.ts";
import { callFault } from "./call/polls.ts";
import type { Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import { SchedulerError } from "./errors.ts";
import { expirationMsOf, type FunctionDefaults, priorityOf } from "./function-defaults.ts";
import type { SchedulerSettings } from "./options.ts";
import type { DispatchCall } from "./types.ts";

const KEY_LENGTH_MAX = 512;

/** One bad call refuses the batch whole. Resolves with the ids once they are durable. */
export function acceptCalls(
  engine: Engine,
  calls: readonly DispatchCall[],
  firstId: number,
  settings: Pick<SchedulerSettings, "keyRetentionMs"> & FunctionDefaults,
): Promise<string[]> {
  for (let i = 0; i < calls.length; i++) {
    const fault = dispatchFault(calls[i]!);
    if (fault !== undefined) {
      const field = `calls[${i}].${fault.slice(0, fault.indexOf(":"))}`;
      throw new SchedulerError("invalid_argument", `calls[${i}].${fault}`, { field });
    }
  }
  const nowMs = engine.clock.now();
  const entries: Entry[] = [];
  const changes: InsertChange[] = [];
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i]!;
    const root = rootCall(
      firstId + i,
      {
        correlationId: call.correlationId ?? 0n,
        endpoint: call.endpoint,
        function: call.function,
        version: call.version ?? "",
        expirationMs: expirationMsOf(call, settings),
        delayMs: call.delayMs,
        priority: priorityOf(call, settings),
        retry: call.retry ?? null,
        trace: call.trace ?? null,
      },
      nowMs,
    );
    const { entry, change } = engine.insert(
      root,
      call.input ?? null,
      keyOf(call, nowMs, settings.keyRetentionMs),
    );
    entries.push(entry);
    changes.push(change);
  }
  return new Promise((resolve, reject) => {
    engine.committer.effect({ type: "dispatched", entries, changes, resolve, reject });
  });
}

function dispatchFault(call: DispatchCall): string | undefined {
  const key = call.idempotencyKey;
  if (key !== undefined && key.length > KEY_LENGTH_MAX) {
    return `idempotency_key: is longer than ${KEY_LENGTH_MAX} characters`;
  }
  return callFault(
    {
      function: call.function,
      endpoint: call.endpoint,
      expirationMs: call.expirationMs,
      delayMs: call.delayMs,
      priority: call.priority,
      retry: call.retry ?? null,
    },
    false,
  );
}

/** Keys belong to a function: the same key of another function is another call. */
function keyOf(call: DispatchCall, nowMs: number, keyRetentionMs: number): InsertChange["key"] {
  if (call.idempotencyKey === undefined || call.idempotencyKey === "") return undefined;
  return { text: `${call.function}:${call.idempotencyKey}`, nowMs, expiresAtMs: nowMs + keyRetentionMs };
}

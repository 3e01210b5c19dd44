/** Calls for the conformance suite. */

import type { FinishChange, InsertChange } from "../changes.ts";
import { type CallEnd, type CallRecord, NEVER_MS } from "../records.ts";

export function record(id: number, changes: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    parentId: 0,
    rootId: id,
    parentGeneration: -1,
    correlationId: 0n,
    endpoint: "http://localhost:8000",
    function: "greet",
    version: "",
    createdAtMs: 1_000_000 + id,
    expiresAtMs: NEVER_MS,
    priority: 0,
    retry: null,
    trace: null,
    phase: "waiting",
    attempt: 0,
    failures: 0,
    generation: 0,
    restarts: 0,
    wakeAtMs: 1_000_000 + id,
    minResults: 1,
    maxResults: 1,
    consumed: 0,
    stateKind: "none",
    pollError: null,
    ...changes,
  };
}

/** A record with every field set to something that is not its default. */
export function fullRecord(id: number): CallRecord {
  return record(id, {
    parentId: 7,
    rootId: 3,
    parentGeneration: 2,
    correlationId: 0xfedcba9876543210n,
    endpoint: "https://example.test/ünï",
    function: "module.<locals>.f",
    version: "v2",
    createdAtMs: 1_795_518_720_098,
    expiresAtMs: 1_795_518_999_999,
    priority: -42,
    retry: { attemptsMax: 3, firstDelayMs: 10, factor: 1.5, delayMsMax: 1000 },
    trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 vendor=value",
    phase: "suspended",
    attempt: 12,
    failures: 2,
    generation: 4,
    restarts: 1,
    wakeAtMs: 1_795_518_730_000,
    minResults: 2,
    maxResults: 1000,
    consumed: 9,
    stateKind: "bytes",
    pollError: bytes("refused"),
  });
}

export function inserted(call: CallRecord, input: Uint8Array | null = bytes("input")): InsertChange {
  return { kind: "insert", call, input };
}

export function finished(id: number, end: Partial<CallEnd> = {}, output = "output"): FinishChange {
  return {
    kind: "finish",
    id,
    attempt: 1,
    failures: 0,
    end: { state: "succeeded", status: 1, finishedAtMs: 2_000_000 + id, arrival: 0, ...end },
    output: bytes(output),
    error: null,
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Larger than anything that is kept in a row. */
export function largeBytes(seed: number): Uint8Array {
  return new Uint8Array(300_000).map((_, i) => (i * 31 + seed) & 0xff);
}

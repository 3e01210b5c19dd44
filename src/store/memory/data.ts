/** What a memory store holds, and how changes are applied to it. */
import type { Change, FinishChange, InsertChange, ReviveChange, UpdateChange } from "../changes.ts";
import type { CallEnd, CallNote, CallRecord } from "../records.ts";

export interface LiveRow {
  call: CallRecord;
  input: Uint8Array | null;
  state: Uint8Array | null;
}

export interface FinishedRow {
  call: CallRecord;
  end: CallEnd;
  input: Uint8Array | null;
  output: Uint8Array | null;
  error: Uint8Array | null;
}

export interface MemoryData {
  tag: string;
  epoch: number;
  nextId: number;
  latestMs: number;
  readonly live: Map<number, LiveRow>;
  readonly finished: Map<number, FinishedRow>;
  readonly finishedByParent: Map<number, Set<number>>;
  readonly keys: Map<string, { id: number; expiresAtMs: number }>;
  readonly notes: Map<number, Map<number, CallNote>>;
}

export function emptyData(tag: string): MemoryData {
  return {
    tag,
    epoch: 0,
    nextId: 1,
    latestMs: 0,
    live: new Map(),
    finished: new Map(),
    finishedByParent: new Map(),
    keys: new Map(),
    notes: new Map(),
  };
}

/** Applies a change; for an insert whose key is taken, does nothing and gives the id that has the key. */
export function applyChange(data: MemoryData, change: Change): number | undefined {
  switch (change.kind) {
    case "insert":
      return insert(data, change);
    case "update":
      update(data, change);
      return undefined;
    case "finish":
      finish(data, change);
      return undefined;
    case "revive":
      revive(data, change);
      return undefined;
    case "note": {
      const notes = data.notes.get(change.id) ?? new Map<number, CallNote>();
      data.notes.set(change.id, notes.set(change.number, change.note));
      return undefined;
    }
  }
}

function insert(data: MemoryData, { call, input, key }: InsertChange): number | undefined {
  if (key !== undefined) {
    const held = data.keys.get(key.text);
    if (held !== undefined && held.expiresAtMs > key.nowMs && held.id !== call.id) return held.id;
    data.keys.set(key.text, { id: call.id, expiresAtMs: key.expiresAtMs });
  }
  data.live.set(call.id, { call, input: copy(input), state: null });
  data.latestMs = Math.max(data.latestMs, call.createdAtMs);
  return undefined;
}

function update(data: MemoryData, { call, input, state }: UpdateChange): void {
  const row = data.live.get(call.id);
  if (row === undefined) return;
  data.live.set(call.id, {
    call,
    input: input === undefined ? row.input : copy(input),
    state: state === undefined ? row.state : copy(state),
  });
}

function finish(data: MemoryData, change: FinishChange): void {
  const row = data.live.get(change.id);
  if (row === undefined) return;
  data.live.delete(change.id);
  data.finished.set(change.id, {
    call: { ...row.call, attempt: change.attempt, failures: change.failures },
    end: change.end,
    input: row.input,
    output: copy(change.output),
    error: copy(change.error),
  });
  data.latestMs = Math.max(data.latestMs, change.end.finishedAtMs);
  const { parentId } = row.call;
  if (parentId !== 0) {
    const siblings = data.finishedByParent.get(parentId) ?? new Set<number>();
    data.finishedByParent.set(parentId, siblings.add(change.id));
  }
}

function revive(data: MemoryData, { call }: ReviveChange): void {
  const row = data.finished.get(call.id);
  if (row === undefined) return;
  removeFinishedRow(data, call.id, row, false);
  data.live.set(call.id, { call, input: row.input, state: null });
}

export function removeFinishedRow(data: MemoryData, id: number, row: FinishedRow, withNotes = true): void {
  data.finished.delete(id);
  if (withNotes) data.notes.delete(id);
  const siblings = data.finishedByParent.get(row.call.parentId);
  if (siblings?.delete(id) && siblings.size === 0) data.finishedByParent.delete(row.call.parentId);
}

/** The caller may reuse its buffers. */
function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : bytes.slice();
}

/**
 * Encoded dispatch.sdk.v1.RunRequest, written by hand around payloads that are passed through as they came:
 * opening and closing them would cost more than everything else a run costs here.
 */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { NEVER_MS, type StateKind, type StoredResult } from "../../store/index.ts";
import { written } from "../../wire/writer.ts";
import { writeTrace } from "./trace.ts";

export interface RunRequestParts {
  readonly function: string;
  readonly dispatchId: string;
  /** Empty when there is none. */
  readonly parentDispatchId: string;
  readonly rootDispatchId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly trace: string | null;
  readonly directive:
    | { readonly kind: "input" /** Encoded Any. */; readonly input: Uint8Array | null }
    | {
        readonly kind: "results";
        readonly stateKind: StateKind;
        readonly state: Uint8Array | null;
        readonly results: readonly StoredResult[];
        readonly pollError: Uint8Array | null;
      };
}

/** `idOf` gives a result's dispatch id. */
export function encodeRunRequest(parts: RunRequestParts, idOf: (callId: number) => string): Uint8Array {
  return written(writeRunRequest, { parts, idOf });
}

/** Encoded dispatch.sdk.v1.CallResult. An empty id is left out. */
export function encodeCallResult(result: Omit<StoredResult, "callId" | "arrival">, id: string): Uint8Array {
  return written((writer) => void writeCallResult(writer, result, id), undefined);
}

function writeRunRequest(
  writer: BinaryWriter,
  { parts, idOf }: { parts: RunRequestParts; idOf: (callId: number) => string },
): void {
  writer.uint32(tag(1, 2)).string(parts.function);
  const { directive } = parts;
  if (directive.kind === "input") writer.uint32(tag(2, 2)).bytes(directive.input ?? EMPTY);
  else writePollResult(writer.uint32(tag(3, 2)).fork(), directive, idOf).join();
  writer.uint32(tag(4, 2)).string(parts.dispatchId);
  if (parts.parentDispatchId !== "") writer.uint32(tag(5, 2)).string(parts.parentDispatchId);
  writer.uint32(tag(6, 2)).string(parts.rootDispatchId);
  writeTimestamp(writer.uint32(tag(7, 2)).fork(), parts.createdAtMs).join();
  if (parts.expiresAtMs !== NEVER_MS) {
    writeTimestamp(writer.uint32(tag(8, 2)).fork(), parts.expiresAtMs).join();
  }
  if (parts.trace !== null) writeTrace(writer.uint32(tag(1000, 2)).fork(), parts.trace).join();
}

function writePollResult(
  writer: BinaryWriter,
  directive: Extract<RunRequestParts["directive"], { kind: "results" }>,
  idOf: (callId: number) => string,
): BinaryWriter {
  const field = directive.stateKind === "bytes" ? 1 : 4;
  if (directive.state !== null) writer.uint32(tag(field, 2)).bytes(directive.state);
  for (const result of directive.results) {
    writeCallResult(writer.uint32(tag(2, 2)).fork(), result, idOf(result.callId)).join();
  }
  if (directive.pollError !== null) writer.uint32(tag(3, 2)).bytes(directive.pollError);
  return writer;
}

export function writeCallResult(
  writer: BinaryWriter,
  result: Omit<StoredResult, "callId" | "arrival">,
  id: string,
): BinaryWriter {
  if (result.correlationId !== 0n) writer.uint32(tag(1, 0)).uint64(result.correlationId);
  if (result.output !== null) writer.uint32(tag(2, 2)).bytes(result.output);
  if (result.error !== null) writer.uint32(tag(3, 2)).bytes(result.error);
  if (id !== "") writer.uint32(tag(4, 2)).string(id);
  return writer;
}

function writeTimestamp(writer: BinaryWriter, ms: number): BinaryWriter {
  const seconds = Math.floor(ms / 1000);
  const nanos = (ms - seconds * 1000) * 1_000_000;
  writer.uint32(tag(1, 0)).int64(seconds);
  if (nanos > 0) writer.uint32(tag(2, 0)).int32(Math.round(nanos));
  return writer;
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

const EMPTY = new Uint8Array(0);

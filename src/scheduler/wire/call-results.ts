import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { written } from "../../wire/writer.ts";
import type { CallResult, CallResults } from "../types.ts";
import { writeCallResult } from "./run-request.ts";

/** Encoded dispatch.control.v1.WaitManyResponse, the results' bytes untouched. */
export function encodeCallResults(results: CallResults): Uint8Array {
  return written(writeCallResults, results);
}

/** The first results that have room in `bytesMax`, at least one. */
export function fitting(results: readonly CallResult[], bytesMax: number): readonly CallResult[] {
  let bytes = 0;
  const beyond = results.findIndex((result, index) => {
    bytes += (result.output?.length ?? 0) + (result.error?.length ?? 0) + result.id.length;
    return bytes > bytesMax && index > 0;
  });
  return beyond < 0 ? results : results.slice(0, beyond);
}

function writeCallResults(writer: BinaryWriter, { results, unknown }: CallResults): void {
  for (const result of results) writeCallResult(writer.uint32(RESULTS).fork(), result, result.id).join();
  for (const id of unknown) writer.uint32(UNKNOWN_DISPATCH_IDS).string(id);
}

const RESULTS = (1 << 3) | 2;
const UNKNOWN_DISPATCH_IDS = (2 << 3) | 2;

import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { written } from "../../wire/writer.ts";
import type { CallResults } from "../types.ts";
import { writeCallResult } from "./run-request.ts";

/**
 * Encoded dispatch.control.v1.WaitManyResponse, the results' bytes untouched. Results that would make it larger than
 * `bytesMax` are left out, but for the first one.
 */
export function encodeCallResults(results: CallResults, bytesMax: number): Uint8Array {
  return written(writeCallResults, { ...results, bytesMax });
}

function writeCallResults(
  writer: BinaryWriter,
  { results, unknown, bytesMax }: CallResults & { bytesMax: number },
): void {
  let bytes = 0;
  for (const result of results) {
    bytes += (result.output?.length ?? 0) + (result.error?.length ?? 0) + result.id.length;
    if (bytes > bytesMax && result !== results[0]) break;
    writeCallResult(writer.uint32(RESULTS).fork(), result, result.id).join();
  }
  for (const id of unknown) writer.uint32(UNKNOWN_DISPATCH_IDS).string(id);
}

const RESULTS = (1 << 3) | 2;
const UNKNOWN_DISPATCH_IDS = (2 << 3) | 2;

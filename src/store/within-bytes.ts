import type { CallOutcome } from "./contract.ts";

/** Reads outcomes in order, until one would make them more than `bytesMax` bytes; at least one. */
export function withinBytes(
  ids: readonly number[],
  bytesMax: number,
  read: (id: number) => CallOutcome | undefined,
): (CallOutcome | undefined)[] {
  const outcomes: (CallOutcome | undefined)[] = [];
  let bytes: number | undefined;
  for (const id of ids) {
    const outcome = read(id);
    if (outcome !== undefined) {
      const size = (outcome.output?.length ?? 0) + (outcome.error?.length ?? 0);
      if (bytes !== undefined && bytes + size > bytesMax) break;
      bytes = (bytes ?? 0) + size;
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

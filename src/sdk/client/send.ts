/** Sends a batch of units, and finds out which of them are refused when it is refused as a whole. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ConnectError } from "../../wire/connect-error.ts";
import { readDispatchResponse } from "../../wire/hot-path/index.ts";
import { ClientError } from "./client-error.ts";
import type { Unit } from "./coalescer.ts";

/** Calls that are recorded all or none, with the promise of whoever dispatched them. */
export interface DispatchUnit extends Unit {
  /** Bytes of `DispatchRequest` that hold these calls; such bytes can be joined. */
  readonly request: Uint8Array;
  /** True once its promise is settled, as after an abort. */
  readonly settled: boolean;
  resolve(ids: string[]): void;
  reject(error: unknown): void;
}

/** One request, retried as long as that makes sense. @throws what the last attempt failed with */
export type Post = (request: Uint8Array, isWanted: () => boolean) => Promise<Uint8Array>;

/**
 * Settles every unit, and does not reject. The API refuses a batch whole when one call in it is wrong, so the batch is
 * sent again in parts until the wrong unit is alone: it gets the error that is its own, the others their ids.
 */
export async function sendUnits(units: readonly DispatchUnit[], post: Post, depth = 0): Promise<void> {
  const wanted = units.filter((unit) => !unit.settled);
  if (wanted.length === 0) return;
  let response: Uint8Array;
  try {
    response = await post(joined(wanted), () => wanted.some((unit) => !unit.settled));
  } catch (error) {
    const parts = split(wanted, error, depth);
    if (parts === undefined) for (const unit of wanted) unit.reject(error);
    // One after the other: the parts keep their order, and the request's place is used once.
    else for (const part of parts) await sendUnits(part, post, depth + 1);
    return;
  }
  settle(wanted, response);
}

function settle(units: readonly DispatchUnit[], response: Uint8Array): void {
  try {
    const { dispatchIds } = readDispatchResponse(response);
    const expected = units.reduce((sum, unit) => sum + unit.calls, 0);
    if (dispatchIds.length !== expected) {
      throw new ClientError("internal", `the API answered ${expected} calls with ${dispatchIds.length} ids`);
    }
    let index = 0;
    for (const unit of units) unit.resolve(dispatchIds.slice(index, (index += unit.calls)));
  } catch (error) {
    const failure =
      error instanceof ClientError
        ? error
        : new ClientError("internal", "the API answered with what is no DispatchResponse", { cause: error });
    for (const unit of units) unit.reject(failure);
  }
}

/**
 * The parts to send instead, or undefined when the failure has nothing to do with single calls. The index that the API
 * names (`calls[3].function: …`) is where to cut, no more than that: who is wrong is found out by sending it alone. After
 * some cuts the rest is halved, so that a batch of nothing but wrong calls costs a request or two for each.
 */
function split(units: readonly DispatchUnit[], error: unknown, depth: number): DispatchUnit[][] | undefined {
  if (units.length < 2 || !(error instanceof ConnectError)) return undefined;
  const named = indexOfUnit(units, error.rawMessage);
  if (named === undefined ? error.code !== "invalid_argument" : !refusals.has(error.code)) return undefined;
  const parts =
    named !== undefined && depth < 8
      ? [units.slice(0, named), [units[named]!], units.slice(named + 1)]
      : [units.slice(0, units.length / 2), units.slice(units.length / 2)];
  return parts.filter((part) => part.length > 0);
}

/** Codes that can be about one call when they name one. */
const refusals: ReadonlySet<string> = new Set([
  "invalid_argument",
  "permission_denied",
  "not_found",
  "already_exists",
  "failed_precondition",
  "out_of_range",
]);

function indexOfUnit(units: readonly DispatchUnit[], message: string): number | undefined {
  const match = /\bcalls?[[ ](\d{1,6})\b/.exec(message);
  if (match === null) return undefined;
  let calls = 0;
  for (const [index, unit] of units.entries()) {
    calls += unit.calls;
    if (Number(match[1]) < calls) return index;
  }
  return undefined;
}

function joined(units: readonly DispatchUnit[]): Uint8Array {
  if (units.length === 1) return units[0]!.request;
  const writer = new BinaryWriter();
  for (const unit of units) writer.raw(unit.request);
  return writer.finish();
}

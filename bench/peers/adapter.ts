/** The two halves of a peer's adapter: one in the process that runs functions, one in the client's. */
import { CHILDREN, STEPS } from "../subjects/counts.ts";
import type { Tally } from "./tally.ts";

export interface WorkerContext {
  folder: string;
  /** Address of the peer's server; undefined when it has none. */
  server: unknown;
  tally: Tally;
}

export interface PeerWorker {
  /** Passed to the client. */
  address?: unknown;
  close(): Promise<void>;
}

export interface ClientContext {
  folder: string;
  server: unknown;
  worker: unknown;
}

export interface PeerClient {
  /** Submits a call for each value and resolves with their results, in the same order. */
  call?(name: string, values: readonly number[]): Promise<readonly unknown[]>;
  /** Resolves when all calls are recorded. */
  submit?(name: string, values: readonly number[]): Promise<void>;
  /** Resolves when no submitted call is left. */
  drained?(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface Adapter {
  startWorker?(context: WorkerContext): Promise<PeerWorker>;
  startClient(context: ClientContext): Promise<PeerClient>;
}

/** What the functions compute, by the kind that the first word of a function's name says. */
export type Kind = "trivial" | "steps" | "fanOut";

export function kindOf(name: string): Kind {
  const kind = name.split("-")[0];
  if (kind !== "trivial" && kind !== "steps" && kind !== "fanOut")
    throw new Error(`no kind of work: ${name}`);
  return kind;
}

/** The one right result. */
export function expectedResult(kind: Kind, value: number): number {
  if (kind === "trivial") return value;
  return kind === "steps" ? value + STEPS : (value + 1) * CHILDREN;
}

/** The units that the call runs, and the sum of their arguments. */
export function expectedUnits(kind: Kind, value: number): { name: string; runs: number; sum: number } {
  if (kind === "trivial") return { name: "trivial", runs: 1, sum: value };
  if (kind === "steps") return { name: "step", runs: STEPS, sum: STEPS * value + (STEPS * (STEPS - 1)) / 2 };
  return { name: "step", runs: CHILDREN, sum: CHILDREN * value };
}

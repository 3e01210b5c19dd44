/** The programs of the conformance suite, and how their outcomes are compared. */
import { readdirSync } from "node:fs";
import { inspect } from "node:util";
import type { AnyFunction } from "../../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../../src/coroutine/testing/programs.ts";
import type { Outcome } from "../../../src/coroutine/testing/world.ts";

export const PROGRAMS = new URL("../fixtures/programs/", import.meta.url);

/** Modules that programs import, and programs that a test of their own runs. */
const NO_PROGRAMS = /^(log|modules-other|typescript-types|basics|durable|limits|differences)\./;

export function programFiles(): string[] {
  return readdirSync(PROGRAMS)
    .filter((file) => /\.(mjs|ts)$/.test(file) && !NO_PROGRAMS.test(file))
    .sort();
}

export interface Program {
  readonly file: string;
  readonly name: string;
  readonly native: AnyFunction;
  readonly compiled: AnyFunction;
}

/** The async functions that a file exports, natively and compiled. */
export async function programsIn(file: string): Promise<Program[]> {
  const { native, compiled } = await loadBoth(new URL(file, PROGRAMS));
  return Object.keys(native)
    .filter((name) => typeof native[name] === "function" && /^async\b/.test(String(native[name])))
    .map((name) => ({ file, name, native: native[name]!, compiled: compiled[name]! }));
}

/** What a run did and gave, as text: equal texts are equal runs. */
export interface Trace {
  readonly outcome: string;
  readonly log: readonly string[];
}

export async function traced(run: () => Promise<Outcome>): Promise<Trace> {
  const log: string[] = [];
  const scope = globalThis as { programLog?: string[] };
  scope.programLog = log;
  try {
    return { outcome: shown(await run()), log };
  } finally {
    delete scope.programLog;
  }
}

/** Values in full; of errors their class, message and own properties, since stacks differ. */
export function shown(outcome: Outcome): string {
  const value = outcome.status === "ok" ? outcome.value : outcome.error;
  return `${outcome.status} in ${outcome.steps} steps: ${inspect(stackless(value, new Map()), { depth: 20, sorted: false, maxArrayLength: 1000 })}`;
}

function stackless(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (value instanceof Error) {
    const plain = {
      ...value,
      class: value.constructor.name,
      message: value.message,
      cause: undefined as unknown,
    };
    seen.set(value, plain);
    plain.cause = stackless(value.cause, seen);
    return plain;
  }
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain && !Array.isArray(value)) return value;
  const copy: Record<PropertyKey, unknown> | unknown[] = Array.isArray(value) ? new Array(value.length) : {};
  seen.set(value, copy);
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (key === "length" && Array.isArray(value)) continue;
    if ("value" in property) property.value = stackless(property.value, seen);
    Object.defineProperty(copy, key, property);
  }
  return copy;
}

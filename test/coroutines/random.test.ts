/**
 * Random programs do, suspended at each durable call, what they do natively. `RANDOM_SEED=n` starts elsewhere,
 * `RANDOM_COUNT=n` runs that many. A failure prints its seed and the program, made as small as it still fails.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  type AnyFunction,
  runCoroutine,
  runNative,
  throughBytes,
} from "../../src/coroutine/testing/driver.ts";
import { loadBoth } from "../../src/coroutine/testing/programs.ts";
import { traced } from "./support/programs.ts";
import {
  moduleHead,
  type RandomProgram,
  randomProgram,
  type Statement,
  sourceOf,
} from "./support/random-program.ts";

const LONG = process.env.DISPATCH_TEST_LONG !== undefined;
const SEED = Number(process.env.RANDOM_SEED ?? 1);
const COUNT = Number(process.env.RANDOM_COUNT ?? (LONG ? 5000 : 125));
const PER_MODULE = 25;
const HEAD = moduleHead(new URL("../../src/coroutine/index.ts", import.meta.url).href);

const folder = mkdtempSync(join(tmpdir(), "random-programs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let modules = 0;
let compared = 0;

async function load(programs: readonly RandomProgram[]) {
  const file = join(folder, `random-${modules++}.mjs`);
  writeFileSync(file, HEAD + programs.map(sourceOf).join("\n"));
  return await loadBoth(pathToFileURL(file));
}

/** How the ways of running differ, or undefined when they do not. */
async function difference(
  native: AnyFunction,
  compiled: AnyFunction,
  order: "first" | "last" | number,
): Promise<string | undefined> {
  const stepsMax = 1000;
  const expected = await traced(() => runNative(native, [], { order, stepsMax })).catch(() => undefined);
  // Too long, or waits for what never comes.
  if (expected === undefined) return undefined;
  compared++;
  const ways = { "in memory": {}, "through bytes": { between: throughBytes() } };
  for (const [way, options] of Object.entries(ways)) {
    const error = (thrown: unknown) => ({ outcome: String((thrown as Error).stack), log: [] });
    const actual = await traced(() => runCoroutine(compiled, [], { order, stepsMax, ...options })).catch(
      error,
    );
    try {
      assert.deepEqual(actual, expected);
    } catch {
      return `${way}, order ${order}:\n${JSON.stringify(actual)}\ninstead of\n${JSON.stringify(expected)}`;
    }
  }
  return undefined;
}

async function fails(program: RandomProgram, order: "first" | "last" | number): Promise<string | undefined> {
  try {
    const { native, compiled } = await load([program]);
    return await difference(native[program.name]!, compiled[program.name]!, order);
  } catch (error) {
    return error instanceof SyntaxError ? undefined : String(error);
  }
}

/** Every body with one statement left out, or taken apart. */
function* smaller(statements: readonly Statement[]): Generator<Statement[]> {
  for (const [index, one] of statements.entries()) {
    const around = (inner: readonly Statement[]) => [
      ...statements.slice(0, index),
      ...inner,
      ...statements.slice(index + 1),
    ];
    yield around([]);
    if (typeof one === "string") continue;
    yield around(one.body);
    for (const body of smaller(one.body)) yield around([{ ...one, body }]);
    if (typeof one.foot === "string") continue;
    for (const foot of smaller(one.foot)) if (foot.length > 0) yield around([{ ...one, foot }]);
  }
}

async function shrunk(program: RandomProgram, order: "first" | "last" | number): Promise<RandomProgram> {
  for (let tries = 0; tries < 600; ) {
    let found: RandomProgram | undefined;
    for (const body of smaller(program.body)) {
      if (++tries > 600) break;
      const candidate = { ...program, body };
      if ((await fails(candidate, order)) !== undefined) {
        found = candidate;
        break;
      }
    }
    if (found === undefined) return program;
    program = found;
  }
  return program;
}

for (let first = SEED; first < SEED + COUNT; first += PER_MODULE) {
  const seeds = Array.from(
    { length: Math.min(PER_MODULE, SEED + COUNT - first) },
    (_, index) => first + index,
  );
  test(`random programs of the seeds ${first} to ${seeds.at(-1)}`, async () => {
    const programs = seeds.map(randomProgram);
    const { native, compiled } = await load(programs);
    for (const [index, program] of programs.entries()) {
      const order = (["first", "last", seeds[index]!] as const)[index % 3]!;
      const found = await difference(native[program.name]!, compiled[program.name]!, order);
      if (found === undefined) continue;
      const small = await shrunk(program, order);
      assert.fail(`seed ${seeds[index]}, ${(await fails(small, order)) ?? found}\n${sourceOf(small)}`);
    }
  });
}

test("most random programs end and were compared", () => {
  assert.ok(compared > COUNT * 0.8, `${compared} of ${COUNT}`);
});

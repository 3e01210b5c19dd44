// Cost of durable coroutines: a step of a loop, a snapshot there and back, compiled code against native code.
// Each is printed with whether it keeps within its limit. Usage: node bench/coroutines.ts [--smoke]
import { compileFile, registerCompiler } from "../src/compiler/index.ts";
import { Coroutine } from "../src/coroutine/coroutine.ts";
import { runtimeUrl } from "../src/coroutine/runtime-url.ts";
import { decodeCoroutine, encodeCoroutine } from "../src/coroutine/snapshot/snapshot.ts";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 3 : 31;
const RATIO_ROUNDS = smoke ? 3 : 61;
/** Rounds that are not counted. */
const WARM_UP = smoke ? 1 : 10;

/** The functions under test, loaded natively and compiled. */
const source = `
import { call } from "${new URL("../src/coroutine/call.ts", import.meta.url).href}";
export async function loop(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += await call("add", i, total);
  return total;
}
async function inner(order, attempt) {
  const label = "order " + order.id;
  const started = 1700000000000;
  const limit = 3;
  const result = await call("charge", order);
  return label + attempt + started + limit + result;
}
export async function outer(name) {
  const order = { id: 7, items: ["a", "b"] };
  const currency = "EUR";
  const retries = 2;
  const rate = 1.25;
  const text = await inner(order, 1);
  return text + name + order.id + currency + retries + rate;
}
async function addOne(x) { return x + 1; }
export async function noSuspension(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total = await addOne(total);
  return total;
}
async function maybe(x) { if (x < 0) await call("id", x); return x + 1; }
export async function awaitNotReached(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total = await maybe(total);
  return total;
}
export async function plainPromise(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += await Promise.resolve(i);
  return total;
}
const settled = globalThis.Promise.resolve(1);
export async function nativePromise(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += await settled;
  return total;
}
export function sync(n) {
  let total = 0;
  for (let i = 0; i < n; i++) total += [1, 2, 3].map((x) => x * i).filter((x) => x % 2 === 0).length;
  return total;
}
${Array.from({ length: 8 }, (_, i) => otherFunctions(i)).join("\n")}
function* count(n) { for (let i = 0; i < n; i++) yield i; }
export function generator(n) {
  let total = 0;
  for (const x of count(n)) total += x;
  return total;
}
`;

/**
 * Functions with variables of their own, run before anything is compared: a program has many, and code of the runtime
 * that has met one alone is faster than it will be.
 */
function otherFunctions(index: number): string {
  const variables = Array.from({ length: index + 1 }, (_, i) => `v${index}_${i}`);
  return `export async function other${index}(n) {
    let ${variables.map((name, i) => `${name} = ${i}`).join(", ")};
    const inner = async (x) => { const y${index} = x; await null; return y${index}; };
    for (let i = 0; i < n; i++) ${variables[0]} += await inner(i);
    return [${variables.join(", ")}];
  }`;
}

type Functions = Record<string, (n: never) => unknown>;

async function load(): Promise<{ native: Functions; compiled: Functions }> {
  const hook = registerCompiler({ runtimeUrl, exclude: [process.cwd()] });
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const { code } = compileFile(source, { moduleId: "bench.js", runtime: runtimeUrl });
  const loaded = { native: await import(url(source)), compiled: await import(url(code)) };
  hook.deregister();
  return loaded;
}

const { native, compiled } = await load();
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const verdicts: [what: string, holds: boolean][] = [];
const verdict = (what: string, holds: boolean): void => void verdicts.push([what, holds]);

/** One step of a coroutine: from bytes to bytes. */
async function step(state: Uint8Array, result: number): Promise<Uint8Array> {
  const coroutine = decodeCoroutine(state);
  const [id] = coroutine.pending.keys();
  coroutine.deliver(id!, { value: result });
  await coroutine.quiet();
  return encodeCoroutine(coroutine).bytes;
}

/** A long loop through bytes at each step; then its step 10 and its last step by turns, many times. */
async function stepCost(): Promise<void> {
  const steps = smoke ? 100 : 1_000;
  const marks = new Map<number, { state: Uint8Array; times: number[] }>();
  const totals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const coroutine = new Coroutine();
    const started = performance.now();
    coroutine.start(compiled.loop as never, [steps + 5]);
    await coroutine.quiet();
    let state = encodeCoroutine(coroutine).bytes;
    for (let at = 1; at <= steps; at++) {
      if (at === 10 || at === steps) marks.set(at, { state, times: [] });
      state = await step(state, at);
    }
    totals.push(performance.now() - started);
  }
  for (let turn = 0; turn < (smoke ? 200 : 10_000); turn++) {
    for (const [at, { state, times }] of marks) {
      const started = performance.now();
      await step(state, at);
      times.push((performance.now() - started) * 1_000);
    }
  }
  console.log(`\nstep of a loop, through bytes`);
  for (const [at, { state, times }] of marks) {
    console.log(`  step ${at}: ${median(times).toFixed(1)} us, ${state.length} bytes`);
  }
  const [early, late] = [...marks.values()].map(({ times }) => median(times)) as [number, number];
  const [total, drift] = [median(totals), late / early - 1];
  console.log(
    `  step ${steps} against step 10: ${(100 * drift).toFixed(1)} %; ${steps} steps: ${total.toFixed(0)} ms`,
  );
  verdict(`a step at ${steps} within 10 % of one at 10`, Math.abs(drift) < 0.1);
  verdict(`${steps} steps under a second`, total < 1_000);
}

async function snapshotCost(): Promise<void> {
  const times: number[] = [];
  let size = 0;
  for (let i = 0; i < (smoke ? 200 : 20_000); i++) {
    const coroutine = new Coroutine();
    coroutine.start(compiled.outer as never, ["bench"]);
    await coroutine.quiet();
    const started = performance.now();
    const { bytes } = encodeCoroutine(coroutine);
    const restored = decodeCoroutine(bytes);
    const [id] = restored.pending.keys();
    restored.deliver(id!, { value: "charged" });
    await restored.quiet();
    times.push((performance.now() - started) * 1_000);
    size = bytes.length;
    if (restored.main.$$S !== 1) throw new Error("did not end");
  }
  console.log(`\nfive locals, two frames deep: snapshot, decode, resume to the end`);
  const [low, high] = [0.25, 0.99].map(
    (at) => times.toSorted((a, b) => a - b)[Math.floor(at * times.length)]!,
  );
  console.log(
    `  median ${median(times).toFixed(1)} us (25 %: ${low!.toFixed(1)}, 99 %: ${high!.toFixed(1)}), ${size} bytes`,
  );
  verdict("snapshot, decode and resume under 60 us", median(times) < 60);
  verdict("state under 400 bytes", size < 400);
}

/** The functions compared, each with the most that compiled code may cost against native code. */
const LIMITS = {
  sync: 2,
  generator: 2,
  noSuspension: 2,
  awaitNotReached: 2,
  plainPromise: 3,
  nativePromise: 3,
};

/** The function natively, compiled and used like any other, and compiled inside the run of a durable call. */
const WAYS = {
  native: async (name: string, n: number) => void (await native[name]!(n as never)),
  compiled: async (name: string, n: number) => void (await compiled[name]!(n as never)),
  "in a run": async (name: string, n: number) => {
    const coroutine = new Coroutine();
    coroutine.start(compiled[name]!, [n]);
    await coroutine.quiet();
  },
};

/** Rounds take turns, so that what else runs on the machine meets all ways alike; each is compared within its round. */
async function ratios(): Promise<void> {
  console.log(
    `\ncompiled against native: ns per iteration, median ratio of ${RATIO_ROUNDS} rounds (quartiles)`,
  );
  const n = smoke ? 1_000 : 20_000;
  for (let i = 0; i < 8; i++)
    for (const run of Object.values(WAYS)) await run(`other${i}`, smoke ? 100 : 5_000);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const times = new Map(Object.keys(WAYS).map((way) => [way, [] as number[]]));
    for (let round = -WARM_UP; round < RATIO_ROUNDS; round++) {
      for (const [way, run] of Object.entries(WAYS)) {
        const started = performance.now();
        await run(name, n);
        if (round >= 0) times.get(way)!.push(((performance.now() - started) * 1e6) / n);
      }
    }
    const base = times.get("native")!;
    const columns = [`native ${median(base).toFixed(0)}`];
    for (const way of ["compiled", "in a run"]) {
      const taken = times.get(way)!;
      const all = taken.map((time, round) => time / base[round]!).toSorted((a, b) => a - b);
      const [low, middle, high] = [0.25, 0.5, 0.75].map((at) => all[Math.floor(at * all.length)]!);
      const least = Math.min(...taken) / Math.min(...base);
      columns.push(
        `${way} ${median(taken).toFixed(0)}: ${middle!.toFixed(2)}x (${low!.toFixed(2)} to ${high!.toFixed(2)}), ` +
          `of the least ${least.toFixed(2)}x`,
      );
      verdict(`${name}, ${way}: under ${limit}x`, middle! < limit);
    }
    console.log(`  ${name.padEnd(14)} ${columns.join("; ")}`);
  }
}

console.log(`node ${process.version}, ${process.platform} ${process.arch}`);
await stepCost();
await snapshotCost();
await ratios();
console.log(smoke ? "\nlimits, though a smoke run is too short to judge by" : "\nlimits");
for (const [what, holds] of verdicts) console.log(`  ${holds ? "ok  " : "MISS"} ${what}`);

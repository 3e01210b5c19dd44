// Cost of durable coroutines: a step of a loop, a snapshot there and back, compiled code against native code.
// Usage: node bench/coroutines.ts [--smoke]
import { compileFile, registerCompiler } from "../src/compiler/index.ts";
import { Coroutine } from "../src/coroutine/coroutine.ts";
import { runtimeUrl } from "../src/coroutine/runtime-url.ts";
import { decodeCoroutine, encodeCoroutine } from "../src/coroutine/snapshot/snapshot.ts";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 3 : 15;

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
function* count(n) { for (let i = 0; i < n; i++) yield i; }
export function generator(n) {
  let total = 0;
  for (const x of count(n)) total += x;
  return total;
}
`;

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

/** Microseconds per step at these steps of one long loop, through bytes each time. */
async function stepCost(): Promise<void> {
  const steps = smoke ? 100 : 1_000;
  const at = (step: number) => [10, steps].find((mark) => Math.abs(step - mark) <= 5);
  const costs = new Map<number, number[]>([
    [10, []],
    [steps, []],
  ]);
  const sizes = new Map<number, number>();
  const totals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let coroutine = new Coroutine();
    const started = performance.now();
    coroutine.start(compiled.loop as never, [steps + 5]);
    for (let step = 1; step <= steps + 5; step++) {
      const before = performance.now();
      await coroutine.quiet();
      const { bytes } = encodeCoroutine(coroutine);
      coroutine = decodeCoroutine(bytes);
      const [id] = coroutine.pending.keys();
      coroutine.deliver(id!, { value: step });
      const mark = at(step);
      if (mark !== undefined) {
        costs.get(mark)!.push((performance.now() - before) * 1_000);
        sizes.set(mark, bytes.length);
      }
    }
    totals.push(performance.now() - started);
  }
  console.log(`\nstep of a loop, through bytes`);
  for (const [mark, values] of costs) {
    console.log(`  step ${mark}: ${median(values).toFixed(1)} us, ${sizes.get(mark)} bytes`);
  }
  console.log(`  ${steps} steps: ${median(totals).toFixed(0)} ms`);
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
  console.log(`  ${median(times).toFixed(1)} us, ${size} bytes`);
}

async function ratios(): Promise<void> {
  console.log(`\ncompiled against native, ns per iteration`);
  console.log("                    native  compiled     ratio  in a run     ratio");
  const n = smoke ? 1_000 : 100_000;
  for (const name of ["sync", "generator", "noSuspension", "plainPromise", "nativePromise"]) {
    const measure = async (functions: Functions) => {
      const started = performance.now();
      await functions[name]!(n as never);
      return ((performance.now() - started) * 1e6) / n;
    };
    const measureInCoroutine = async () => {
      const coroutine = new Coroutine();
      const started = performance.now();
      coroutine.start(compiled[name]!, [n]);
      await coroutine.quiet();
      return ((performance.now() - started) * 1e6) / n;
    };
    const times: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      times[0].push(await measure(native));
      times[1].push(await measure(compiled));
      times[2].push(await measureInCoroutine());
    }
    // The least of the rounds: what else runs on the machine only ever adds.
    const [a, b, c] = times.map((values) => Math.min(...values)) as [number, number, number];
    const row = [a.toFixed(0), b.toFixed(0), (b / a).toFixed(2), c.toFixed(0), (c / a).toFixed(2)];
    console.log(`  ${[name.padEnd(14), ...row.map((one) => one.padStart(10))].join("")}`);
  }
}

console.log(`node ${process.version}, ${process.platform} ${process.arch}`);
await stepCost();
await snapshotCost();
await ratios();

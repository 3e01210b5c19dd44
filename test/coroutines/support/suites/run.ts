/** Runs collected tests: natively, or as coroutines that go through bytes whenever they wait. */
import { Coroutine } from "../../../../src/coroutine/coroutine.ts";
import { decodeCoroutine, encodeCoroutine } from "../../../../src/coroutine/snapshot/snapshot.ts";
import { countInPlace, countSnapshot, goForwardTo, nowMs } from "./awaits.ts";
import type { Collected } from "./collected.ts";

const STEPS_MAX = 20_000;

export async function runNatively({ before, body, after }: Collected): Promise<void> {
  for (const one of before) await one();
  await body();
  for (const one of after) await one();
}

export interface BytesOptions {
  /** How many suspensions of a test go through bytes; of those after, one in ten. */
  readonly suspensionsMax: number;
}

/** Rejects as the test fails. */
export async function runThroughBytes(test: Collected, options: BytesOptions): Promise<void> {
  for (const one of [...test.before, test.body, ...test.after]) await runOne(one, options);
}

/** Durable calls come back in their order, before time goes on; then it jumps to the next sleep. */
async function runOne(body: () => unknown, { suspensionsMax }: BytesOptions): Promise<void> {
  let coroutine = new Coroutine(nowMs);
  coroutine.start(body as never, []);
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    await coroutine.quiet();
    coroutine.fresh = [];
    const { main } = coroutine;
    if (main.$$S === 1) return;
    if (main.$$S === 2) throw main.$$V;
    if (steps < suspensionsMax || steps % 10 === 0) coroutine = throughBytes(coroutine);
    step(coroutine);
  }
  throw new Error(`more than ${STEPS_MAX} steps`);
}

function throughBytes(coroutine: Coroutine): Coroutine {
  const { bytes, waitingOutside } = encodeCoroutine(coroutine);
  if (waitingOutside.length > 0) {
    countInPlace();
    return coroutine;
  }
  countSnapshot();
  coroutine.dead = true;
  return decodeCoroutine(bytes, nowMs);
}

function step(coroutine: Coroutine): void {
  const [call] = [...coroutine.pending.keys()].toSorted((a, b) => (a % 2 ** 32) - (b % 2 ** 32));
  if (call !== undefined) {
    coroutine.deliver(call, { value: 0 });
    return;
  }
  const [sleep] = [...coroutine.sleeping].toSorted((a, b) => a.wakeAtMs - b.wakeAtMs);
  if (sleep === undefined) throw new Error("waits for what never comes");
  goForwardTo(sleep.wakeAtMs);
  coroutine.sleeping.delete(sleep);
  coroutine.enter(() => sleep.$$settle(1, undefined));
}

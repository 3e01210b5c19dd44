/** Runs collected tests: natively, or as coroutines that go through bytes whenever they wait. */
import { Coroutine } from "../../../../src/coroutine/coroutine.ts";
import { decodeCoroutine, encodeCoroutine } from "../../../../src/coroutine/snapshot/snapshot.ts";
import { type Counts, countSnapshot, goForwardTo, nowMs } from "./awaits.ts";
import type { Collected } from "./collected.ts";

const STEPS_MAX = 2_000;

export async function runNatively({ before, body, after }: Collected): Promise<void> {
  for (const one of before) await one();
  await body();
  for (const one of after) await one();
}

/** What a test of a package came to: nothing, or its error. */
export async function runThroughBytes({ before, body, after }: Collected): Promise<void> {
  for (const one of [...before, body, ...after]) await runOne(one);
}

/**
 * Nothing but the bytes is kept between two steps. Durable calls come back in their order, before time goes on; then
 * it jumps to the next sleep.
 */
async function runOne(body: () => unknown): Promise<void> {
  let coroutine = new Coroutine(nowMs);
  coroutine.start(body as never, []);
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    await coroutine.quiet();
    coroutine.fresh = [];
    const { main } = coroutine;
    if (main.$$S === 1) return;
    if (main.$$S === 2) throw main.$$V;
    const { bytes, waitingOutside } = encodeCoroutine(coroutine);
    if (waitingOutside.length > 0) throw new Error("waits for a promise of native code");
    countSnapshot(bytes);
    coroutine.dead = true;
    coroutine = decodeCoroutine(bytes, nowMs);
    step(coroutine);
  }
  throw new Error(`more than ${STEPS_MAX} steps`);
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

export type { Counts };

/**
 * Runs one function in several ways that must not differ: natively, as a coroutine kept in memory, and as a
 * coroutine that is saved to bytes and restored at every suspension.
 */
import { type CallScope, type DurableCall, enterScope } from "../../sdk/scope.ts";
import { Coroutine, type NewCall } from "../coroutine.ts";
import { decodeCoroutine, encodeCoroutine } from "../snapshot/snapshot.ts";
import { chooser, type Order, type Outcome, plainWorld, type World } from "./world.ts";

export interface DriverOptions {
  /** Default: {@link plainWorld}. */
  world?: World;
  /** Default: "first". */
  order?: Order;
  /** Gives up after so many steps. Default: 5,000. */
  stepsMax?: number;
  /**
   * What happens between two steps of a coroutine. Default: it stays in memory. A snapshot codec encodes it, drops
   * it and decodes it again.
   */
  between?: (coroutine: Coroutine) => Coroutine;
}

// biome-ignore lint/suspicious/noExplicitAny: any function can be driven
export type AnyFunction = (...args: any[]) => unknown;

/** Runs a compiled function, answering one call in each step. */
export async function runCoroutine(
  fn: AnyFunction,
  args: readonly unknown[],
  options: DriverOptions = {},
): Promise<Outcome> {
  const { world = plainWorld, order = "first", stepsMax = 5_000, between = (same) => same } = options;
  const choose = chooser(order);
  const calls = new Map<number, NewCall>();
  let coroutine = new Coroutine();
  coroutine.start(fn as never, args);
  for (let steps = 0; ; steps++) {
    await coroutine.quiet();
    for (const one of coroutine.fresh) calls.set(one.correlationId, one);
    coroutine.fresh = [];
    const { main } = coroutine;
    if (main.$$S === 1) return { status: "ok", value: main.$$V, steps };
    if (main.$$S === 2) return { status: "error", error: main.$$V, steps };
    if (steps >= stepsMax) throw new Error(`more than ${stepsMax} steps`);
    if (waitsOutside(coroutine)) {
      steps--;
      continue;
    }
    if (coroutine.pending.size === 0) {
      throw new Error("nothing pending: the function waits for what never comes");
    }
    coroutine = between(coroutine);
    const id = chosenCall(coroutine, choose);
    const { call } = calls.get(id)!;
    calls.delete(id);
    coroutine.deliver(id, answer(world, call));
  }
}

/** Picks by the order in which calls were made, as in a native run: the ids tell the helper functions apart as well. */
function chosenCall(coroutine: Coroutine, choose: ReturnType<typeof chooser>): number {
  const byOrder = new Map([...coroutine.pending.keys()].map((id) => [id % 2 ** 32, id]));
  return byOrder.get(choose(byOrder.keys()))!;
}

/** Waits in place for promises that only code outside of the coroutine can settle. */
function waitsOutside(coroutine: Coroutine): boolean {
  const { waitingOutside } = encodeCoroutine(coroutine);
  for (const task of waitingOutside) task.waitOutside();
  return waitingOutside.length > 0;
}

/** Saves a coroutine and restores it from the bytes alone; `onBytes` sees them. */
export function throughBytes(onBytes: (bytes: Uint8Array) => void = () => {}) {
  return (coroutine: Coroutine): Coroutine => {
    const { bytes } = encodeCoroutine(coroutine);
    onBytes(bytes);
    coroutine.dead = true;
    return decodeCoroutine(bytes);
  };
}

function answer(world: World, call: DurableCall): { value: unknown } | { error: unknown } {
  try {
    return { value: world(call.function, call.args) };
  } catch (error) {
    return { error };
  }
}

/** Runs a function as plain JavaScript: its durable calls are native promises. */
export async function runNative(
  fn: AnyFunction,
  args: readonly unknown[],
  options: DriverOptions = {},
): Promise<Outcome> {
  const { world = plainWorld, order = "first", stepsMax = 5_000 } = options;
  const choose = chooser(order);
  const pending = new Map<number, PromiseWithResolvers<unknown> & { call: DurableCall }>();
  let next = 1;
  const scope: CallScope = {
    call(call) {
      const waiting = { ...Promise.withResolvers<unknown>(), call };
      pending.set(next++, waiting);
      return waiting.promise;
    },
  };
  let outcome: Outcome | undefined;
  let steps = 0;
  enterScope(scope, () => {
    Promise.resolve()
      .then(() => fn(...args))
      .then(
        (value) => {
          outcome = { status: "ok", value, steps };
        },
        (error) => {
          outcome = { status: "error", error, steps };
        },
      );
  });
  for (; ; steps++) {
    await turn();
    if (outcome) return outcome;
    if (pending.size === 0) throw new Error("nothing pending: the function waits for what never comes");
    if (steps >= stepsMax) throw new Error(`more than ${stepsMax} steps`);
    const id = choose(pending.keys());
    const waiting = pending.get(id)!;
    pending.delete(id);
    const result = answer(world, waiting.call);
    if ("error" in result) waiting.reject(result.error);
    else waiting.resolve(result.value);
  }
}

/** Until every promise that can settle has, timers included. */
async function turn(): Promise<void> {
  do {
    await new Promise<void>((resolve) => setImmediate(resolve));
  } while (process.getActiveResourcesInfo().includes("Timeout"));
}

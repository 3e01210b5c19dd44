/**
 * Awaiting several calls at once, by the names that Dispatch SDKs share. `Promise.all` and its kin do the same in
 * compiled code; these differ where noted.
 */
import { combine } from "./runtime/combinators.ts";

type Results<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };
type Settled<T extends readonly unknown[]> = {
  -readonly [K in keyof T]: PromiseSettledResult<Awaited<T[K]>>;
};

/**
 * All results, in the order of the arguments; the first error wins. Takes several arguments or one list.
 *
 * ```ts
 * const [user, orders] = await gather(fetchUser(id), fetchOrders(id));
 * const prices = await gather(names.map((name) => price(name)));
 * ```
 */
export function gather<T extends readonly unknown[] | []>(members: T): Promise<Results<T>>;
export function gather<T>(members: Iterable<T>): Promise<Awaited<T>[]>;
export function gather<T extends readonly unknown[]>(...members: T): Promise<Results<T>>;
export function gather(...args: unknown[]): unknown {
  return combine("all", members(args));
}

/** {@link gather} by another name. */
export const all: typeof gather = gather;

/** How each ended, in the order of the arguments. */
export function allSettled<T extends readonly unknown[] | []>(members: T): Promise<Settled<T>>;
export function allSettled<T>(members: Iterable<T>): Promise<PromiseSettledResult<Awaited<T>>[]>;
export function allSettled<T extends readonly unknown[]>(...members: T): Promise<Settled<T>>;
export function allSettled(...args: unknown[]): unknown {
  return combine("allSettled", members(args));
}

/**
 * The first to succeed. When all fail: the error itself if there is one only, else an `AnyException` of them in the
 * order of the arguments.
 */
export function any<T>(members: Iterable<T>): Promise<Awaited<T>>;
export function any<T extends readonly unknown[]>(...members: T): Promise<Awaited<T[number]>>;
export function any(...args: unknown[]): unknown {
  return combine("first", members(args));
}

/** The first to settle, however it ends. Of none, undefined at once, where `Promise.race` would wait for ever. */
export function race<T>(members: Iterable<T>): Promise<Awaited<T>>;
export function race<T extends readonly unknown[]>(...members: T): Promise<Awaited<T[number]>>;
export function race(...args: unknown[]): unknown {
  const list = [...members(args)];
  return list.length === 0 ? combine("all", []).then(() => undefined) : combine("race", list);
}

const members = (args: readonly unknown[]): Iterable<unknown> =>
  args.length === 1 && isIterable(args[0]) ? args[0] : args;

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.iterator in value;

/** The outside world of coroutine tests: durable calls answered by a plain function, in an order that is chosen. */

/** Answers a durable call; what it throws is the call's error. Must be pure: every way of running asks it. */
export type World = (functionName: string, args: readonly unknown[]) => unknown;

/** Which of the pending calls ends next. A number seeds a random order. */
export type Order = "first" | "last" | number;

export type Outcome =
  | { readonly status: "ok"; readonly value: unknown; readonly steps: number }
  | { readonly status: "error"; readonly error: unknown; readonly steps: number };

/** The functions `id`, `add`, `fail`, `failIf`, `list`, `obj`; anything else answers with its name and arguments. */
export const plainWorld: World = (functionName, args) => {
  switch (functionName) {
    case "id":
      return args[0];
    case "add":
      return args.reduce((a, b) => (a as number) + (b as number));
    case "fail":
      throw Object.assign(new Error(`failed: ${args[0]}`), { code: `E${args[0]}` });
    case "failIf":
      if (args[0]) throw new Error("failIf");
      return args[1];
    case "list":
      return Array.from({ length: args[0] as number }, (_, index) => index);
    case "obj":
      return { v: args[0], nested: { w: [args[0]] } };
    default:
      return `${functionName}(${args.map(String).join(",")})`;
  }
};

/** Picks the number of the call that ends next. */
export function chooser(order: Order): (ids: Iterable<number>) => number {
  const random = typeof order === "number" ? randomNumbers(order) : null;
  return (ids) => {
    const sorted = [...ids].sort((a, b) => a - b);
    if (random) return sorted[Math.floor(random() * sorted.length)]!;
    return order === "first" ? sorted[0]! : sorted.at(-1)!;
  };
}

/** xorshift32: numbers from 0 to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** What the compiler must know. The type check of the repository is the test; running it only keeps it from rotting. */
import { test } from "node:test";
import { Batch } from "./batch.ts";
import { Client } from "./client/client.ts";
import { dispatch } from "./dispatch.ts";
import type { AsyncFunction } from "./functions/async-function.ts";
import { BlockingFunction } from "./functions/blocking-function.ts";
import type { PrimitiveFunction } from "./functions/primitive-function.ts";
import { Reset } from "./functions/tail-call.ts";
import { setDefaultRegistry } from "./registry/default-registry.ts";
import { Registry } from "./registry/registry.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <_Holds extends true>(): void => {};

test("parameters and results keep their types", async (t) => {
  const client = new Client({ apiKey: "k", apiUrl: "http://127.0.0.1:1" });
  const registry = new Registry(t.name, { endpoint: "http://here", client });
  setDefaultRegistry(registry);
  t.after(async () => {
    setDefaultRegistry(undefined);
    await Promise.all([registry.close(), client.close()]);
  });

  const greet = dispatch.function("greet", async (name: string, times?: number) => name.repeat(times ?? 1));
  expectType<Equal<typeof greet, AsyncFunction<[name: string, times?: number | undefined], string>>>();
  expectType<Equal<Parameters<typeof greet>, [name: string, times?: number | undefined]>>();
  expectType<Equal<ReturnType<typeof greet>, Promise<string>>>();
  expectType<Equal<Awaited<ReturnType<typeof greet.dispatch>>, string>>();

  const sync = registry.function(function length(text: string) {
    return text.length;
  });
  expectType<Equal<ReturnType<typeof sync>, Promise<number>>>();

  const rest = dispatch.function("rest", async (first: Date, ...more: bigint[]) => [first, ...more] as const);
  expectType<Equal<Awaited<ReturnType<typeof rest>>, readonly [Date, ...bigint[]]>>();

  const bound = greet.with({ expirationMs: 5, retry: { attemptsMax: 3 } });
  expectType<Equal<typeof bound, typeof greet>>();

  const blocking = new BlockingFunction(greet);
  expectType<Equal<ReturnType<typeof blocking>, string>>();

  const any: PrimitiveFunction[] = [greet, sync, rest];
  const batch = new Batch(client).add(greet, "a").add(greet, "a", 2).add(rest, new Date());
  greet.buildCall("x", 1);

  const never = () => {
    batch.add(rest, new Date(), 1n, 2n);
    // @ts-expect-error a number is no name
    greet(1);
    // @ts-expect-error a name is missing
    greet.dispatch();
    // @ts-expect-error there is no third parameter
    greet.buildCall("x", 1, 2);
    // @ts-expect-error the arguments of a batch are those of its function
    batch.add(greet, 5);
    // @ts-expect-error and those of a Reset too
    new Reset(greet, 5);
    // @ts-expect-error options have names
    greet.with({ expiration: 5 });
    // @ts-expect-error a blocking function takes what its function takes
    blocking(1);
    // @ts-expect-error a function is needed
    dispatch.function("x");
  };
  void [never, any];
});

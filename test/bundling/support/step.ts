/**
 * Takes one step of a coroutine and ends. `--hook` compiles modules when they are loaded; without it this process knows
 * of no compiler, as where a bundle runs.
 *
 * Reads a {@link Step} from standard input, writes a {@link Stepped} to standard output.
 */
import { text } from "node:stream/consumers";
import { Coroutine } from "../../../src/coroutine/coroutine.ts";
import { frames } from "../../../src/coroutine/runtime/registry.ts";
import { decodeCoroutine, encodeCoroutine } from "../../../src/coroutine/snapshot/snapshot.ts";
import { defaultRegistry } from "../../../src/sdk/index.ts";

export interface Step {
  /** URL of the module. */
  readonly module: string;
  /** The exported function to start; its arguments. */
  readonly start?: readonly [name: string, args: readonly unknown[]];
  /** In base64, and the result of its call. */
  readonly state?: string;
  readonly answer?: unknown;
}

export interface Stepped {
  /** Fingerprints by the ids of functions, of the module and of all that it imports. */
  readonly fingerprints: Record<string, string>;
  /** Names of the registered functions. */
  readonly registered: readonly string[];
  readonly state?: string;
  readonly calls?: readonly { function: string; args: readonly unknown[] }[];
  readonly result?: unknown;
  readonly stack?: string;
}

if (process.argv.includes("--hook")) (await import("../../../src/coroutine/setup.ts")).setup({});
const step = JSON.parse(await text(process.stdin)) as Step;
const module = (await import(step.module)) as Record<string, (...args: unknown[]) => unknown>;
const coroutine = step.state ? decodeCoroutine(Buffer.from(step.state, "base64")) : new Coroutine();
if (step.state) coroutine.deliver([...coroutine.pending.keys()][0]!, { value: step.answer });
else coroutine.start(module[step.start![0]] as never, step.start![1]);
await coroutine.quiet();
const fingerprints = Object.fromEntries([...frames].map(([id, { fingerprint }]) => [id, fingerprint]));
const registered = defaultRegistry()
  .functions()
  .map(({ name }) => name);
process.stdout.write(JSON.stringify({ fingerprints, registered, ...outcome() } satisfies Stepped));

function outcome() {
  const { main } = coroutine;
  if (main.$$S === 1) return { result: main.$$V };
  if (main.$$S === 2) return { stack: (main.$$V as Error).stack! };
  return {
    state: Buffer.from(encodeCoroutine(coroutine).bytes).toString("base64"),
    calls: coroutine.fresh.map(({ call }) => ({ function: call.function, args: call.args })),
  };
}

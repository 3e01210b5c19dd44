/** Where the benchmark's functions run: in the scheduler's own thread, or on the thread pool. */
import { fileURLToPath } from "node:url";
import { RunPool } from "../../src/pool/index.ts";
import { LocalDelivery } from "../../src/scheduler/delivery/index.ts";
import type { Delivery } from "../../src/scheduler/index.ts";
import { silentTelemetry } from "../../src/telemetry/events.ts";
import { writeAny } from "../../src/wire/hot-path/index.ts";
import { encodeArguments } from "../../src/wire/values/index.ts";
import { INPUT, LocalFunctions } from "./functions.ts";

export interface Functions {
  readonly delivery: Delivery;
  readonly input: Uint8Array;
  close(): Promise<void>;
}

export async function startFunctions(onPool: boolean): Promise<Functions> {
  if (!onPool) return { delivery: new LocalFunctions(), input: INPUT, close: async () => {} };
  const modules = [fileURLToPath(new URL("functions-on-pool.ts", import.meta.url))];
  const env = { DISPATCH_ENDPOINT_URL: "bridge://bench" };
  const pool = new RunPool({ modules, env, threadsMax: 1 }, { telemetry: silentTelemetry });
  await pool.start();
  return {
    delivery: new LocalDelivery(pool, { has: () => true, keys: () => [] }),
    input: writeAny(encodeArguments(["x".repeat(150)])),
    close: () => pool.close(),
  };
}

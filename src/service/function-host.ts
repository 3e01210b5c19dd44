/** Where the functions of a service run: the pool, or for debugging the process itself. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InProcessRunner } from "../../workers/in-process.ts";
import type { Config } from "../config/index.ts";
import { coroutineSetup, type PoolOptions, type PoolSnapshot, RunPool, threadCode } from "../pool/index.ts";
import { setHostDefaults } from "../sdk/index.ts";
import type { Telemetry } from "../telemetry/events.ts";
import type { FunctionEnvironment } from "./function-environment.ts";
import { SHUTDOWN_MS_MAX, setupUrls } from "./setup-modules.ts";

/** Where functions run, as far as the service cares. */
export interface FunctionHost extends Pick<RunPool, "start" | "run" | "drain" | "close"> {
  threads(): number;
  snapshot(): PoolSnapshot | undefined;
  unready(): string | undefined;
  reconfigure(config: Config): Promise<void>;
}

export interface FunctionHostOptions {
  readonly config: Config;
  readonly modules: readonly string[];
  readonly runner?: "pool" | "in-process";
  readonly telemetry: Telemetry;
  readonly env: FunctionEnvironment;
}

export function createFunctionHost({ env, telemetry, ...options }: FunctionHostOptions): FunctionHost {
  const modules = options.modules.map(moduleUrl);
  if (options.runner === "in-process") {
    setHostDefaults({
      apiUrl: env.DISPATCH_API_URL,
      apiKey: env.DISPATCH_API_KEY,
      endpoint: env.DISPATCH_ENDPOINT_URL,
    });
    const runner = new InProcessRunner(modules, env, (notice) =>
      telemetry.emit({ ...notice, type: "notice" }),
    );
    return Object.assign(runner, {
      threads: () => 0,
      snapshot: () => undefined,
      unready: () => undefined,
      reconfigure: async () => {},
    });
  }
  const setup = setupUrls(options.config);
  const code = threadCode([...setup, coroutineSetup], setup.length > 0 ? SHUTDOWN_MS_MAX : 0);
  const pool = new RunPool(poolOptions(options.config, modules, env), { telemetry, code });
  return {
    start: () => pool.start(),
    run: (name, request, runOptions) => pool.run(name, request, runOptions),
    drain: (deadlineMs) => pool.drain(deadlineMs),
    close: () => pool.close(),
    threads: () => pool.options.threadsMax,
    snapshot: () => pool.snapshot(),
    unready: () => (pool.unavailable ? "threads end again and again" : undefined),
    reconfigure: async (config) => {
      await pool.reconfigure(poolOptions(config, modules, env));
    },
  };
}

const moduleUrl = (path: string) => (path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href);

function poolOptions(config: Config, modules: readonly string[], env: FunctionEnvironment): PoolOptions {
  const { threadsMin, threadsMax } = config;
  return {
    modules,
    env,
    ...(threadsMin === undefined ? {} : { threadsMin }),
    ...(threadsMax === undefined ? {} : { threadsMax }),
    concurrency: config.concurrency,
    queueMax: config.queueMax,
    runTimeoutMs: config.runTimeoutMs,
    cancelGraceMs: config.cancelGraceMs,
    threadMemoryMiB: config.threadMemoryMiB,
    idleTimeoutMs: config.idleTimeoutMs,
    batchRunsMax: config.batchRunsMax,
    batchBytesMax: config.batchBytesMax,
    heartbeatMs: config.heartbeatMs,
    startTimeoutMs: config.startTimeoutMs,
  };
}

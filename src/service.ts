/**
 * The composition root: makes the parts from the configuration, starts them in order, stops them in reverse. The
 * only file that sees every layer.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { InProcessRunner } from "../workers/in-process.ts";
import { type Config, ConfigError, parseAddress } from "./config/index.ts";
import { createEndpoint, type Endpoint, type VerifyRequest } from "./endpoint/index.ts";
import { type FunctionInfo, type PoolOptions, type PoolSnapshot, RunPool } from "./pool/index.ts";
import type { Scheduler } from "./scheduler/index.ts";
import { setHostDefaults } from "./sdk/index.ts";
import { type FunctionEnvironment, functionEnvironment } from "./service/function-environment.ts";
import { LivePart } from "./service/live-part.ts";
import { SchedulerPart, wantsScheduler } from "./service/scheduler-part.ts";
import { StartGate } from "./service/start-gate.ts";
import { type Telemetry, telemetryTo } from "./telemetry/events.ts";
import { logEvents } from "./telemetry/log.ts";
import { logSchedulerEvents } from "./telemetry/log-scheduler.ts";
import { endpointMetrics, poolGauges, processMetrics, schedulerMetrics } from "./telemetry/metrics/index.ts";
import { parseVerificationKey, RequestVerifier } from "./wire/signature/index.ts";

export interface ServiceOptions {
  readonly config: Config;
  /** Paths or file URLs of the modules that define functions. */
  readonly modules: readonly string[];
  readonly logger: Logger;
  /** Where functions run. `in-process` is for measuring and debugging: nothing protects the front from them. */
  readonly runner?: "pool" | "in-process";
}

export interface Service {
  /** Where it listens. */
  readonly url: string;
  readonly functions: readonly FunctionInfo[];
  /** The Prometheus metrics. */
  readonly metrics: Registry;
  /** The scheduler of this process, for programs that embed the service. Undefined where it has none. */
  readonly scheduler: Scheduler | undefined;
  /** Takes what of a new configuration can change while runs go on: the options marked as reloading. */
  reconfigure(config: Config): Promise<void>;
  /**
   * Announces the stop, lets the runs in flight end until `drainTimeoutMs`, closes. Further calls wait for the first.
   */
  stop(why: string): Promise<void>;
}

/**
 * @throws {ThreadStartError} when a module cannot be loaded
 * @throws {ConfigError} when a key or certificate cannot be read
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, logger } = options;
  const metrics = new Registry();
  const countEvent = endpointMetrics(metrics);
  const countSchedulerEvent = schedulerMetrics(metrics);
  const loaded: Loaded = { host: undefined, functions: [] };
  const live = new LivePart(config, {
    pool: () => loaded.host?.snapshot(),
    scheduler: () => running?.scheduler?.scheduler,
  });
  const telemetry = telemetryTo(
    logEvents(logger),
    logSchedulerEvents(logger),
    countEvent,
    countSchedulerEvent,
    live.subscribe,
  );
  const started: Part[] = [];
  let running: Running | undefined;
  let gate: StartGate | undefined;
  try {
    const process = processMetrics(metrics, VERSION);
    started.push({ stop: async () => process.stop() });
    const scheduler = wantsScheduler(config) ? new SchedulerPart({ config, telemetry, metrics }) : undefined;
    const endpoint = endpointOf(config, { loaded, metrics, telemetry });
    gate = new StartGate(endpoint.app);
    scheduler?.register(endpoint.app);
    // Before anything else, since functions are told the address as they load.
    const url = await endpoint.listen(parseAddress(config.endpointAddr));
    const listening: Part = { stop: () => endpoint.close() };
    started.push(listening);
    const host = createHost(options, { telemetry, env: functionEnvironment(config, url) });
    loaded.functions = await host.start();
    loaded.host = host;
    // Before the endpoint, so that it closes after it: requests in flight still run.
    started.splice(started.indexOf(listening), 0, {
      drain: (deadlineMs) => host.drain(deadlineMs),
      stop: () => host.close(),
    });
    const { functions } = loaded;
    await scheduler?.open({ url, runner: host, functions });
    if (scheduler !== undefined) {
      started.push({ drain: (deadlineMs) => scheduler.drain(deadlineMs), stop: () => scheduler.close() });
    }
    poolGauges(metrics, () => host.snapshot());
    started.push({ stop: () => live.close() });
    live.start();
    const liveUrl = await live.open(url, {
      telemetry,
      metrics: metricsPage(config, metrics),
      extend: (app) => scheduler?.register(app),
    });
    gate.open();
    warnOfMissingKey(config, telemetry);
    telemetry.emit({
      type: "service-ready",
      url,
      liveUrl,
      functions: functions.map((one) => one.name),
      threads: host.threads(),
    });
    running = { config, endpoint, functions, host, metrics, scheduler, started, telemetry, url };
    return service(running);
  } catch (error) {
    gate?.break();
    await stopParts(started);
    throw error;
  }
}

/** What is there only once the service listens. */
interface Loaded {
  host: FunctionHost | undefined;
  functions: FunctionInfo[];
}

/** What was started, and how it ends. */
interface Part {
  /** Finishes the work it has, taking no more; what has not ended after this time is cancelled. */
  drain?(deadlineMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Where functions run, as far as the service cares. */
interface FunctionHost extends Pick<RunPool, "start" | "run" | "drain" | "close"> {
  threads(): number;
  snapshot(): PoolSnapshot | undefined;
  unready(): string | undefined;
  reconfigure(config: Config): Promise<void>;
}

interface Running {
  config: Config;
  endpoint: Endpoint;
  functions: FunctionInfo[];
  host: FunctionHost;
  metrics: Registry;
  scheduler: SchedulerPart | undefined;
  started: Part[];
  telemetry: Telemetry;
  url: string;
}

function service(running: Running): Service {
  const { config, endpoint, host, started, telemetry } = running;
  let stopped: Promise<void> | undefined;
  return {
    url: running.url,
    functions: running.functions,
    metrics: running.metrics,
    scheduler: running.scheduler?.scheduler,
    async reconfigure(next) {
      running.scheduler?.reconfigure(next);
      await host.reconfigure(next);
    },
    stop(why) {
      stopped ??= (async () => {
        telemetry.emit({ type: "service-stopping", why });
        endpoint.announceStop();
        if (config.drainDelayMs > 0) await delay(config.drainDelayMs);
        const deadlineAtMs = performance.now() + config.drainTimeoutMs;
        for (const part of started.toReversed())
          await part.drain?.(Math.max(0, deadlineAtMs - performance.now()));
        await stopParts(started);
        telemetry.emit({ type: "service-stopped" });
      })();
      return stopped;
    },
  };
}

async function stopParts(started: readonly Part[]): Promise<void> {
  for (const part of started.toReversed()) await part.stop();
}

const delay = (ms: number) => new Promise((done) => setTimeout(done, ms));

interface Surroundings {
  readonly telemetry: Telemetry;
  readonly env: FunctionEnvironment;
}

function createHost(options: ServiceOptions, { telemetry, env }: Surroundings): FunctionHost {
  const modules = options.modules.map(moduleUrl);
  if (options.runner === "in-process") {
    setHostDefaults({
      apiUrl: env.DISPATCH_API_URL,
      apiKey: env.DISPATCH_API_KEY,
      endpoint: env.DISPATCH_ENDPOINT_URL,
    });
    const runner = new InProcessRunner(modules);
    return Object.assign(runner, {
      threads: () => 0,
      snapshot: () => undefined,
      unready: () => undefined,
      reconfigure: async () => {},
    });
  }
  const pool = new RunPool(poolOptions(options.config, modules, env), { telemetry });
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

function poolOptions(config: Config, modules: readonly string[], env: Surroundings["env"]): PoolOptions {
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

function endpointOf(
  config: Config,
  parts: { loaded: Loaded; metrics: Registry; telemetry: Telemetry },
): Endpoint {
  const { loaded, metrics } = parts;
  let names: Set<string> | undefined;
  return createEndpoint({
    // The gate lets no run through before the functions are loaded.
    run: (name, request, runOptions) => loaded.host!.run(name, request, runOptions),
    serves(name) {
      names ??= new Set(loaded.functions.map((one) => one.name));
      return names.has(name);
    },
    telemetry: parts.telemetry,
    verify: verifierOf(config),
    metrics: metricsPage(config, metrics),
    unready: () => (loaded.host === undefined ? "starting" : loaded.host.unready()),
    bodyLimitBytes: config.bodyLimitBytes,
    heldBytesMax: config.heldBytesMax,
    requestTimeoutMs: config.requestTimeoutMs,
    connectionsMax: config.connectionsMax,
    tls: tlsOf(config),
    publicScheme: config.endpointUrl?.startsWith("https:") ? "https" : undefined,
  });
}

function metricsPage(config: Config, metrics: Registry) {
  if (!config.metrics) return undefined;
  return async () => ({ contentType: metrics.contentType, text: await metrics.metrics() });
}

function verifierOf(config: Config): VerifyRequest | undefined {
  if (config.verificationKey === undefined) return undefined;
  const verifier = new RequestVerifier({ key: parseKey(config.verificationKey), now: Date.now });
  return (request) => verifier.verify(request);
}

function parseKey(text: string): ReturnType<typeof parseVerificationKey> {
  try {
    return parseVerificationKey(text, "DISPATCH_VERIFICATION_KEY");
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function tlsOf({ tlsCert, tlsKey }: Config): { cert: string; key: string } | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: readPem(tlsCert, "tlsCert"), key: readPem(tlsKey, "tlsKey") };
}

function readPem(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`${option}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function warnOfMissingKey(config: Config, telemetry: Telemetry): void {
  if (config.verificationKey !== undefined || config.endpointUrl?.startsWith("bridge:")) return;
  telemetry.emit({
    type: "notice",
    level: "warn",
    message: "requests are not verified: no verification key is set (DISPATCH_VERIFICATION_KEY)",
  });
}

const VERSION = (createRequire(import.meta.url)("dispatch-ts/package.json") as { version: string }).version;

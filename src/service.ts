/**
 * The composition root: makes the parts from the configuration, starts them in order, stops them in reverse. The
 * only file that sees every layer.
 */
import { createRequire } from "node:module";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { type Config, parseAddress } from "./config/index.ts";
import type { Endpoint } from "./endpoint/index.ts";
import type { FunctionInfo } from "./pool/index.ts";
import type { Scheduler } from "./scheduler/index.ts";
import { endpointOf, type Loaded, metricsPage } from "./service/endpoint-part.ts";
import { functionEnvironment } from "./service/function-environment.ts";
import { createFunctionHost, type FunctionHost } from "./service/function-host.ts";
import { LivePart } from "./service/live-part.ts";
import { SchedulerPart, wantsScheduler } from "./service/scheduler-part.ts";
import { loadSetup } from "./service/setup-modules.ts";
import { StartGate } from "./service/start-gate.ts";
import { localStateKey } from "./service/state-key.ts";
import { type Telemetry, telemetryTo } from "./telemetry/events.ts";
import { logEvents } from "./telemetry/log.ts";
import { logSchedulerEvents } from "./telemetry/log-scheduler.ts";
import { endpointMetrics, poolGauges, processMetrics, schedulerMetrics } from "./telemetry/metrics/index.ts";

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
  /**
   * The scheduler of this process, for programs that embed the service. Undefined where it has none. After a store
   * that was lost could be opened again it is another one: do not hold on to it.
   */
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
  const served = new Set<string>();
  const countSchedulerEvent = schedulerMetrics(metrics, (name) => served.has(name));
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
    const setup = await loadSetup(config);
    started.push({ stop: () => setup.shutdown(telemetry) });
    const process = processMetrics(metrics, VERSION);
    started.push({ stop: async () => process.stop() });
    const scheduler = wantsScheduler(config) ? new SchedulerPart({ config, telemetry, metrics }) : undefined;
    const endpoint = endpointOf(config, {
      loaded,
      metrics,
      telemetry,
      started: () => gate?.isOpen === true,
      schedulerUnready: () => scheduler?.unready(),
    });
    gate = new StartGate(endpoint.app);
    scheduler?.register(endpoint.app);
    // Before anything else, since functions are told the address as they load.
    const url = await endpoint.listen(parseAddress(config.endpointAddr));
    const listening: Part = { stop: () => endpoint.close() };
    started.push(listening);
    const stateKey = localStateKey(config);
    if (stateKey.notice !== undefined)
      telemetry.emit({ type: "notice", level: "warn", message: stateKey.notice });
    const env = functionEnvironment(config, url, stateKey);
    const host = createFunctionHost({ ...options, telemetry, env });
    loaded.functions = await host.start();
    for (const { name } of loaded.functions) served.add(name);
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

/** What was started, and how it ends. */
interface Part {
  /** Finishes the work it has, taking no more; what has not ended after this time is cancelled. */
  drain?(deadlineMs: number): Promise<void>;
  stop(): Promise<void>;
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
    get scheduler() {
      return running.scheduler?.scheduler;
    },
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

function warnOfMissingKey(config: Config, telemetry: Telemetry): void {
  if (config.verificationKey !== undefined || config.endpointUrl?.startsWith("bridge:")) return;
  telemetry.emit({
    type: "notice",
    level: "warn",
    message: "requests are not verified: no verification key is set (DISPATCH_VERIFICATION_KEY)",
  });
}

const VERSION = (createRequire(import.meta.url)("dispatch-ts/package.json") as { version: string }).version;

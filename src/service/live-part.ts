/**
 * The live page's part of a service: takes a frame of figures every second, and serves them on the operator's port.
 */
import { performance } from "node:perf_hooks";
import type { FastifyInstance } from "fastify";
import { type Config, parseAddress } from "../config/index.ts";
import { type Admin, createAdmin, LiveFeed, type SchedulerFigures } from "../endpoint/index.ts";
import type { PoolSnapshot } from "../pool/index.ts";
import type { Scheduler } from "../scheduler/index.ts";
import { BusyShare } from "../telemetry/busy-share.ts";
import type { Telemetry, TelemetryEvent } from "../telemetry/events.ts";

const FRAME_MS = 1_000;
const OFF = "off";

export interface LiveSources {
  /** Undefined while there is no pool. */
  pool(): PoolSnapshot | undefined;
  scheduler(): Scheduler | undefined;
}

export class LivePart {
  readonly #config: Config;
  readonly #sources: LiveSources;
  readonly #feed = new LiveFeed();
  readonly #commits = new Commits();
  readonly #busy = new BusyShare();
  #utilization = performance.eventLoopUtilization();
  #timer: NodeJS.Timeout | undefined;
  #admin: Admin | undefined;

  constructor(config: Config, sources: LiveSources) {
    this.#config = config;
    this.#sources = sources;
  }

  /** For the telemetry. */
  readonly subscribe = (event: TelemetryEvent): void => {
    this.#feed.subscribe(event);
    if (event.type === "scheduler-committed") this.#commits.add(event.durationMs);
  };

  start(): void {
    this.#timer = setInterval(() => this.#tick(), FRAME_MS);
    this.#timer.unref();
  }

  /**
   * Opens the operator's port; `extend` adds the routes that the page asks. Resolves with its URL, or undefined when
   * it is turned off or its port is taken: the service is worth more than its page.
   */
  async open(
    endpointUrl: string,
    parts: Pick<Parameters<typeof createAdmin>[0], "telemetry" | "metrics"> & {
      extend(app: FastifyInstance): void;
    },
  ): Promise<string | undefined> {
    if (this.#config.adminAddr === OFF) return undefined;
    const { bodyLimitBytes, requestTimeoutMs } = this.#config;
    this.#admin = createAdmin({ ...parts, feed: this.#feed, bodyLimitBytes, requestTimeoutMs });
    parts.extend(this.#admin.app);
    const address = this.#address(endpointUrl);
    try {
      return await this.#admin.listen(address);
    } catch (error) {
      if (this.#config.adminAddr !== undefined || (error as NodeJS.ErrnoException).code !== "EADDRINUSE")
        throw error;
      warn(parts.telemetry, `no live page: port ${address.port} is taken (set adminAddr)`);
      return undefined;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#admin?.close();
  }

  /** Unless told otherwise, the port after the endpoint's, on loopback; any free one where the endpoint has such. */
  #address(endpointUrl: string): { host: string; port: number } {
    if (this.#config.adminAddr !== undefined) return parseAddress(this.#config.adminAddr);
    const isAnyPort = parseAddress(this.#config.endpointAddr).port === 0;
    return { host: "localhost", port: isAnyPort ? 0 : Number(new URL(endpointUrl).port) + 1 };
  }

  #tick(): void {
    const pool = this.#sources.pool();
    const busy = this.#busy.read(pool?.threads ?? []);
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    const scheduler = this.#schedulerFigures();
    this.#feed.tick(Date.now(), {
      queued: pool?.queued ?? 0,
      inFlight: pool?.inFlight ?? 0,
      frontBusy: utilization,
      threads: (pool?.threads ?? []).map((thread, index) => ({
        inFlight: thread.inFlight,
        busy: busy[index]!,
        heapMiB: thread.heapUsedBytes / 2 ** 20,
      })),
      ...(scheduler === undefined ? {} : { scheduler }),
    });
  }

  #schedulerFigures(): SchedulerFigures | undefined {
    const stats = this.#sources.scheduler()?.stats();
    if (stats === undefined) return undefined;
    const { liveCalls, readyCalls, runsInFlight } = stats;
    return {
      calls: {
        ready: readyCalls,
        running: runsInFlight,
        waiting: Math.max(0, liveCalls - readyCalls - runsInFlight),
      },
      limits: stats.routes.map(({ endpoint, function: name, limit, inFlight }) => ({
        destination: endpoint,
        function: name,
        limit,
        inFlight,
      })),
      ...this.#commits.take(),
    };
  }
}

/** Commits since the last frame. */
class Commits {
  #durations: number[] = [];

  add(durationMs: number): void {
    this.#durations.push(durationMs);
  }

  take(): { commitsPerSecond: number; commitP99Ms: number } {
    const sorted = this.#durations.sort((a, b) => a - b);
    this.#durations = [];
    const p99 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
    return { commitsPerSecond: sorted.length, commitP99Ms: p99 };
  }
}

function warn(telemetry: Telemetry, message: string): void {
  telemetry.emit({ type: "notice", level: "warn", message });
}

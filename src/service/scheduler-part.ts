/**
 * The scheduler of a service: store, delivery and API made from the configuration. Its routes are registered before
 * the service listens; it opens its store when the functions are there to run what the store holds.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { type Config, ConfigError, parseAddress } from "../config/index.ts";
import { reasonOf } from "../endpoint/index.ts";
import type { FunctionInfo } from "../pool/index.ts";
import { type ApiKeyOptions, ApiKeys, schedulerApi } from "../scheduler/api/index.ts";
import {
  BridgeSessions,
  DestinationPolicy,
  DrainableDelivery,
  type FunctionRunner,
  HttpTransport,
  LocalDelivery,
  RoutedDelivery,
} from "../scheduler/delivery/index.ts";
import {
  FileRunJournal,
  type Scheduler,
  type SchedulerOptions,
  SchedulerSupervisor,
} from "../scheduler/index.ts";
import { MemoryStore, SqliteStore, type Store, StoreError } from "../store/index.ts";
import type { Telemetry } from "../telemetry/events.ts";
import { schedulerGauges } from "../telemetry/metrics/index.ts";
import { installedTracing } from "../telemetry/tracing/index.ts";
import { parseSigningKey, RequestSigner } from "../wire/signature/index.ts";
import { isLoopbackHost, ownEndpoints } from "./own-address.ts";
import { diskFigures } from "./store-disk.ts";

/** Stands for a store in memory; SQLite knows it under the same name. */
export const IN_MEMORY = ":memory:";

export interface SchedulerPartOptions {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly metrics: Registry;
}

/** What the service knows once it listens and the functions are loaded. */
export interface SchedulerSurroundings {
  readonly url: string;
  readonly runner: FunctionRunner;
  readonly functions: readonly FunctionInfo[];
}

/** Whether the configuration asks for a scheduler in this process. */
export function wantsScheduler(config: Config): boolean {
  return config.scheduler === "on" || (config.scheduler === "auto" && config.apiUrl === undefined);
}

export class SchedulerPart {
  readonly #options: SchedulerPartOptions;
  readonly #local = new Set<string>();
  readonly #policy: DestinationPolicy;
  readonly #bridge = new BridgeSessions({ newId: randomUUID });
  readonly #http: HttpTransport;
  readonly #keys: ApiKeys;
  #delivery: DrainableDelivery | undefined;
  #supervisor: SchedulerSupervisor | undefined;

  /** @throws {ConfigError} for keys and destinations that cannot be, and for an API open to other machines */
  constructor(options: SchedulerPartOptions) {
    const { config } = options;
    this.#options = options;
    this.#keys = new ApiKeys(keysOf(config));
    this.#policy = policyOf(config, this.#local);
    this.#http = new HttpTransport({ rules: this.#policy.rules, ...signerOf(config) });
  }

  /** Registers the routes of the Dispatch API. */
  register(app: FastifyInstance): void {
    const { config, telemetry } = this.#options;
    app.register(schedulerApi, {
      scheduler: () => this.scheduler,
      policy: this.#policy,
      bridge: this.#bridge,
      keys: this.#keys,
      bodyLimitBytes: config.bodyLimitBytes,
      backup:
        config.storePath === IN_MEMORY
          ? undefined
          : {
              write: (file) => this.scheduler.backup(file),
              folder: dirname(resolve(config.storePath)),
            },
      onRefused: (error, thrown) => {
        telemetry.emit({ type: "request-rejected", reason: reasonOf(error), message: error.rawMessage });
        if (error.code !== "internal") return;
        const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
        telemetry.emit({ type: "notice", level: "error", message });
      },
    });
  }

  /**
   * Opens the store and goes on with the calls in it.
   * @throws {StoreError} `locked`, `read_only`, `corrupted`, `too_new`, `full` or `failed`
   */
  async open({ url, runner, functions }: SchedulerSurroundings): Promise<void> {
    const { config, telemetry, metrics } = this.#options;
    for (const endpoint of ownEndpoints(url, config.endpointUrl)) this.#local.add(endpoint);
    const byName = new Map(functions.map((one) => [one.name, one]));
    const optionsOf = (name: string) => byName.get(name)?.options as FunctionOptions | undefined;
    const local = new LocalDelivery(runner, byName);
    this.#delivery = new DrainableDelivery(
      new RoutedDelivery({ policy: this.#policy, local, http: this.#http, bridge: this.#bridge }),
    );
    this.#supervisor = await SchedulerSupervisor.open({
      ...limitsOf(config),
      store: storeOf(config),
      delivery: this.#delivery,
      telemetry,
      tracing: installedTracing(),
      isOwn: (endpoint) => this.#policy.isLocal(endpoint),
      ...journalOf(config, telemetry),
      retryOf: (name) => optionsOf(name)?.retry,
      expirationMsOf: (name) => optionsOf(name)?.expirationMs,
      priorityOf: (name) => optionsOf(name)?.priority,
      concurrencyMaxOf: (name) => optionsOf(name)?.concurrencyMax,
    });
    schedulerGauges(metrics, () => ({
      ...this.scheduler.stats(),
      storeAvailable: this.unready() === undefined,
      disk: config.storePath === IN_MEMORY ? undefined : diskFigures(config.storePath),
    }));
    if (this.#keys.open) telemetry.emit({ type: "notice", level: "warn", message: OPEN_NOTICE });
  }

  /** Takes the new keys; clients that present a removed one are refused from now on. @throws {ConfigError} */
  reconfigure(config: Config): void {
    this.#keys.replace(keysOf(config));
  }

  /** Another one after the store was lost and opened again. */
  get scheduler(): Scheduler {
    if (this.#supervisor === undefined) throw new StoreError("closed", "the scheduler has not started");
    return this.#supervisor.current;
  }

  /** Why no call is taken, in words; undefined while all is well. */
  unready(): string | undefined {
    return this.#supervisor === undefined ? "starting" : this.#supervisor.unready();
  }

  /** Starts no further run and waits for those under way. */
  async drain(deadlineMs: number): Promise<void> {
    this.#supervisor?.announceEnd();
    await this.#delivery?.drain(deadlineMs);
  }

  async close(): Promise<void> {
    this.#bridge.close();
    await this.#supervisor?.close();
    await this.#http.destroy();
  }
}

interface FunctionOptions {
  readonly retry?: NonNullable<SchedulerOptions["retry"]>;
  readonly expirationMs?: number;
  readonly priority?: number;
  readonly concurrencyMax?: number;
}

const OPEN_NOTICE =
  "the Dispatch API has no key: everybody on this machine may dispatch calls (set DISPATCH_API_KEYS)";

function keysOf(config: Config): ApiKeyOptions {
  const keys = [...config.apiKeys, ...(config.apiKey === undefined ? [] : [config.apiKey])];
  const { host } = parseAddress(config.endpointAddr);
  if (keys.length === 0 && !isLoopbackHost(host)) {
    throw new ConfigError(
      `endpointAddr ${config.endpointAddr} opens the Dispatch API to other machines: set apiKeys ` +
        "(`dispatch keys api` makes one), or turn the scheduler off",
    );
  }
  return { keys, openOnLoopback: true };
}

function policyOf(config: Config, local: ReadonlySet<string>): DestinationPolicy {
  try {
    return new DestinationPolicy({ allow: config.allowedDestinations, local });
  } catch (cause) {
    throw new ConfigError(`allowedDestinations: ${(cause as Error).message}`, { cause });
  }
}

function signerOf({ signingKey }: Config): { signer?: RequestSigner } {
  if (signingKey === undefined) return {};
  try {
    const key = parseSigningKey(signingKey, "DISPATCH_SIGNING_KEY");
    return { signer: new RequestSigner({ key, now: Date.now, nonce: randomUUID }) };
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function storeOf({ storePath }: Config): Store {
  if (storePath === IN_MEMORY) return new MemoryStore();
  const file = resolve(storePath);
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    throw new StoreError("read_only", `cannot make the folder of ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return new SqliteStore({ file });
}

/** Beside the store; one in memory has nothing to go on with after a death. */
function journalOf({ storePath }: Config, telemetry: Telemetry): { journal?: FileRunJournal } {
  if (storePath === IN_MEMORY) return {};
  const file = `${resolve(storePath)}-runs`;
  const onFailed = (error: unknown) => {
    const message = `${file} cannot be written, a run that kills the process will not be found out: ${error}`;
    telemetry.emit({ type: "notice", level: "warn", message });
  };
  return { journal: new FileRunJournal({ file, onFailed }) };
}

function limitsOf(config: Config): Omit<SchedulerOptions, "store" | "delivery"> {
  return {
    retry: {
      attemptsMax: config.retryAttemptsMax,
      firstDelayMs: config.retryFirstDelayMs,
      delayMsMax: config.retryDelayMsMax,
    },
    runTimeoutMs: config.attemptTimeoutMs,
    retentionMs: config.retentionMs,
    keyRetentionMs: config.keyRetentionMs,
    liveCallsMax: config.liveCallsMax,
    processDeathsMax: config.processDeathsMax,
    runsMax: config.runsMax,
  };
}

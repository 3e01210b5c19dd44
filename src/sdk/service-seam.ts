/**
 * How a program starts the service that hosts its functions. The SDK owns this seam and does not know the service,
 * which is a layer above: whoever composes both registers a starter.
 */
import { setHostDefaults } from "./environment.ts";
import { ConfigurationError } from "./errors/dispatch-error.ts";

/** Options of the service, handed through as they are. */
// biome-ignore lint/complexity/noBannedTypes: any object of options; the service checks what is in it
export type ServiceOptions = {};

export interface RunningService {
  /** URL at which both the functions and the Dispatch API are reached. */
  readonly url: string;
  /** A key that the Dispatch API accepts; undefined when it needs none. */
  readonly apiKey?: string;
  /** Resolves when the service has stopped, by `stop` or by a signal. */
  readonly stopped: Promise<void>;
  /** Ends what runs, in order. */
  stop(): Promise<void>;
}

/** @param purpose whether the service is there for one program until that ends, or until it is stopped */
export type ServiceStarter = (options: ServiceOptions, purpose: "run" | "serve") => Promise<RunningService>;

let starter: ServiceStarter | undefined;
let running: RunningService | undefined;
let insideService = false;

/** Called once by the composition root. */
export function registerServiceStarter(start: ServiceStarter): void {
  starter = start;
}

/**
 * Called before a service loads the modules of its functions: `run` and `serve` do nothing in these, and their
 * registries need no endpoint.
 */
export function setInsideService(inside: boolean): void {
  insideService = inside;
}

export function isInsideService(): boolean {
  return insideService;
}

/** True while this thread also answers for the service: blocking it would wait for itself. */
export function hostsService(): boolean {
  return running !== undefined;
}

/**
 * Starts the service, runs `main` with it, and stops it. The calls of `main` go to this service.
 *
 * @returns what `main` returns; on a thread of the service, which loads the same module, undefined at once
 * @throws {ConfigurationError} when a service runs in this process already
 */
export async function runWithService<T>(
  main: () => T | PromiseLike<T>,
  options: ServiceOptions,
): Promise<T | undefined> {
  if (insideService) return undefined;
  const service = await start(options, "run");
  try {
    return await main();
  } finally {
    await service.stop().finally(ended);
  }
}

/** Starts the service and resolves when a signal has stopped it; on a thread of the service at once. */
export async function serve(options: ServiceOptions): Promise<void> {
  if (insideService) return;
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  const onSignal = () => resolve();
  const signals = ["SIGTERM", "SIGINT"] as const;
  // Before the service starts, so that a signal on the way counts. Once: a second one finds no listener and ends the process.
  for (const signal of signals) process.once(signal, onSignal);
  try {
    const service = await start(options, "serve");
    await Promise.race([service.stopped, signalled]);
    await service.stop().finally(ended);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function start(options: ServiceOptions, purpose: "run" | "serve"): Promise<RunningService> {
  if (starter === undefined)
    throw new ConfigurationError("this build of the package has no service to start");
  if (running !== undefined) throw new ConfigurationError("a service runs in this process already");
  running = await starter(options, purpose);
  const { url, apiKey } = running;
  setHostDefaults({ endpoint: url, apiUrl: url, ...(apiKey !== undefined && { apiKey }) });
  return running;
}

function ended(): void {
  running = undefined;
  setHostDefaults({});
}

import { Batch } from "../batch.ts";
import { Client } from "../client/client.ts";
import { readSetting } from "../environment.ts";
import { ConfigurationError } from "../errors/dispatch-error.ts";
import { AsyncFunction, type Implementation } from "../functions/async-function.ts";
import { checkFunctionOptions, type FunctionOptions } from "../functions/function-options.ts";
import { PrimitiveFunction, type PrimitiveFunctionType } from "../functions/primitive-function.ts";
import { checkEndpoint, checkFunctionName, missingEndpoint } from "../names.ts";
import { isInsideService } from "../service-seam.ts";
import { addRegistry, removeRegistry } from "./open-registries.ts";
import { type RunOptions, runRequest } from "./run.ts";

export interface RegistryOptions {
  /** Dispatches the calls made outside of runs. Default: a client made from `DISPATCH_*` variables on first use. */
  readonly client?: Client;
  /**
   * URL at which the functions are reached. Default: the `DISPATCH_ENDPOINT_URL` environment variable, else the
   * service that hosts the functions.
   */
  readonly endpoint?: string;
}

/** A function as a host sees it. */
export interface FunctionDescription {
  readonly name: string;
  readonly kind: "async" | "primitive";
  readonly options: FunctionOptions;
}

/**
 * The functions that one endpoint hosts.
 *
 * ```ts
 * const registry = new Registry("billing", { endpoint: "https://billing.example.com" });
 * const charge = registry.function("charge", async (cents: number) => { … });
 * ```
 *
 * Most applications need none of their own: `dispatch.function` uses the default one.
 */
export class Registry {
  readonly name: string;
  readonly #functions = new Map<string, PrimitiveFunction>();
  readonly #endpoint: string | undefined;
  readonly #ownsClient: boolean;
  #client: Client | undefined;
  #closed = false;

  /**
   * @param name unique among the registries that are not closed
   * @throws {ConfigurationError} when the name is missing or taken, or the endpoint is missing or no URL of one
   */
  constructor(name: string, options: RegistryOptions = {}) {
    this.name = name;
    this.#endpoint = readEndpoint(options.endpoint);
    // A service that loads this module reaches its functions whatever their endpoint is.
    if (this.#endpoint === undefined && !isDefault(options) && !isInsideService()) throw missingEndpoint();
    this.#client = options.client;
    this.#ownsClient = options.client === undefined;
    addRegistry(this);
  }

  /**
   * The registry that `defaultRegistry` makes. It needs no endpoint until a call is dispatched: functions can be
   * declared before it is known who hosts them.
   */
  static withoutEndpoint(name: string): Registry {
    return new Registry(name, endpointOptional);
  }

  /** @throws {ConfigurationError} when it is missing */
  get endpoint(): string {
    const { configuredEndpoint } = this;
    if (configuredEndpoint === undefined) throw missingEndpoint();
    return configuredEndpoint;
  }

  /** The endpoint, or undefined while nothing says where the functions are hosted. */
  get configuredEndpoint(): string | undefined {
    return this.#endpoint ?? readEndpoint(undefined);
  }

  /** @throws {ConfigurationError} when none was given and the key of the API is missing */
  get client(): Client {
    return (this.#client ??= new Client());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Makes a function durable, under its own name or the one given. Parameters and result keep their types; whatever is
   * passed must be a value that can be carried (see `encodeValue`).
   *
   * @throws {ConfigurationError} when the name is missing, cannot be one or is taken
   */
  function<P extends unknown[], R>(
    fn: Implementation<P, R>,
    options?: FunctionOptions,
  ): AsyncFunction<P, Awaited<R>>;
  function<P extends unknown[], R>(
    name: string,
    fn: Implementation<P, R>,
    options?: FunctionOptions,
  ): AsyncFunction<P, Awaited<R>>;
  function(...args: unknown[]): AsyncFunction {
    const [name, implementation, options] = parse<Implementation>(args);
    return this.#add(new AsyncFunction({ registry: this, name, options, implementation }));
  }

  /**
   * Registers a function in its primitive form.
   *
   * @throws {ConfigurationError} as {@link function} does
   */
  primitiveFunction(fn: PrimitiveFunctionType, options?: FunctionOptions): PrimitiveFunction<unknown[]>;
  primitiveFunction(
    name: string,
    fn: PrimitiveFunctionType,
    options?: FunctionOptions,
  ): PrimitiveFunction<unknown[]>;
  primitiveFunction(...args: unknown[]): PrimitiveFunction<unknown[]> {
    const [name, primitive, options] = parse<PrimitiveFunctionType>(args);
    return this.#add(
      new PrimitiveFunction<unknown[]>({ registry: this, name, options, primitive, length: 1 }),
    );
  }

  /** A new, empty batch of calls for this registry's client. */
  batch(): Batch {
    return new Batch(this.client);
  }

  /** The function of that name, or undefined; a closed registry has none. */
  get(name: string): PrimitiveFunction | undefined {
    return this.#functions.get(name);
  }

  /** The functions in the order in which they were registered. */
  functions(): FunctionDescription[] {
    return Array.from(this.#functions.values(), (fn) => ({
      name: fn.name,
      kind: fn instanceof AsyncFunction ? "async" : "primitive",
      options: fn.options,
    }));
  }

  /**
   * Carries out one run, for whoever hosts the functions.
   *
   * @param request bytes of a `RunRequest`
   * @returns bytes of a `RunResponse`; never rejects: an unknown function, a malformed request and a function that
   *   throws are responses with a status
   */
  async run(request: Uint8Array, options: RunOptions = {}): Promise<Uint8Array> {
    return (await runRequest((name) => this.get(name), request, options)).toBinary();
  }

  /** Serves nothing from now on and gives its name free. Calls already dispatched are sent first. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#functions.clear();
    removeRegistry(this);
    if (this.#ownsClient) await this.#client?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add<F extends PrimitiveFunction>(fn: F): F {
    if (this.#closed) throw new ConfigurationError(`registry '${this.name}' is closed`);
    if (this.#functions.has(fn.name)) {
      throw new ConfigurationError(`function already registered with name '${fn.name}'`);
    }
    this.#functions.set(fn.name, fn);
    return fn;
  }
}

/** Recognised by identity: only `withoutEndpoint` passes it. */
const endpointOptional: RegistryOptions = Object.freeze({});

function isDefault(options: RegistryOptions): boolean {
  return options === endpointOptional;
}

function readEndpoint(argument: string | undefined): string | undefined {
  const setting = readSetting(argument, "DISPATCH_ENDPOINT_URL", "endpoint");
  if (setting === undefined) return undefined;
  const source =
    setting.source === "argument" ? "registry endpoint URL" : `endpoint URL of the ${setting.source}`;
  return checkEndpoint(setting.value, source);
}

/** `(fn, options?)` or `(name, fn, options?)`. */
function parse<F extends (...args: never[]) => unknown>(args: unknown[]): [string, F, FunctionOptions] {
  const [name, fn, options = {}] = typeof args[0] === "string" ? args : [undefined, ...args];
  if (typeof fn !== "function")
    throw new ConfigurationError(`cannot register a ${typeof fn}: pass a function`);
  return [
    checkFunctionName((name as string) ?? fn.name),
    fn as F,
    checkFunctionOptions(options as FunctionOptions),
  ];
}

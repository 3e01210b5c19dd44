/** All ready calls, and whose turn it is. */
import type { Entry } from "../entry.ts";
import type { AimdOptions } from "./aimd.ts";
import { Fifo } from "./fifo.ts";
import { Route } from "./route.ts";
import { SharedLimit } from "./shared-limit.ts";

export interface RoutesOptions {
  readonly aimd: AimdOptions;
  /** Runs under way over all routes. */
  readonly runsMax: number;
  /** Whether the runs of an endpoint are run in this process. Default: those of none. */
  readonly isOwn?: (endpoint: string) => boolean;
  /** How many runs of a function this process may have at a time. Default: no limit. */
  readonly concurrencyMaxOf?: (functionName: string) => number | undefined;
}

export class Routes {
  readonly #options: RoutesOptions;
  readonly #routes = new Map<string, Map<string, Route>>();
  /**
   * Routes that may start a run, each once. They take turns one run at a time, so a function with a long queue
   * delays one with a short queue by a single run, however long its own queue is.
   */
  readonly #turns = new Fifo<Route>();
  readonly #inTurns = new Set<Route>();
  /** By function. */
  readonly #sharedLimits = new Map<string, SharedLimit>();
  #inFlight = 0;
  #ownInFlight = 0;
  #waiting = 0;
  #ownHeld = false;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Of those in flight, the ones in this process. */
  get ownInFlight(): number {
    return this.#ownInFlight;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** While held, no run in this process starts but by `startOutOfTurn`. */
  holdOwn(held: boolean): void {
    if (held === this.#ownHeld) return;
    this.#ownHeld = held;
    if (!held) for (const route of this) this.#offerTurn(route);
  }

  /** Whether its function's own limit has a place for the entry. */
  hasPlaceFor(entry: Entry): boolean {
    const { shared } = this.#routeOf(entry.call.endpoint, entry.call.function);
    return shared === undefined || shared.inFlight < shared.max;
  }

  /** A place for an entry that is not in the queue, whatever the adaptive limits are. */
  startOutOfTurn(entry: Entry): Route {
    const route = this.#routeOf(entry.call.endpoint, entry.call.function);
    this.#occupy(route);
    return route;
  }

  push(entry: Entry): void {
    const route = this.#routeOf(entry.call.endpoint, entry.call.function);
    route.push(entry);
    this.#waiting += 1;
    this.#offerTurn(route);
  }

  /** The next call to run and its route, whose place is taken with it; undefined when nothing may start. */
  next(): { entry: Entry; route: Route } | undefined {
    while (this.#inFlight < this.#options.runsMax) {
      const route = this.#turns.shift();
      if (route === undefined) return undefined;
      this.#inTurns.delete(route);
      if (!this.#mayStart(route)) continue;
      const entry = route.shift()!;
      this.#waiting -= 1;
      this.#occupy(route);
      this.#offerTurn(route);
      return { entry, route };
    }
    return undefined;
  }

  /** Gives the place back. */
  release(route: Route): void {
    route.inFlight -= 1;
    this.#inFlight -= 1;
    if (route.isOwn) this.#ownInFlight -= 1;
    if (route.shared !== undefined) {
      route.shared.inFlight -= 1;
      for (const sharing of route.shared.routes) this.#offerTurn(sharing);
    }
    if (route.canStart) this.#offerTurn(route);
    else if (route.isIdle) this.#forget(route);
  }

  *[Symbol.iterator](): Generator<Route> {
    for (const byFunction of this.#routes.values()) yield* byFunction.values();
  }

  #occupy(route: Route): void {
    route.inFlight += 1;
    this.#inFlight += 1;
    if (route.isOwn) this.#ownInFlight += 1;
    if (route.shared !== undefined) route.shared.inFlight += 1;
  }

  #mayStart(route: Route): boolean {
    return route.canStart && !(this.#ownHeld && route.isOwn);
  }

  #offerTurn(route: Route): void {
    if (!this.#mayStart(route) || this.#inTurns.has(route)) return;
    this.#inTurns.add(route);
    this.#turns.push(route);
  }

  #routeOf(endpoint: string, name: string): Route {
    let byFunction = this.#routes.get(endpoint);
    if (byFunction === undefined) this.#routes.set(endpoint, (byFunction = new Map()));
    let route = byFunction.get(name);
    if (route === undefined) byFunction.set(name, (route = this.#newRoute(endpoint, name)));
    return route;
  }

  #newRoute(endpoint: string, name: string): Route {
    const { aimd } = this.#options;
    const isOwn = this.#options.isOwn?.(endpoint) ?? false;
    const shared = isOwn ? this.#sharedLimitOf(name) : undefined;
    const route = new Route(endpoint, name, aimd, { isOwn, shared });
    shared?.routes.add(route);
    return route;
  }

  #sharedLimitOf(name: string): SharedLimit | undefined {
    const known = this.#sharedLimits.get(name);
    if (known !== undefined) return known;
    const max = this.#options.concurrencyMaxOf?.(name);
    if (max === undefined) return undefined;
    const limit = new SharedLimit(max);
    this.#sharedLimits.set(name, limit);
    return limit;
  }

  /** Idle routes are kept while there are few, for what they have learned; names come from callers. */
  #forget(route: Route): void {
    const byFunction = this.#routes.get(route.endpoint);
    if (byFunction === undefined || (byFunction.size <= KEPT_MAX && this.#routes.size <= KEPT_MAX)) return;
    byFunction.delete(route.function);
    route.shared?.routes.delete(route);
    if (byFunction.size === 0) this.#routes.delete(route.endpoint);
  }
}

const KEPT_MAX = 256;

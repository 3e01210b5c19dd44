import { Registry } from "./registry.ts";

let current: Registry | undefined;

/**
 * The registry that `dispatch.function` uses; made on first use from `DISPATCH_*` environment variables. What is
 * missing there is an error where it is needed: an endpoint when a call is dispatched, a key when the client is made.
 */
export function defaultRegistry(): Registry {
  if (current === undefined || current.closed) current = Registry.withoutEndpoint("default");
  return current;
}

/** From now on `dispatch.function` registers in this one; undefined: in a new one made on the next use. */
export function setDefaultRegistry(registry: Registry | undefined): void {
  current = registry;
}

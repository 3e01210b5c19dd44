/** The registries of this process that are not closed, by name. */
import { ConfigurationError } from "../errors/dispatch-error.ts";
import type { PrimitiveFunction } from "../functions/primitive-function.ts";
import type { Registry } from "./registry.ts";
import { type RunOptions, runRequest } from "./run.ts";

const registries = new Map<string, Registry>();

/** In the order in which they were made. */
export function openRegistries(): Registry[] {
  return Array.from(registries.values());
}

/**
 * As {@link Registry.run}, for a process that hosts all its registries at one endpoint. A name that several registries
 * have means the function of the one made first.
 */
export async function run(request: Uint8Array, options: RunOptions = {}): Promise<Uint8Array> {
  return (await runRequest(findFunction, request, options)).toBinary();
}

export function findFunction(name: string): PrimitiveFunction | undefined {
  for (const registry of registries.values()) {
    const fn = registry.get(name);
    if (fn !== undefined) return fn;
  }
  return undefined;
}

/** @throws {ConfigurationError} when the name is missing or taken */
export function addRegistry(registry: Registry): void {
  if (!registry.name) throw new ConfigurationError("missing registry name");
  if (registries.has(registry.name)) {
    throw new ConfigurationError(`registry with name '${registry.name}' already exists`);
  }
  registries.set(registry.name, registry);
}

export function removeRegistry(registry: Registry): void {
  if (registries.get(registry.name) === registry) registries.delete(registry.name);
}

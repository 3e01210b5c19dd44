/** The face of the SDK for programs that need one set of functions: everything in the default registry. */
import type { Batch } from "./batch.ts";
import { defaultRegistry } from "./registry/default-registry.ts";
import type { Registry } from "./registry/registry.ts";
import { currentRun, type RunContext } from "./run-context.ts";

type Face = Pick<Registry, "function" | "primitiveFunction">;

export const dispatch = {
  /** As `Registry.function`, in the default registry. */
  function: ((...args: Parameters<Face["function"]>) =>
    defaultRegistry().function(...args)) as Face["function"],

  /** As `Registry.primitiveFunction`, in the default registry. */
  primitiveFunction: ((...args: Parameters<Face["primitiveFunction"]>) =>
    defaultRegistry().primitiveFunction(...args)) as Face["primitiveFunction"],

  /** A new, empty batch of calls, dispatched through the default registry's client. */
  batch(): Batch {
    return defaultRegistry().batch();
  },

  /** The run that the running code belongs to: its ids, times, attempt and abort signal. Undefined outside of a run. */
  current(): RunContext | undefined {
    return currentRun();
  },
};

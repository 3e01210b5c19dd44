/** Functions compute at a lower priority than the HTTP front that must answer while they do. */
import { setPriority } from "node:os";

/** Enough for the front to run first whenever it has something to do, little enough to starve nobody. */
export const THREAD_NICE = 5;

/**
 * Lowers this thread and no other: Linux gives every thread a priority of its own. Elsewhere the call would lower the
 * whole process, front included.
 */
export function yieldToFront(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(THREAD_NICE);
  } catch {
    // A sandbox may forbid it; functions and front then share as equals.
  }
}

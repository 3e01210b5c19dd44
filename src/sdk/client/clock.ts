/** Time and chance as the client uses them; tests pass their own. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export interface ClientClock {
  nowMs(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** A name that nothing else has. */
  uniqueId(): string;
}

export const systemClock: ClientClock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch((error) => {
      throw signal.reason ?? error;
    });
  },
  random: Math.random,
  uniqueId: randomUUID,
};

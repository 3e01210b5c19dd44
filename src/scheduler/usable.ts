import { remedyFor, StoreError } from "../store/index.ts";
import { SchedulerError } from "./errors.ts";

/** A store that is closed, gone or damaged is no fault of who asks: another scheduler may have it open soon. */
export async function usable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof StoreError) || remedyFor(cause.code) !== "reopen") throw cause;
    const details = { cause, retryAfterMs: 1000 };
    throw new SchedulerError("unavailable", "the store cannot be used now", details);
  }
}

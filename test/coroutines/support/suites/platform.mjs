// What the platform gives to packages and their tests, in a form that survives suspension: timers are durable sleeps,
// the clock is the run's, and an AbortController is plain data. Compiled together with the package.
import { promisify } from "node:util";
import { call, sleep } from "../../../../src/coroutine/index.ts";
import { nowMs, onAwait, onGoOn } from "./awaits.ts";

export function setTimeout(callback, ms = 1, ...args) {
  const timer = { cleared: false };
  sleep(Math.max(1, ms)).then(() => timer.cleared || callback(...args));
  return timer;
}

export function setImmediate(callback, ...args) {
  const timer = { cleared: false };
  sleep(0).then(() => timer.cleared || callback(...args));
  return timer;
}

setTimeout[promisify.custom] = (ms, value) => sleep(Math.max(1, ms)).then(() => value);
setImmediate[promisify.custom] = (value) => sleep(0).then(() => value);

export function clearTimeout(timer) {
  if (timer) timer.cleared = true;
}

export const clearImmediate = clearTimeout;

export function queueMicrotask(callback) {
  Promise.resolve().then(() => callback());
}

function DateOfRun(...args) {
  return args.length > 0 ? new Date(...args) : new Date(nowMs());
}

DateOfRun.now = nowMs;

export { DateOfRun as Date };

class AbortSignal {
  aborted = false;
  reason = undefined;
  listeners = [];
  addEventListener(type, listener) {
    if (type === "abort") this.listeners.push(listener);
  }
}

export class AbortController {
  signal = new AbortSignal();
  abort(reason = new DOMException("This operation was aborted", "AbortError")) {
    const { signal } = this;
    if (signal.aborted) return;
    Object.assign(signal, { aborted: true, reason });
    for (const listener of signal.listeners) listener({ type: "abort", target: signal });
  }
}

/** Around the operand of every await: the code after it goes on only when a durable call has come back. */
export async function suspended(promise) {
  const begun = onAwait();
  try {
    return await promise;
  } finally {
    await call("id", 0);
    onGoOn(begun);
  }
}

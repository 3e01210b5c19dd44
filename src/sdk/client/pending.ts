import type { DispatchUnit } from "./send.ts";

/** Calls that were dispatched together and whose ids are waited for. */
export class PendingUnit implements DispatchUnit {
  readonly request: Uint8Array;
  readonly calls: number;
  readonly bytes: number;
  readonly ids: Promise<string[]>;
  readonly #resolve: (ids: string[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.reject(this.#signal?.reason);
  #settled = false;

  constructor(request: Uint8Array, calls: number, signal: AbortSignal | undefined) {
    this.request = request;
    this.calls = calls;
    this.bytes = request.length;
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    this.ids = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(ids: string[]): void {
    this.#settle();
    this.#resolve(ids);
  }

  reject(error: unknown): void {
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** Results of calls that ended a moment ago, so that whoever asks for one at once is not sent to the store. */
import { ownBytes } from "../wire/own-bytes.ts";
import { Oldest } from "./oldest.ts";
import type { CallResult } from "./types.ts";

export class RecentResults {
  readonly #bytesMax: number;
  readonly #results = new Map<number, CallResult>();
  readonly #oldest = new Oldest(this.#results);
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  put(id: number, result: CallResult): void {
    const { output, error } = result;
    this.#results.set(id, { ...result, output: ownBytes(output), error: ownBytes(error) });
    this.#bytes += sizeOf(result);
    while (this.#bytes > this.#bytesMax) this.delete(this.#oldest.next()![0]);
  }

  get(id: number): CallResult | undefined {
    return this.#results.get(id);
  }

  delete(id: number): void {
    const result = this.#results.get(id);
    if (result === undefined) return;
    this.#results.delete(id);
    this.#bytes -= sizeOf(result);
  }
}

function sizeOf({ output, error }: Pick<CallResult, "output" | "error">): number {
  return 256 + (output?.length ?? 0) + (error?.length ?? 0);
}

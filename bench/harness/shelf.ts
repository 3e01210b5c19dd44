/** Processes that later scenarios may use again: at the smoke size most of the time would go into starting them. */
import { BenchProcess } from "./processes.ts";

export class ProcessShelf {
  readonly #keep: boolean;
  readonly #idle = new Map<string, Started[]>();
  readonly #taken = new Map<BenchProcess, { key: string; ready: unknown }>();

  /** @param keep whether what is given back is kept for the next to take; else each is started anew. */
  constructor(keep: boolean) {
    this.#keep = keep;
  }

  /** As {@link BenchProcess.start}, or one of the same kind that was given back. */
  async take<T>(module: URL, args: unknown, cores: string | undefined): Promise<[BenchProcess, T]> {
    const key = `${module} ${JSON.stringify(args)} ${cores}`;
    const [process, ready] =
      this.#idle.get(key)?.pop() ?? (await BenchProcess.start<unknown>(module, args, cores));
    this.#taken.set(process, { key, ready });
    return [process, ready as T];
  }

  async giveBack(process: BenchProcess | undefined): Promise<void> {
    const taken = process && this.#taken.get(process);
    if (taken === undefined) return;
    this.#taken.delete(process!);
    if (!this.#keep) return process!.stop();
    const idle = this.#idle.get(taken.key) ?? [];
    idle.push([process!, taken.ready]);
    this.#idle.set(taken.key, idle);
  }

  async close(): Promise<void> {
    const all = [...this.#taken.keys(), ...[...this.#idle.values()].flat().map(([process]) => process)];
    this.#idle.clear();
    this.#taken.clear();
    await Promise.all(all.map((process) => process.stop()));
  }
}

type Started = [process: BenchProcess, ready: unknown];

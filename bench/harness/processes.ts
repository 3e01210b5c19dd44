/** Starts the processes of a bench, each pinned to its own core where the machine can do so. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";

/** Messages a subject (the process under test) answers; see `subjects/protocol.ts`. */
export interface Usage {
  /** User and system time so far, microseconds, all threads. */
  cpuMicros: number;
  rssMiB: number;
}

export interface Pinning {
  enabled: boolean;
  /** Cores of the process under test, as `taskset -c` takes them. */
  subject: string;
  generator: string;
}

/** Server on all cores but the last, load generator on the last; nothing is pinned on one core or without taskset. */
export function choosePinning(wanted: boolean, subjectCores?: string): Pinning {
  const cores = availableParallelism();
  const enabled =
    wanted && cores > 1 && spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  const last = String(cores - 1);
  return { enabled, subject: subjectCores ?? (cores === 2 ? "0" : `0-${cores - 2}`), generator: last };
}

export class BenchProcess {
  readonly #child: ChildProcess;
  readonly #pending: ((message: unknown) => void)[] = [];
  #gone: Error | undefined;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    child.on("message", (message) => this.#pending.shift()?.(message));
    child.on("exit", (code, signal) => {
      this.#gone = new Error(`${name} ended early (${signal ?? code})`);
      for (const settle of this.#pending.splice(0)) settle(this.#gone);
    });
  }

  /** Forks a module and resolves with it and its first message: what it has to say when it is ready. */
  static async start<T>(module: URL, args: unknown, cores: string | undefined): Promise<[BenchProcess, T]> {
    const child = fork(module, [JSON.stringify(args)], {
      execPath: cores === undefined ? process.execPath : "taskset",
      execArgv: [
        ...(cores === undefined ? [] : ["-c", cores, process.execPath]),
        "--conditions=dispatch-source",
        "--disable-warning=ExperimentalWarning",
      ],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const started = new BenchProcess(child, module.pathname.split("/").at(-1)!);
    return [started, await started.#next<T>()];
  }

  async request<T>(message: unknown): Promise<T> {
    const answer = this.#next<T>();
    this.#child.send(message as object);
    return answer;
  }

  usage(): Promise<Usage> {
    return this.request<Usage>({ type: "usage" });
  }

  async stop(): Promise<void> {
    if (this.#gone !== undefined) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const forced = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await exit;
    clearTimeout(forced);
  }

  #next<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (message: unknown) =>
        message instanceof Error ? reject(message) : resolve(message as T);
      if (this.#gone !== undefined) settle(this.#gone);
      else this.#pending.push(settle);
    });
  }
}

/** Servers that are no part of the project: started on free ports with their data in a folder that goes with them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Usage } from "../../harness/processes.ts";
import { treeUsage } from "./usage.ts";

export interface ServerCommand {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** User to run as; only for one started by root. */
  user?: { uid: number; gid: number };
  cores: string | undefined;
  folder: DataFolder;
  /** Ready when something listens here, and `ready` says so too. */
  port: number;
  ready?: () => boolean;
}

/** A folder for a server's data, removed with it, and in any case at the end of the process. */
export class DataFolder {
  readonly path: string;
  readonly #atExit = () => this.remove();

  constructor(owner?: { uid: number; gid: number }) {
    this.path = mkdtempSync(join(tmpdir(), "dispatch-peer-"));
    if (owner !== undefined) chownSync(this.path, owner.uid, owner.gid);
    process.once("exit", this.#atExit);
  }

  remove(): void {
    process.off("exit", this.#atExit);
    // Descendants of a server that was killed may write for a moment longer.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #folder: DataFolder;
  readonly #atExit = () => this.#child.kill("SIGKILL");
  #output = "";

  private constructor(child: ChildProcess, folder: DataFolder) {
    this.#child = child;
    this.#folder = folder;
    // Before the folder is removed, which it would write to.
    process.prependOnceListener("exit", this.#atExit);
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-4_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  /** @throws {Error} with the end of its output when it does not listen within 30 s */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const { folder, cores, port } = command;
    const prefix = [
      // The kernel ends the server when this process is gone, even by SIGKILL.
      ...(has("setpriv") ? ["setpriv", "--pdeathsig", "KILL", "--"] : []),
      ...(cores === undefined ? [] : ["taskset", "-c", cores]),
    ];
    const [program, ...args] = [...prefix, command.command, ...command.args];
    const child = spawn(program!, args, {
      cwd: folder.path,
      env: { ...process.env, ...command.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...command.user,
    });
    const server = new ServerProcess(child, folder);
    const waiting = new AbortController();
    try {
      await Promise.race([listening(port, command.ready ?? (() => true), waiting.signal), server.#gone()]);
    } catch (cause) {
      const output = server.#output;
      await server.stop();
      throw new Error(`${command.command} did not start: ${(cause as Error).message}\n${output}`, { cause });
    } finally {
      waiting.abort();
    }
    return server;
  }

  usage(): Promise<Usage> {
    return Promise.resolve(treeUsage(this.#child.pid!));
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, "exit");
      this.#child.kill(signal);
      const forced = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
      await exit;
      clearTimeout(forced);
    }
    process.off("exit", this.#atExit);
    this.#folder.remove();
  }

  async #gone(): Promise<never> {
    const [code, signal] = await once(this.#child, "exit");
    throw new Error(`it ended with ${signal ?? code}`);
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Asks every 50 ms for 30 s at most. */
async function listening(port: number, ready: () => boolean, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 600 && !signal.aborted; attempt++) {
    const socket = connect({ port, host: "127.0.0.1" });
    const ok = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (ok && ready()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it is not ready on port ${port} after 30 s`);
}

function has(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

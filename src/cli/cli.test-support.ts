/** Runs commands without a process, and the real command as one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { runCommand } from "./main.ts";

export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
export const BIN = fileURLToPath(new URL("../../bin/dispatch.js", import.meta.url));

/** Runs a command in this process. */
export async function run(
  argv: string[],
  world: { env?: Record<string, string>; cwd?: string; colors?: boolean } = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await runCommand(argv, {
    env: world.env ?? {},
    cwd: world.cwd ?? tmpdir(),
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    colors: pc.createColors(world.colors ?? false),
  });
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}

export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "dispatch-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface ServeProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** Everything logged so far, a parsed line each. */
  readonly log: Record<string, unknown>[];
  /** Resolves with the first line, past or to come, whose message matches. */
  logged(message: RegExp): Promise<Record<string, unknown>>;
  /** Resolves with code and signal when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** `dispatch serve` as a process of its own, listening on a free port; resolves when it is ready. */
export async function serve(
  args: string[],
  world: { cwd: string; env?: Record<string, string>; node?: string },
): Promise<ServeProcess> {
  const child = spawn(world.node ?? process.execPath, [BIN, "serve", ...args], {
    cwd: world.cwd,
    env: {
      PATH: process.env.PATH ?? "",
      DISPATCH_ENDPOINT_ADDR: "127.0.0.1:0",
      DISPATCH_THREADS_MAX: "1",
      DISPATCH_STORE_PATH: ":memory:",
      DISPATCH_ADMIN_ADDR: "off",
      ...world.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: Record<string, unknown>[] = [];
  const listeners = new Set<() => void>();
  let rest = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) log.push(line.startsWith("{") ? JSON.parse(line) : { msg: line });
    for (const listener of listeners) listener();
  });
  const ended = once(child, "exit").then(([code, signal]) => {
    for (const listener of listeners) listener();
    return { code, signal };
  });
  const logged = (message: RegExp) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const look = () => {
        const found = log.find((line) => message.test(String(line.msg)));
        if (found !== undefined) resolve(found);
        else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`ended without logging ${message}:\n${log.map((line) => line.msg).join("\n")}`));
        } else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  const ready = await logged(/^listening on/);
  return {
    child,
    url: String(ready.url),
    log,
    logged,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

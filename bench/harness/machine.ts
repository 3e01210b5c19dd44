/** What a result was measured on: without it a figure cannot be repeated. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  memoryMiB: number;
  os: string;
  node: string;
  /** Whether load generator and server can be pinned to different cores. */
  pinned: boolean;
}

export function describeMachine(pinned: boolean): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    os: `${type()} ${release()}`,
    node: process.version,
    pinned,
  };
}

/** Short hash of the checked-out commit, with `+` when the tree has changes; `unknown` outside a repository. */
export function describeCommit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return (
      git("rev-parse", "--short", "HEAD").trim() + (git("status", "--porcelain").trim() === "" ? "" : "+")
    );
  } catch {
    return "unknown";
  }
}

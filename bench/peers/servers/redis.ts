import { spawnSync } from "node:child_process";
import type { ServerKind } from "../types.ts";
import { DataFolder, freePorts, ServerProcess } from "./process.ts";

export interface RedisAddress {
  host: string;
  port: number;
}

/** Redis with an append-only file. @param appendfsync when it is synced: for every write, or each second */
export function redis(appendfsync: "always" | "everysec"): ServerKind {
  return {
    missing: () =>
      run().status === 0
        ? undefined
        : "redis-server is missing: apt-get install redis-server (it starts a service)",
    version: () => `Redis ${/v=(\S+)/.exec(run().stdout)?.[1] ?? "unknown"}`,
    async start({ cores }) {
      const [port] = await freePorts(1);
      const folder = new DataFolder();
      const options = { port, bind: "127.0.0.1", dir: folder.path, appendonly: "yes", appendfsync, save: "" };
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const server = await ServerProcess.start({ command: "redis-server", args, cores, folder, port: port! });
      const address: RedisAddress = { host: "127.0.0.1", port: port! };
      return { address, usage: () => server.usage(), stop: () => server.stop() };
    },
  };
}

const run = () => spawnSync("redis-server", ["--version"], { encoding: "utf8" });

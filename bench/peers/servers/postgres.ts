import { execFileSync, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import type { ServerKind } from "../types.ts";
import { DataFolder, freePorts, ServerProcess } from "./process.ts";

/** Settings that are not the defaults of PostgreSQL, and those that decide about durability. */
const SETTINGS = { fsync: "on", synchronous_commit: "on", full_page_writes: "on", max_connections: "200" };

/** Address: a connection string. */
export const postgres: ServerKind = {
  missing: () =>
    binaries() === undefined
      ? "postgres is missing: apt-get install postgresql (it starts a service)"
      : undefined,
  version: () => {
    const text = execFileSync(join(binaries()!, "postgres"), ["--version"], { encoding: "utf8" });
    return `PostgreSQL ${/\d+\S*/.exec(text)?.[0] ?? "unknown"}`;
  },
  async start({ cores }) {
    // PostgreSQL refuses to run as root.
    const user = process.getuid?.() === 0 ? idsOf("postgres") : undefined;
    const [port] = await freePorts(1);
    const folder = new DataFolder(user);
    const data = join(folder.path, "data");
    const initdb = ["-D", data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    try {
      execFileSync(join(binaries()!, "initdb"), initdb, { stdio: "pipe", cwd: folder.path, ...user });
    } catch (error) {
      folder.remove();
      throw error;
    }
    const settings = {
      port: String(port),
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      ...SETTINGS,
    };
    const args = [
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ];
    const command = join(binaries()!, "postgres");
    const server = await ServerProcess.start({
      command,
      args,
      cores,
      folder,
      port: port!,
      // It listens before it takes connections.
      ready: () =>
        spawnSync(join(binaries()!, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status === 0,
      ...(user && { user }),
    });
    return {
      address: `postgres://bench@127.0.0.1:${port}/postgres`,
      usage: () => server.usage(),
      // Fast shutdown: connections that are left are ended.
      stop: () => server.stop("SIGINT"),
    };
  },
};

/** Debian keeps them outside of PATH; the newest version is taken. */
function binaries(): string | undefined {
  const byVersion = (a: string, b: string) => Number(b.split("/")[4]) - Number(a.split("/")[4]);
  const [newest] = globSync("/usr/lib/postgresql/*/bin/postgres").sort(byVersion);
  if (newest !== undefined) return join(newest, "..");
  const found = spawnSync("sh", ["-c", "command -v postgres"], { encoding: "utf8" }).stdout.trim();
  return found === "" ? undefined : join(found, "..");
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

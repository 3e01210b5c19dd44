import { existsSync } from "node:fs";
import { join } from "node:path";
import { installedVersion } from "../modules.ts";
import type { ServerKind } from "../types.ts";
import { DataFolder, freePorts, ServerProcess } from "./process.ts";

export interface RestateAddress {
  ingress: string;
  admin: string;
}

/** The package of the binary itself: the one that users start is a script around it. */
const PACKAGE = `@restatedev/restate-server-${process.platform}-${process.arch}`;

/** One node with the defaults of the server, which sync the log before anything is acknowledged. */
export const restate: ServerKind = {
  missing: (folder) => (existsSync(binary(folder)) ? undefined : `${PACKAGE} is missing: run with --install`),
  version: (folder) => `restate-server ${installedVersion(folder, PACKAGE)}`,
  async start({ folder: installed, cores }) {
    const [ingress, admin, node] = await freePorts(3);
    const folder = new DataFolder();
    const server = await ServerProcess.start({
      command: binary(installed),
      args: ["--listen-mode", "tcp", "--bind-ip", "127.0.0.1", "--node-name", "bench", "--no-logo"],
      env: {
        RESTATE_BASE_DIR: folder.path,
        RESTATE_BIND_PORT: String(node),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_LOG_FILTER: "error",
        RESTATE_DISABLE_TELEMETRY: "true",
      },
      cores,
      folder,
      port: admin!,
    });
    const url = (port: number | undefined) => `http://127.0.0.1:${port}`;
    const address: RestateAddress = { ingress: url(ingress), admin: url(admin) };
    return { address, usage: () => server.usage(), stop: () => server.stop() };
  },
};

function binary(folder: string): string {
  return join(folder, "node_modules", PACKAGE, "bin", "restate-server");
}

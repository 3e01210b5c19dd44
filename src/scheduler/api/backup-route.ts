import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";

export interface BackupOptions {
  /** Writes a consistent copy of the store to a new file. */
  write(file: string): Promise<void>;
  /** Where the copy stands while it is sent; needs room for all of it. */
  readonly folder: string;
}

export const BACKUP_PATH = "/dispatch.control.v1/Backup";

/**
 * Serves a copy of the store as it is at one moment, while calls go on. The copy is sent, not left on the service's
 * disk: whoever may ask for it gets no say in where the service writes.
 */
export function serveBackup(app: FastifyInstance, { write, folder }: BackupOptions): void {
  let isBusy = false;
  app.get(BACKUP_PATH, async (_request, reply) => {
    // Each copy takes the disk space of the whole store.
    if (isBusy)
      throw new ConnectError("resource_exhausted", "another backup is being made", { retryAfterMs: 10_000 });
    isBusy = true;
    const file = join(folder, `backup-${randomUUID()}.tmp`);
    const finish = async () => {
      isBusy = false;
      await rm(file, { force: true });
    };
    try {
      await write(file);
      const { size } = await stat(file);
      reply.raw.once("close", () => void finish());
      return reply
        .header("content-type", "application/vnd.sqlite3")
        .header("content-length", String(size))
        .send(createReadStream(file));
    } catch (error) {
      await finish();
      throw error;
    }
  });
}

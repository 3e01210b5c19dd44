/** `dispatch backup`: a copy of a running service's store. */
import { createWriteStream } from "node:fs";
import { link, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { BACKUP_PATH } from "../scheduler/api/index.ts";
import { addServiceFlags, clientOf } from "./calls/service-flags.ts";
import { CliError } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export function backupCommand(context: CliContext): Command {
  const command = new Command("backup")
    .summary("copy the store of a running service to a file")
    .description(
      "Copy the store of a running service to a new file while calls go on. The copy is whole: serve it with --store-path.",
    )
    .argument("<file>", "where to write the copy; must not exist")
    .action(async (file: string, flags: { json?: boolean }) => {
      const target = resolve(context.cwd, file);
      if ((await stat(target).catch(() => undefined)) !== undefined) throw exists(file);
      const client = await clientOf(command, context);
      const body = await client.download(BACKUP_PATH);
      const bytes = await save(body, target);
      if (flags.json) context.out(JSON.stringify({ file: target, bytes }));
      else context.out(`${bytes} bytes written to ${file}`);
    });
  return addServiceFlags(command);
}

/** The file has its name only once it is whole, and never takes the place of another. */
async function save(body: ReadableStream<Uint8Array>, target: string): Promise<number> {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  try {
    const file = createWriteStream(partial, { flags: "wx", flush: true, mode: 0o600 });
    await pipeline(Readable.fromWeb(body as never), file);
    await link(partial, target);
    return (await stat(target)).size;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw exists(target);
    const message = `the copy could not be written: ${(error as Error).message}`;
    throw new CliError(message, { cause: error });
  } finally {
    await rm(partial, { force: true });
  }
}

function exists(file: string): CliError {
  return new CliError(`${file} exists already: a backup never overwrites`, { exitCode: EXIT.usage });
}

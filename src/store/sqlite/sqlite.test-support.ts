import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SqliteOptions } from "./settings.ts";
import { SqliteStore } from "./store.ts";

/** A store in a folder of its own. */
export async function setup(options: Partial<SqliteOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "dispatch-store-"));
  const file = join(folder, "calls.db");
  const store = new SqliteStore({ file, ...options });
  return { store, file, folder, cleanUp: () => rm(folder, { recursive: true, force: true }) };
}

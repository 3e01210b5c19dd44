/** Files of the store hold what calls carry: they are for their owner alone. */
import { closeSync, openSync } from "node:fs";

/**
 * Makes an empty file, which to SQLite is an empty database, with rights for its owner alone; the files that SQLite
 * puts beside it get the same rights. One that exists keeps its own. Whatever else is wrong SQLite says better.
 */
export function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch {}
}

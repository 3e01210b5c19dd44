import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Size of the store's files and free space on their disk; undefined when they cannot be looked at. */
export async function diskFigures(
  storePath: string,
): Promise<{ sizeBytes: number; freeBytes: number } | undefined> {
  try {
    const sizes = await Promise.all([storePath, `${storePath}-wal`].map(sizeOf));
    const { bavail, bsize } = await statfs(dirname(storePath));
    return { sizeBytes: sizes.reduce((sum, size) => sum + size, 0), freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}

/** The write-ahead log is not always there. */
async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Size of the store's files and free space on their disk; undefined when they cannot be looked at. Asked once a
 * scrape, which must not wait: three system calls that the kernel answers from memory.
 */
export function diskFigures(storePath: string): { sizeBytes: number; freeBytes: number } | undefined {
  try {
    const sizes = [storePath, `${storePath}-wal`].map(
      (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0,
    );
    const { bavail, bsize } = statfsSync(dirname(storePath));
    return { sizeBytes: sizes.reduce((sum, size) => sum + size, 0), freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}

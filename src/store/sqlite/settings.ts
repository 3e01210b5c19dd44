/** Settings of the SQLite backend. */
export interface SqliteOptions {
  /** Path of the database file. Made when missing; its folder must exist. */
  file: string;
  /** Memory for cached pages, in bytes. More keeps more suspended calls' rows at hand. Default: 64 MiB. */
  cacheBytes?: number;
  /**
   * Size of the write-ahead log at which it is written back into the file. Larger makes fewer, longer stalls
   * and a longer recovery. Default: 16 MiB.
   */
  walBytes?: number;
  /** The file may not grow beyond this; further calls are refused as `full`. Default: the disk decides. */
  fileBytesMax?: number;
  /** Payloads larger than this stand apart from their row. Default: 2048. */
  inlineBytesMax?: number;
}

export interface SqliteSettings extends Required<Omit<SqliteOptions, "fileBytesMax">> {
  readonly fileBytesMax: number | undefined;
}

export function resolveSettings(options: SqliteOptions): SqliteSettings {
  return Object.freeze({
    file: options.file,
    cacheBytes: options.cacheBytes ?? 64 * 1024 * 1024,
    walBytes: options.walBytes ?? 16 * 1024 * 1024,
    fileBytesMax: options.fileBytesMax,
    inlineBytesMax: options.inlineBytesMax ?? 2048,
  });
}

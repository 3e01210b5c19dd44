import { StoreError, type StoreErrorCode } from "../errors.ts";

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) in the store's own terms. */
export function storeErrorOf(thrown: unknown, file: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const { errcode, message } = thrown as { errcode?: number; message?: string };
  const code = errcode === undefined ? "failed" : (EXTENDED.get(errcode) ?? CODES.get(errcode & 0xff));
  return new StoreError(code ?? "failed", `${file}: ${message ?? String(thrown)}`, { cause: thrown });
}

const EXTENDED: ReadonlyMap<number, StoreErrorCode> = new Map([
  [1032, "gone"], // READONLY_DBMOVED
]);

/** All others, such as IOERR and NOMEM, are `failed`: they may pass. */
const CODES: ReadonlyMap<number, StoreErrorCode> = new Map([
  [3, "read_only"], // PERM
  [5, "locked"], // BUSY
  [6, "locked"], // LOCKED
  [8, "read_only"], // READONLY
  [11, "corrupted"], // CORRUPT
  [13, "full"], // FULL
  [14, "read_only"], // CANTOPEN: the file or its journal cannot be made there
  [26, "corrupted"], // NOTADB
]);

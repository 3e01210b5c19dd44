/** The store's own failures. Codes are stable; messages may improve. */

export type StoreErrorCode =
  /** Another process holds the store. */
  | "locked"
  /** The file or its folder cannot be written. */
  | "read_only"
  /** The file is damaged, or is no store of this project. */
  | "corrupted"
  /** The file was written by a newer version. */
  | "too_new"
  /** The file was moved or removed under the session, or is not the store that was asked for. */
  | "gone"
  /** The disk, or the space granted, is used up. Nothing was written; may pass. */
  | "full"
  /** Another session has taken over. This one must stop. */
  | "fenced"
  /** A back-up never overwrites. */
  | "exists"
  /** The session was closed. */
  | "closed"
  /** Anything else that kept the store from working: the cause says more. Nothing was written; may pass. */
  | "failed";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }

  /** Total: whatever was thrown becomes a StoreError, itself when it is one. */
  static from(thrown: unknown): StoreError {
    if (thrown instanceof StoreError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new StoreError("failed", message, { cause: thrown });
  }
}

/**
 * What helps after an operation failed: `wait` as long as it takes, since somebody has to make room; `retry` a few
 * times, since it may have been a moment's; or only to open the store again, since this session cannot work any more.
 */
export type Remedy = "wait" | "retry" | "reopen";

export function remedyFor(code: StoreErrorCode): Remedy {
  switch (code) {
    case "full":
      return "wait";
    case "locked":
    case "failed":
    case "exists":
      return "retry";
    case "read_only":
    case "corrupted":
    case "too_new":
    case "gone":
    case "fenced":
    case "closed":
      return "reopen";
  }
}

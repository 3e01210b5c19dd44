/**
 * Why a state cannot be sealed or opened. Codes are stable, messages may improve.
 *
 * - `MALFORMED`: the bytes are no CoroutineState.
 * - `UNSUPPORTED_FORMAT`: a format or codec of another version.
 * - `UNKNOWN_KEY`: sealed with a key that is not among the keys here, or with none.
 * - `NOT_AUTHENTIC`: not sealed with this key for this context, or changed since.
 * - `LIMIT_EXCEEDED`: larger than a snapshot may be.
 */
export type EnvelopeErrorCode =
  | "MALFORMED"
  | "UNSUPPORTED_FORMAT"
  | "UNKNOWN_KEY"
  | "NOT_AUTHENTIC"
  | "LIMIT_EXCEEDED";

export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
  readonly code: EnvelopeErrorCode;

  constructor(code: EnvelopeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Why a request's signature was not accepted. `unauthenticated` (401) when it cannot be judged: an unknown key, a
 * component it does not cover, no known digest. `permission_denied` (403) when it is missing or wrong. `unavailable`
 * (503) when it is right and was used before: who has the key signs again, and all others cannot.
 */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
  readonly connectCode: "unauthenticated" | "permission_denied" | "unavailable";

  constructor(connectCode: SignatureError["connectCode"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.connectCode = connectCode;
  }
}

/** Thrown for a key that is none. Never holds a private key's text. */
export class KeyFormatError extends Error {
  override readonly name = "KeyFormatError";
}

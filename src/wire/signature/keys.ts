/** Ed25519 keys as users write them in files and environment variables. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { KeyFormatError } from "./error.ts";

/**
 * The public key that signatures are verified with: PEM (line ends may be written as `\n`, as environment variables
 * force one to), or the 32 raw bytes in base64.
 *
 * @param source what the key is called in errors, e.g. `DISPATCH_VERIFICATION_KEY`
 * @throws {KeyFormatError} `invalid verification key '…'`
 */
export function parseVerificationKey(text: string, source = "verification key"): KeyObject {
  const key = text.trim().replaceAll("\\n", "\n");
  if (key.includes("PRIVATE KEY")) {
    throw new KeyFormatError(`invalid ${source}: it is a private key, where the public one belongs`);
  }
  try {
    if (key.startsWith("-----BEGIN")) return ed25519(createPublicKey(key));
    const x = Buffer.from(rawBytes(key, [32])).toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch (error) {
    throw new KeyFormatError(`invalid ${source} '${shortened(text)}'`, { cause: error });
  }
}

/**
 * The private key that requests are signed with: PEM (PKCS #8), or in base64 the 32 bytes of the seed, with or
 * without the public key's 32 after it.
 *
 * @throws {KeyFormatError} without the key's text
 */
export function parseSigningKey(text: string, source = "signing key"): KeyObject {
  const key = text.trim().replaceAll("\\n", "\n");
  try {
    if (key.startsWith("-----BEGIN")) return ed25519(createPrivateKey(key));
    const seed = rawBytes(key, [32, 64]).subarray(0, 32);
    return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  } catch {
    // No cause: OpenSSL's and Buffer's errors may quote the input.
    throw new KeyFormatError(`invalid ${source}: expected Ed25519, as PEM or base64 of 32 bytes`);
  }
}

/** All of a PKCS #8 Ed25519 key but the seed: RFC 8410, section 7. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SHOWN_LENGTH_MAX = 80;

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError(`key type is ${key.asymmetricKeyType}`);
  return key;
}

function rawBytes(base64: string, lengths: readonly number[]): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw new TypeError("not base64");
  const bytes = Buffer.from(base64, "base64");
  if (!lengths.includes(bytes.length)) throw new TypeError(`${bytes.length} bytes`);
  return bytes;
}

function shortened(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX - 1)}…`;
}

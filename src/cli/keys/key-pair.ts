import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** An Ed25519 key pair in the forms that the options take. */
export interface KeyPairText {
  /** The private key, for `signingKey`: base64 of the 32 bytes of its seed. */
  readonly signingKey: string;
  /** The public key, for `verificationKey`: base64 of its 32 bytes. */
  readonly verificationKey: string;
  readonly signingKeyPem: string;
  readonly verificationKeyPem: string;
}

/** PKCS #8 around the 32 bytes of a seed (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** The key pair of a seed of 32 random bytes (RFC 8032, section 5.1.5). */
export function keyPairOf(seed: Uint8Array): KeyPairText {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(privateKey);
  return {
    signingKey: Buffer.from(seed).toString("base64"),
    verificationKey: rawPublic(publicKey).toString("base64"),
    signingKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    verificationKeyPem: publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

function rawPublic(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x!, "base64url");
}

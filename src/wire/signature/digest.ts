/** The `Content-Digest` header: RFC 9530. */
import { createHash, timingSafeEqual, webcrypto } from "node:crypto";
import { parseDictionary, serializeDictionary } from "structured-headers";
import { SignatureError } from "./error.ts";

/** The header for a body, with sha-512. */
export async function contentDigest(body: Uint8Array): Promise<string> {
  return serializeDictionary(new Map([["sha-512", [await digest("sha512", body), new Map()]]]));
}

/**
 * Holds every digest of a known algorithm (sha-256, sha-512) against the body.
 *
 * @throws {SignatureError} 401 when none is known, 403 when one differs or the header cannot be read
 */
export async function verifyContentDigest(header: string, body: Uint8Array): Promise<void> {
  let known = 0;
  for (const [name, member] of parsed(header)) {
    const algorithm = ALGORITHMS.get(name);
    if (algorithm === undefined) continue;
    known++;
    const expected = member[0];
    if (!(expected instanceof ArrayBuffer)) throw malformed();
    if (!equal(new Uint8Array(expected), await digest(algorithm, body))) {
      throw new SignatureError("permission_denied", "body does not match its Content-Digest");
    }
  }
  if (known === 0) throw new SignatureError("unauthenticated", "no known digest in Content-Digest");
}

type Algorithm = "sha256" | "sha512";

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ["sha-256", "sha256"],
  ["sha-512", "sha512"],
]);

function parsed(header: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(header);
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(cause?: unknown): SignatureError {
  return new SignatureError("permission_denied", "malformed Content-Digest", { cause });
}

/** Up to here hashing in place costs less than handing over to another thread. */
const IN_PLACE_SIZE_MAX = 65_536;

async function digest(algorithm: Algorithm, body: Uint8Array): Promise<Uint8Array> {
  if (body.length <= IN_PLACE_SIZE_MAX) return createHash(algorithm).update(body).digest();
  const name = algorithm === "sha256" ? "SHA-256" : "SHA-512";
  return new Uint8Array(await webcrypto.subtle.digest(name, body as Uint8Array<ArrayBuffer>));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Verifies requests signed by {@link RequestSigner} or by any Dispatch scheduler. */
import { type KeyObject, verify as verifyBytes } from "node:crypto";
import { promisify } from "node:util";
import { type Dictionary, type InnerList, isInnerList, parseDictionary } from "structured-headers";
import { field, type SignableRequest, signatureBase } from "./base.ts";
import { verifyContentDigest } from "./digest.ts";
import { SignatureError } from "./error.ts";
import { COVERED, KEY_ID, LABEL } from "./sign.ts";

export interface VerifierOptions {
  /** From {@link parseVerificationKey}. */
  readonly key: KeyObject;
  readonly now: () => number;
  /**
   * How long after its creation a signature is accepted. Shorter refuses runs that were delayed on the way; longer
   * lengthens the time a stolen request can be replayed. Default: 300_000.
   */
  readonly maxAgeMs?: number;
  /** How far the two clocks may be apart. Default: 5_000. */
  readonly toleranceMs?: number;
  /** Refuses what it has seen before. Default: none, and a request may be sent again while its signature is young. */
  readonly replay?: ReplayCheck;
  /**
   * Whether signatures without a nonce are checked too. Ed25519 gives the same request of the same second the same
   * signature, so that of two deliveries of one run in a second the other is refused. Default: false.
   */
  readonly replayWithoutNonce?: boolean;
}

/** Remembers accepted signatures. */
export interface ReplayCheck {
  /** Whether this id was given before, within the life of a signature. */
  seenBefore(id: string, nowMs: number): boolean;
}

export class RequestVerifier {
  readonly #key: KeyObject;
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #toleranceMs: number;
  readonly #replay: ReplayCheck | undefined;
  readonly #replayWithoutNonce: boolean;

  constructor(options: VerifierOptions) {
    this.#key = options.key;
    this.#now = options.now;
    this.#maxAgeMs = options.maxAgeMs ?? 300_000;
    this.#toleranceMs = options.toleranceMs ?? 5_000;
    this.#replay = options.replay;
    this.#replayWithoutNonce = options.replayWithoutNonce ?? false;
  }

  /**
   * Resolves when the request is signed by the key, recently, over all that matters, and its body is what was signed.
   * Nothing is hashed before the signature is known to be good.
   *
   * @throws {SignatureError}
   */
  async verify(request: SignableRequest): Promise<void> {
    const { covered, signature } = signatureOf(request);
    const nowMs = this.#now();
    checkKey(covered);
    this.#checkTime(covered, nowMs);
    checkCovered(covered);
    const base = Buffer.from(signatureBase(covered, request));
    const good = signature.length === 64 && (await verifyAsync(null, base, this.#key, signature));
    if (!good) throw new SignatureError("permission_denied", "invalid signature");
    await verifyContentDigest(field("content-digest", request), request.body);
    this.#checkReplay(covered, signature, nowMs);
  }

  /** Not `permission_denied`, which ends a call: a proxy may have sent the request of an honest scheduler twice. */
  #checkReplay([, parameters]: InnerList, signature: Uint8Array, nowMs: number): void {
    const hasNonce = typeof parameters.get("nonce") === "string";
    if (this.#replay === undefined || (!hasNonce && !this.#replayWithoutNonce)) return;
    // The signature covers the nonce, and is no longer than it should be.
    if (this.#replay.seenBefore(Buffer.from(signature).toString("base64"), nowMs)) {
      throw new SignatureError("unavailable", "signature was used before: sign the request again");
    }
  }

  #checkTime(covered: InnerList, nowMs: number): void {
    const created = secondsOf(covered, "created");
    if (created === undefined)
      throw new SignatureError("permission_denied", "signature has no creation time");
    const expires = secondsOf(covered, "expires");
    if (created * 1000 > nowMs + this.#toleranceMs) {
      throw new SignatureError("permission_denied", "signature was created in the future");
    }
    if (created * 1000 + this.#maxAgeMs < nowMs - this.#toleranceMs) {
      throw new SignatureError("permission_denied", "signature is too old");
    }
    if (expires !== undefined && expires * 1000 < nowMs - this.#toleranceMs) {
      throw new SignatureError("permission_denied", "signature has expired");
    }
  }
}

const verifyAsync = promisify(verifyBytes);

/** The signature with our label; others on the request are not ours to judge. */
function signatureOf(request: SignableRequest): { covered: InnerList; signature: Uint8Array } {
  const covered = dictionary("signature-input", request).get(LABEL);
  const signature = dictionary("signature", request).get(LABEL)?.[0];
  if (covered === undefined || signature === undefined) {
    throw new SignatureError("permission_denied", "missing signature");
  }
  if (!isInnerList(covered) || !(signature instanceof ArrayBuffer)) {
    throw new SignatureError("permission_denied", "malformed signature");
  }
  return { covered, signature: new Uint8Array(signature) };
}

function dictionary(name: string, request: SignableRequest): Dictionary {
  if (request.headers[name] === undefined) throw new SignatureError("permission_denied", "missing signature");
  try {
    return parseDictionary(field(name, request));
  } catch (error) {
    throw new SignatureError("permission_denied", "malformed signature", { cause: error });
  }
}

function checkKey([, parameters]: InnerList): void {
  const keyId = parameters.get("keyid");
  if (keyId !== KEY_ID) {
    const name = typeof keyId === "string" ? ` '${keyId.slice(0, 80)}'` : "";
    throw new SignatureError("unauthenticated", `unknown key id${name}`);
  }
  const algorithm = parameters.get("alg");
  if (algorithm !== undefined && algorithm !== "ed25519") {
    throw new SignatureError("permission_denied", "signature algorithm is not ed25519");
  }
}

function checkCovered([components]: InnerList): void {
  for (const required of COVERED) {
    if (!components.some(([name]) => name === required)) {
      throw new SignatureError("unauthenticated", `signature does not cover "${required}"`);
    }
  }
}

function secondsOf([, parameters]: InnerList, name: "created" | "expires"): number | undefined {
  const seconds = parameters.get(name);
  if (seconds === undefined) return undefined;
  if (!Number.isInteger(seconds))
    throw new SignatureError("permission_denied", `malformed ${name} of signature`);
  return seconds as number;
}

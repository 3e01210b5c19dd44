/** Signs requests: RFC 9421 with Ed25519, in the form that Dispatch endpoints expect. */
import { type KeyObject, sign as signBytes } from "node:crypto";
import { promisify } from "node:util";
import { type InnerList, serializeDictionary } from "structured-headers";
import { type SignableRequest, signatureBase } from "./base.ts";
import { contentDigest } from "./digest.ts";

/** Label of the signature in its headers. */
export const LABEL = "dispatch";
/** The key id that signers send and verifiers know. */
export const KEY_ID = "default";
/** What every signature covers. */
export const COVERED = ["@method", "@path", "@authority", "content-type", "content-digest"] as const;

export interface SignerOptions {
  /** From {@link parseSigningKey}. */
  readonly key: KeyObject;
  readonly now: () => number;
  /**
   * A fresh text for every request, sent as `nonce`. Ed25519 gives the same request of the same second the same
   * signature; with a nonce a verifier can tell a retry from a replay. Default: no nonce.
   */
  readonly nonce?: () => string;
}

/** A request to sign, and what its headers will be. Header names in lower case. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export class RequestSigner {
  readonly #options: SignerOptions;

  constructor(options: SignerOptions) {
    this.#options = options;
  }

  /**
   * The headers to add: `content-digest`, `signature-input`, `signature`.
   *
   * @throws {SignatureError} when the request has no content-type, which the signature must cover
   */
  async sign(outgoing: OutgoingRequest): Promise<Record<string, string>> {
    const digest = await contentDigest(outgoing.body);
    const covered = this.#covered();
    const request = signable(outgoing, { ...outgoing.headers, "content-digest": digest });
    const signature = await signAsync(null, Buffer.from(signatureBase(covered, request)), this.#options.key);
    return {
      "content-digest": digest,
      "signature-input": serializeDictionary(new Map([[LABEL, covered]])),
      signature: serializeDictionary(new Map([[LABEL, [signature, new Map()]]])),
    };
  }

  #covered(): InnerList {
    const { now, nonce } = this.#options;
    const parameters: InnerList[1] = new Map();
    parameters.set("created", Math.floor(now() / 1000));
    parameters.set("keyid", KEY_ID);
    parameters.set("alg", "ed25519");
    if (nonce !== undefined) parameters.set("nonce", nonce());
    return [COVERED.map((name) => [name, new Map()]), parameters];
  }
}

/** Off the event loop: a signature takes longer than all else that is done for a request. */
const signAsync = promisify(signBytes);

function signable(outgoing: OutgoingRequest, headers: Record<string, string>): SignableRequest {
  const { method, url, body } = outgoing;
  const scheme = url.protocol === "https:" ? "https" : "http";
  return { method, target: url.pathname + url.search, authority: url.host, scheme, headers, body };
}

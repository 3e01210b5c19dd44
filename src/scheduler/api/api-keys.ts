import { createHash, timingSafeEqual } from "node:crypto";
import { ConnectError } from "../../wire/connect-error.ts";
import { isLoopbackAddress, isLoopbackUrl } from "../../wire/web-origin.ts";

export interface ApiKeyOptions {
  /**
   * Keys that are accepted; several allow rotation: add the new key, move the clients, remove the old one.
   * Default: none.
   */
  keys?: readonly string[];
  /**
   * With no keys, answer requests that come from this machine. Meant for development: everybody on the machine
   * may then dispatch. Default: false, which refuses every request while there is no key.
   */
  openOnLoopback?: boolean;
}

/** What of a request decides whether it is let in. */
export interface Caller {
  readonly authorization: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Decides who may use the Dispatch API. */
export class ApiKeys {
  #digests: readonly Buffer[] = [];
  #openOnLoopback = false;

  /** @throws RangeError when a key is empty: it would let in a header that holds none. */
  constructor(options: ApiKeyOptions = {}) {
    this.replace(options);
  }

  /** Other keys from the next request on. Throws like the constructor, and the keys stay as they are. */
  replace(options: ApiKeyOptions): void {
    const keys = options.keys ?? [];
    if (keys.some((key) => key.trim() === "")) throw new RangeError("an API key must not be empty");
    this.#digests = keys.map(digest);
    this.#openOnLoopback = options.openOnLoopback ?? false;
  }

  /** Whether requests from this machine are answered without a key. */
  get open(): boolean {
    return this.#digests.length === 0 && this.#openOnLoopback;
  }

  /** Why a caller is refused; undefined when it may go on. Takes the same time for every wrong key. */
  refusal(caller: Caller): ConnectError | undefined {
    if (this.open) return foreignness(caller);
    const key = /^Bearer +(\S+) *$/i.exec(caller.authorization ?? "")?.[1];
    if (key === undefined) {
      const found = caller.authorization === undefined ? "is missing" : "is not of the form 'Bearer KEY'";
      return new ConnectError("unauthenticated", `the Authorization header ${found}`);
    }
    const presented = digest(key);
    let known = false;
    // Every key is compared, so that the time does not tell which of them came close.
    for (const one of this.#digests) known = timingSafeEqual(one, presented) || known;
    return known ? undefined : new ConnectError("unauthenticated", "the API key is not valid");
  }
}

/**
 * Without keys the machine itself is the credential. A web page open on the same machine must not pass for it:
 * its requests name its own origin, or, after DNS rebinding, its own host.
 */
function foreignness({ remoteAddress, host, origin }: Caller): ConnectError | undefined {
  const fromHere = remoteAddress !== undefined && isLoopbackAddress(remoteAddress);
  const toHere = host === undefined || isLoopbackUrl(`http://${host}`);
  const byPage = origin !== undefined && !isLoopbackUrl(origin);
  if (fromHere && toHere && !byPage) return undefined;
  return new ConnectError(
    "unauthenticated",
    "this service has no API key and answers only requests from its own machine",
  );
}

/** Of equal length for every key, which is what a comparison in constant time needs. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/**
 * Where a call's runs go. The endpoint of a call is written by whoever dispatches it, so it is never trusted:
 * `DestinationPolicy` decides which endpoints the scheduler talks to at all.
 */
import { isAddress } from "./address.ts";
import {
  type AllowRule,
  hostAllowed,
  LOOPBACK_NAMES,
  literalAllowed,
  parseAllowRules,
} from "./allow-list.ts";

export type Destination =
  /** Functions of this very process. */
  | { readonly kind: "local" }
  | { readonly kind: "http"; readonly origin: string; readonly runPath: string }
  /** A session of the long-poll bridge. */
  | { readonly kind: "bridge"; readonly session: string };

/**
 * Endpoint of functions that the scheduler's own process serves, whatever address it listens on: calls that are
 * stored under it run again after a restart on another port. A bridge session cannot have this name.
 */
export const LOCAL_ENDPOINT = "bridge://local";

/** Path of the Run method under an endpoint's URL. */
export const RUN_PATH = "/dispatch.sdk.v1.FunctionService/Run";

/** An endpoint that is not one, or that this scheduler must not reach. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
  /** As a Connect code: the endpoint is malformed, or it is well formed and not allowed. */
  readonly code: "invalid_argument" | "permission_denied";

  constructor(code: DestinationError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface DestinationPolicyOptions {
  /**
   * Hosts that runs may be sent to besides this machine. Each is a name (`worker.example.com`), a name with a
   * port, a wildcard for the names below one (`*.example.com`), `*` for any name, an address, or a range of
   * addresses (`10.0.0.0/8`). A name never opens private addresses: a name that resolves to one also needs the
   * address's range here. Default: none.
   */
  allow?: readonly string[];
  /**
   * Endpoint URLs, without a slash at the end, that mean the functions of this process. Read at each decision; may
   * grow. Default: none.
   */
  local?: ReadonlySet<string>;
}

const BRIDGE_SESSION = /^[A-Za-z0-9_-]{1,128}$/;
const LAMBDA_ARN = /^arn:aws[\w-]*:lambda:/;
const REMEMBERED_MAX = 1000;

export class DestinationPolicy {
  readonly rules: readonly AllowRule[];
  readonly #local: ReadonlySet<string>;
  readonly #remembered = new Map<string, Destination>();

  /** @throws RangeError when an entry of `allow` cannot be read; the message names it. */
  constructor(options: DestinationPolicyOptions = {}) {
    this.rules = parseAllowRules(options.allow ?? []);
    this.#local = options.local ?? new Set();
  }

  /**
   * Reads an endpoint. Names are judged here by how they are written; the addresses that they resolve to are
   * judged when a connection is made.
   * @throws DestinationError
   */
  resolve(endpoint: string): Destination {
    if (this.isLocal(endpoint)) return { kind: "local" };
    const known = this.#remembered.get(endpoint);
    if (known !== undefined) return known;
    const destination = this.#read(endpoint);
    // Endpoints are few in practice; the bound holds off a caller that invents them.
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(endpoint, destination);
    return destination;
  }

  /** Whether the functions of this process are meant. */
  isLocal(endpoint: string): boolean {
    return endpoint === LOCAL_ENDPOINT || this.#isLocal(endpoint);
  }

  #isLocal(endpoint: string): boolean {
    return this.#local.has(endpoint) || (endpoint.endsWith("/") && this.#local.has(endpoint.slice(0, -1)));
  }

  #read(endpoint: string): Destination {
    if (LAMBDA_ARN.test(endpoint)) {
      throw new DestinationError(
        "permission_denied",
        `this scheduler does not run AWS Lambda functions: ${quoted(endpoint)}`,
      );
    }
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    if (url === undefined) throw new DestinationError("invalid_argument", `not a URL: ${quoted(endpoint)}`);
    if (url.username !== "" || url.password !== "") {
      throw new DestinationError("invalid_argument", "an endpoint URL must not hold a user name or password");
    }
    switch (url.protocol) {
      case "bridge:":
        return bridge(url, endpoint);
      case "http:":
      case "https:":
        return this.#http(url, endpoint);
      default:
        throw new DestinationError(
          "invalid_argument",
          `the scheme must be http, https or bridge: ${quoted(endpoint)}`,
        );
    }
  }

  #http(url: URL, endpoint: string): Destination {
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    // The URL parser has brought decimal, octal and hexadecimal addresses into their usual form by now.
    const allowed = isAddress(url.hostname)
      ? literalAllowed(this.rules, url.hostname, port)
      : LOOPBACK_NAMES.test(url.hostname) || hostAllowed(this.rules, url.hostname, port);
    if (!allowed) {
      throw new DestinationError(
        "permission_denied",
        `host ${quoted(url.hostname)} is not among the allowed destinations: ${quoted(endpoint)}`,
      );
    }
    return { kind: "http", origin: url.origin, runPath: url.pathname.replace(/\/+$/, "") + RUN_PATH };
  }
}

function bridge(url: URL, endpoint: string): Destination {
  if (!BRIDGE_SESSION.test(url.host)) {
    throw new DestinationError(
      "invalid_argument",
      `a bridge session is 1 to 128 letters, digits, - or _: ${quoted(endpoint)}`,
    );
  }
  return { kind: "bridge", session: url.host };
}

/** An endpoint comes from outside and ends up in messages and logs: escaped, and cut to a bounded length. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

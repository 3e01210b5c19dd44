/** What a signature is over: RFC 9421, section 2. */
import { type InnerList, serializeInnerList } from "structured-headers";
import { SignatureError } from "./error.ts";

/** An HTTP request in the terms of a signature. */
export interface SignableRequest {
  readonly method: string;
  /** As on the request line, query included: `/path?query`, or an absolute URL. */
  readonly target: string;
  /** The Host header, or HTTP/2's `:authority`. */
  readonly authority: string;
  /** Of the connection the client made, so of the proxy where one ends TLS. */
  readonly scheme: "http" | "https";
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/**
 * The signature base: a line for each covered component and one for the parameters.
 *
 * @throws {SignatureError} 401 for a component that the request does not have, 403 for one that is not supported or
 *   appears twice
 */
export function signatureBase(covered: InnerList, request: SignableRequest): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const [name, parameters] of covered[0]) {
    if (typeof name !== "string" || parameters.size > 0) {
      throw new SignatureError("permission_denied", "signature covers a component that is not supported");
    }
    if (seen.has(name)) throw new SignatureError("permission_denied", `signature covers "${name}" twice`);
    seen.add(name);
    lines.push(`"${name}": ${name.startsWith("@") ? derived(name, request) : field(name, request)}`);
  }
  lines.push(`"@signature-params": ${serializeInnerList(covered)}`);
  return lines.join("\n");
}

/** Header values trimmed and joined: RFC 9421, section 2.1. */
export function field(name: string, request: SignableRequest): string {
  // A header of this name, not what every object has: a signature may claim to cover "constructor".
  const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
  if (value === undefined) {
    throw new SignatureError("unauthenticated", `request has no "${name}", which its signature covers`);
  }
  return typeof value === "string" ? value.trim() : value.map((one) => one.trim()).join(", ");
}

/** RFC 9421, section 2.2. */
function derived(name: string, request: SignableRequest): string {
  switch (name) {
    case "@method":
      return request.method;
    case "@authority":
      return authorityOf(request);
    case "@scheme":
      return request.scheme;
    case "@path":
      return pathAndQuery(request)[0];
    case "@query":
      return pathAndQuery(request)[1];
    case "@request-target":
      return request.target;
    case "@target-uri":
      return `${request.scheme}://${authorityOf(request)}${pathAndQuery(request).join("").replace(/\?$/, "")}`;
    default:
      throw new SignatureError("permission_denied", `signature covers "${name}", which is not supported`);
  }
}

/** In lower case, the default port left out. */
function authorityOf(request: SignableRequest): string {
  const authority = request.authority.toLowerCase();
  const defaultPort = request.scheme === "https" ? ":443" : ":80";
  return authority.endsWith(defaultPort) ? authority.slice(0, -defaultPort.length) : authority;
}

/** As sent, not normalised: what is routed is what was signed. The query of none is `?`. */
function pathAndQuery(request: SignableRequest): [path: string, query: string] {
  const target = request.target.replace(/^https?:\/\/[^/?#]*/i, "");
  const end = target.indexOf("?");
  const path = end < 0 ? target : target.slice(0, end);
  return [path === "" ? "/" : path, end < 0 ? "?" : target.slice(end)];
}

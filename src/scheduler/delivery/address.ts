import ipaddr from "ipaddr.js";

/**
 * What lies behind an IP address:
 * - `loopback`: this machine;
 * - `public`: the internet;
 * - `internal`: everything else. Private and shared ranges, link-local (where clouds keep their metadata
 *   services), multicast, documentation, and the transition ranges that embed another address.
 */
export type AddressKind = "loopback" | "public" | "internal";

/**
 * Classifies by the special-purpose registries of RFC 6890. An IPv4 address mapped into IPv6 counts as the IPv4
 * address, because that is where the connection goes. What is not an address is `internal`: never reachable
 * without being named.
 */
export function addressKind(address: string): AddressKind {
  const parsed = parseAddress(address);
  if (parsed === undefined) return "internal";
  const range = parsed.range();
  if (range === "loopback") return "loopback";
  return range === "unicast" ? "public" : "internal";
}

/** A range of addresses, such as `10.0.0.0/8`; a single address is a range of one. */
export interface AddressRange {
  includes(address: string): boolean;
}

/** Reads an address or a CIDR range (RFC 4632); undefined when the text is neither. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const bare = unbracketed(text);
  const [base, bits] = bare.includes("/") ? parseCidr(bare) : wholeAddress(bare);
  if (base === undefined || bits === undefined) return undefined;
  return {
    includes(address) {
      const parsed = parseAddress(address);
      return parsed !== undefined && parsed.kind() === base.kind() && parsed.match(base, bits);
    },
  };
}

/** Whether a URL's host is an address rather than a name. IPv6 addresses stand in brackets there. */
export function isAddress(host: string): boolean {
  return parseAddress(host) !== undefined;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseAddress(text: string): Address | undefined {
  const bare = unbracketed(text);
  if (!ipaddr.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

function parseCidr(text: string): [Address, number] | [undefined, undefined] {
  if (!ipaddr.isValidCIDR(text)) return [undefined, undefined];
  return ipaddr.parseCIDR(text);
}

function wholeAddress(text: string): [Address, number] | [undefined, undefined] {
  const address = parseAddress(text);
  if (address === undefined) return [undefined, undefined];
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function unbracketed(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

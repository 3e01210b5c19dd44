import { type AddressRange, addressKind, isAddress, parseAddressRange } from "./address.ts";

export type AllowRule =
  | { readonly kind: "address"; readonly range: AddressRange }
  /** `suffix` is the whole name, or with `below` every name under it; the empty suffix with `below` is any name. */
  | {
      readonly kind: "host";
      readonly suffix: string;
      readonly below: boolean;
      readonly port: number | undefined;
    };

/** Names that mean this machine by themselves (RFC 6761, section 6.3). */
export const LOOPBACK_NAMES = /^(?:[a-z0-9-]+\.)*localhost\.?$/;

/** @throws RangeError naming the entry that is neither a host nor an address. */
export function parseAllowRules(entries: readonly string[]): AllowRule[] {
  return entries.map((entry) => {
    const range = parseAddressRange(entry.trim());
    if (range !== undefined) return { kind: "address", range };
    return parseHostRule(entry.trim().toLowerCase());
  });
}

/** Whether a name, as written in an endpoint, may be looked up and talked to. */
export function hostAllowed(rules: readonly AllowRule[], host: string, port: number): boolean {
  const name = withoutRootDot(host);
  return rules.some(
    (rule) =>
      rule.kind === "host" &&
      (rule.port === undefined || rule.port === port) &&
      (rule.below
        ? rule.suffix === "" || name.endsWith(`.${rule.suffix}`)
        : withoutRootDot(rule.suffix) === name),
  );
}

/** Whether an address written in an endpoint itself may be talked to. `*` opens public addresses, no others. */
export function literalAllowed(rules: readonly AllowRule[], host: string, port: number): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  if (addressKind(bare) === "public" && hostAllowed(rules, host, port)) return true;
  return addressKind(bare) === "loopback" || inAllowedRange(rules, bare);
}

/** Whether a connection may go to an address that an allowed name resolved to. */
export function resolvedAllowed(rules: readonly AllowRule[], address: string): boolean {
  return addressKind(address) !== "internal" || inAllowedRange(rules, address);
}

function inAllowedRange(rules: readonly AllowRule[], address: string): boolean {
  return rules.some((rule) => rule.kind === "address" && rule.range.includes(address));
}

function parseHostRule(entry: string): AllowRule {
  const match = /^(\*\.)?([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?|\*)(?::(\d{1,5}))?$/.exec(entry);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (match === null || (port !== undefined && (port < 1 || port > 65_535)) || isAddress(match[2]!)) {
    throw new RangeError(
      `allowed destination ${JSON.stringify(entry)} is not a host name, a wildcard such as *.example.com, ` +
        "an address or a range such as 10.0.0.0/8",
    );
  }
  if (match[2] === "*") return { kind: "host", suffix: "", below: true, port };
  return { kind: "host", suffix: match[2]!, below: match[1] !== undefined, port };
}

function withoutRootDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

import { type LookupAddress, type LookupOptions, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { type AllowRule, resolvedAllowed } from "./allow-list.ts";

/** Code of the error a lookup ends with when a name resolves only to addresses that are not allowed. */
export const DESTINATION_REFUSED = "ERR_DESTINATION_REFUSED";

/** Resolves a name to all its addresses; `dns.lookup` unless a test says otherwise. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for sockets that yields only allowed addresses. It runs for every connection, on the very answer the
 * socket connects to, so a name that resolves differently a second time (DNS rebinding) gains nothing.
 */
export function guardedLookup(
  rules: readonly AllowRule[],
  resolveAll: ResolveAll = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolveAll(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => resolvedAllowed(rules, address));
      const first = allowed[0];
      if (first === undefined) return callback(refusal(hostname, addresses), "", 0);
      if (options.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

function refusal(hostname: string, addresses: readonly LookupAddress[]): NodeJS.ErrnoException {
  const list = addresses.map(({ address }) => address).join(", ");
  return Object.assign(
    new Error(
      `${hostname} resolves to ${list}, which is not public: to allow it, add its range to the allowed destinations`,
    ),
    { code: DESTINATION_REFUSED },
  );
}

import { parseAddress } from "../config/index.ts";

/** The URL under which a service that listens on this address is reached from here. */
export function addressUrl(address: string): string {
  const { host, port } = parseAddress(address);
  // An address to listen on all interfaces is none to connect to.
  const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

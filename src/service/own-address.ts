/** What a process knows of its own address. */

/** The URL under which this process reaches itself: an address to listen on all interfaces is none to connect to. */
export function ownUrl(listening: string): string {
  const url = new URL(listening);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "localhost";
  return url.origin;
}

/** Whether only this machine can reach an address to listen on. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Every way to write this process's endpoint that callers on this machine use. */
export function ownEndpoints(listening: string, endpointUrl: string | undefined): string[] {
  const own = new URL(ownUrl(listening));
  const names = isLoopbackHost(own.hostname.replace(/^\[|\]$/g, ""))
    ? ["localhost", "127.0.0.1", "[::1]"]
    : [];
  const endpoints = names.map((name) => {
    const url = new URL(own);
    url.hostname = name;
    return url.origin;
  });
  return [own.origin, ...endpoints, ...(endpointUrl === undefined ? [] : [endpointUrl.replace(/\/+$/, "")])];
}

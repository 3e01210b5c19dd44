/**
 * Whether a URL names this very machine. What needs no key or signature is for this machine alone, and a web page that
 * is open on it must not pass for it: browsers name the page's origin in every POST, after DNS rebinding too.
 */
export function isLoopbackUrl(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? "";
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** Whether the peer of a socket is this very machine. */
export function isLoopbackAddress(address: string): boolean {
  return /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}

/** The seam to request signatures: the endpoint asks, src/wire/signature answers. */
import type { IncomingHttpHeaders } from "node:http";

export interface SignedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** The Host header. */
  readonly authority: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Rejects with a ConnectError: `permission_denied` for a missing or bad signature, `unauthenticated` for an unusable one. */
export type RequestVerifier = (request: SignedRequest) => Promise<void>;

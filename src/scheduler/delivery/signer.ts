/** Signs outgoing runs (RFC 9421), so that an endpoint can tell its scheduler from anybody else. */
export interface RunSigner {
  /** The headers to add: Content-Digest, Signature-Input and Signature. */
  sign(request: {
    readonly method: string;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  }): Promise<Readonly<Record<string, string>>>;
}

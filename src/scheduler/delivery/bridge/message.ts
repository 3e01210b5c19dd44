/** HTTP/1.1 messages as bytes (RFC 9112): what the bridge carries instead of connections. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";

export interface ParsedResponse {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** A POST of a RunRequest. `host`, `path` and `headers` must be checked already: they are written as they are. */
export function serializeRunRequest(
  host: string,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Uint8Array {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/proto\r\n` +
    `Content-Length: ${body.length}\r\n${more.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/**
 * Reads a whole response: content length, chunks and end of input all delimit a body. Node's own client does the
 * parsing, fed from memory.
 * @throws Error with the parser's code (`HPE_…`) when the bytes are no response, or end too early.
 */
export async function parseResponse(bytes: Uint8Array): Promise<ParsedResponse> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({
      method: "POST",
      createConnection: () => new Recording(bytes),
    });
    request.on("response", resolve);
    request.on("error", reject);
    // Any response to an upgrade or a CONNECT would bypass "response".
    request.on("upgrade", () => reject(new Error("the response switches protocols")));
    request.on("close", () => reject(new Error("the response ends before its headers do")));
    request.end();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { httpStatus: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

/** A connection whose other side says `bytes` once it has been asked, and hangs up. */
class Recording extends Duplex {
  #bytes: Uint8Array | undefined;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override _read(): void {
    if (this.#bytes === undefined) return;
    const bytes = this.#bytes;
    this.#bytes = undefined;
    // The client listens only after it was given the connection.
    setImmediate(() => {
      this.push(bytes);
      this.push(null);
    });
  }

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

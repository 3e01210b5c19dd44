/** HTTP to the Dispatch API: one request, one answer, on connections that are kept. Does not retry. */
import { type Dispatcher, Pool } from "undici";
import { ConnectError } from "../../wire/connect-error.ts";
import { connectErrorOfResponse } from "../../wire/connect-error-response.ts";

export interface Transport {
  /**
   * @param path such as `dispatch.sdk.v1.DispatchService/Dispatch`
   * @returns the body of a 200
   * @throws {ConnectError} what any other answer says, or `deadline_exceeded` after `timeoutMs`
   * @throws an error of undici or Node when the network failed, and the signal's reason when it was aborted
   */
  post(path: string, body: Uint8Array, options: PostOptions): Promise<Uint8Array>;
  /** Waits for the requests under way. */
  close(): Promise<void>;
}

export interface PostOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TransportOptions {
  readonly apiUrl: URL;
  readonly apiKey: string | undefined;
  readonly connectionsMax: number;
}

export function createTransport({ apiUrl, apiKey, connectionsMax }: TransportOptions): Transport {
  const pool = new Pool(apiUrl.origin, {
    connections: connectionsMax,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    maxResponseSize: responseBytesMax,
    // Each request brings its own limit, the time of connecting included.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000 },
  });
  const headers = {
    "content-type": "application/proto",
    "connect-protocol-version": "1",
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  return {
    async post(path, body, options) {
      // AbortSignal.timeout would keep its timer to the end of a long wait that was answered at once.
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
      const signal =
        options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal]);
      try {
        const response = await pool.request({
          method: "POST",
          path: apiUrl.pathname + path,
          headers: {
            ...headers,
            "connect-timeout-ms": String(Math.ceil(options.timeoutMs)),
            ...options.headers,
          },
          body,
          signal,
        });
        return await readBody(response);
      } catch (error) {
        if (deadline.signal.aborted && !options.signal?.aborted) {
          const message = `no answer within ${options.timeoutMs} ms`;
          throw new ConnectError("deadline_exceeded", message, { cause: error });
        }
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => pool.close(),
  };
}

/** Results are bounded by the API; this is against one that is not. */
const responseBytesMax = 64_000_000;

async function readBody({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Uint8Array> {
  const bytes = await body.bytes();
  if (statusCode !== 200) {
    throw connectErrorOfResponse({ httpStatus: statusCode, headers, body: bytes }, Date.now());
  }
  const type = String(headers["content-type"] ?? "application/proto");
  if (!/^application\/(x-)?proto(buf)?\b/i.test(type)) {
    // A login page, a proxy: what it says is not an answer of the API.
    throw new ConnectError(
      "internal",
      `the API answered with ${type.slice(0, 100)} instead of application/proto`,
    );
  }
  return bytes;
}

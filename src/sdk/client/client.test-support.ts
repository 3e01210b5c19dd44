/** A Dispatch API for tests: a real HTTP server whose answers a test decides. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import {
  type Call as CallMessage,
  readDispatchRequest,
  writeDispatchResponse,
} from "../../wire/hot-path/index.ts";
import { Call } from "../call.ts";
import { Client } from "./client.ts";
import type { ClientClock } from "./clock.ts";
import type { ClientOptions } from "./options.ts";

export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  readonly socket: Socket;
  /** The calls of a Dispatch request. */
  readonly calls: readonly CallMessage[];
}

/** Undefined: the connection is cut without an answer. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; body?: Uint8Array | string }
  | undefined;

export interface Api {
  readonly url: string;
  readonly requests: Seen[];
  client(options?: ClientOptions): Client;
}

/** @param handle decides the answer to each request; by default every call gets `id-<function>` */
export async function setupApi(
  t: TestContext,
  handle: (request: Seen, index: number) => Answer | Promise<Answer> = accept,
): Promise<Api> {
  const requests: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = new Uint8Array(Buffer.concat(chunks));
    const path = request.url!;
    const calls = path.endsWith("/Dispatch") ? readDispatchRequest(body).calls : [];
    const seen = { path, headers: request.headers, body, calls, socket: request.socket };
    const answer = await handle(seen, requests.push(seen) - 1);
    if (answer === undefined) return request.socket.destroy();
    response.writeHead(answer.status ?? 200, { "content-type": "application/proto", ...answer.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: Client[] = [];
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await Promise.all(clients.map((client) => client.close()));
  });
  return {
    url,
    requests,
    client(options = {}) {
      const client = new Client({ apiUrl: url, apiKey: "key", ...options });
      clients.push(client);
      return client;
    },
  };
}

export function accept({ calls }: Seen): Answer {
  return { body: writeDispatchResponse({ dispatchIds: calls.map((call) => `id-${call.function}`) }) };
}

export function refuse(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  const body = JSON.stringify({ code, message });
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

export function callOf(name: string, ...args: unknown[]): Call {
  return new Call({ function: name, args, endpoint: "http://functions" });
}

/** Time passes only by sleeping, and sleeping takes none. */
export function virtualClock(): ClientClock & { readonly slept: number[] } {
  let now = 0;
  let ids = 0;
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => now,
    random: () => 0.5,
    uniqueId: () => `key-${ids++}`,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

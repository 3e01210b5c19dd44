/** Calls that are one HTTP request each: for peers whose clients do the same, and for those that users put HTTP before. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import type { PeerClient } from "../adapter.ts";

/** More than any mode has in flight. */
const CONNECTIONS = 1024;

/** POSTs each value as JSON to `origin`; the answer is the result as JSON. */
export function httpClient(
  origin: string,
  pathOf: (name: string) => string,
  accepted: readonly number[] = [200],
): PeerClient {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const one = async (name: string, value: number) => {
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: pathOf(name),
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
    const text = await body.text();
    if (!accepted.includes(statusCode)) throw new Error(`HTTP ${statusCode}: ${text}`);
    return JSON.parse(text) as unknown;
  };
  return {
    call: (name, values) => Promise.all(values.map((value) => one(name, value))),
    close: () => pool.destroy(),
  };
}

/** Serves what {@link httpClient} sends, as little server as possible. The path is the function's name. */
export async function serveCalls(run: (name: string, value: number) => Promise<unknown>) {
  const server = createServer(async (request, response) => {
    try {
      const value = JSON.parse(await textOf(request)) as number;
      response.end(JSON.stringify(await run(request.url!.slice(1), value)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A real endpoint on a free port, with a function passed in where the pool would be. */
import { connect, type Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import type { TelemetryEvent } from "../telemetry/events.ts";
import { RunRequestSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { encodeArguments } from "../wire/values/index.ts";
import { createEndpoint, type EndpointOptions, RUN_PATH, type RunFunction } from "./index.ts";

/** RunResponse with status OK and nothing else. */
export const OK_RESPONSE = new Uint8Array([8, 1]);

export async function setupEndpoint(options: Partial<EndpointOptions> = {}) {
  const events: TelemetryEvent[] = [];
  const run: RunFunction = options.run ?? (async () => OK_RESPONSE);
  const endpoint = createEndpoint({
    serves: (name) => name === "greet",
    telemetry: { emit: (event) => events.push(event) },
    bodyLimitBytes: 16_000_000,
    ...options,
    run,
  });
  const url = await endpoint.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(url).port);
  return {
    endpoint,
    url,
    port,
    events,
    rejections: () => events.filter((event) => event.type === "request-rejected"),
    post: (body: Uint8Array | string | undefined, headers: Record<string, string> = {}) =>
      fetch(url + RUN_PATH, { method: "POST", body: (body ?? null) as Uint8Array<ArrayBuffer>, headers }),
    /** Sends text over a bare socket; resolves with all that comes back until the other side closes. */
    raw: (text: string | Uint8Array, options: { end?: boolean } = {}) => exchange(port, text, options),
    [Symbol.asyncDispose]: () => endpoint.close(),
  };
}

/** Bytes of a RunRequest for `greet("World")`, or what the fields given make of it. */
export function runRequest(fields: { function?: string; directive?: "none" } = {}): Uint8Array {
  const input = encodeArguments(["World"]);
  return toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      function: fields.function ?? "greet",
      ...(fields.directive === "none" ? {} : { directive: { case: "input" as const, value: input } }),
    }),
  );
}

/** Status, content type and JSON body of a refusal. */
export async function refusal(response: Response) {
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    ...((await response.json()) as { code: string; message: string }),
  };
}

/** The head and body of a raw HTTP response. */
export function parseRaw(text: string) {
  const [head = "", body = ""] = text.split(/\r\n\r\n([\s\S]*)/, 2);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body };
}

export function head(lines: readonly string[]): string {
  return `${[`POST ${RUN_PATH} HTTP/1.1`, "Host: localhost", ...lines].join("\r\n")}\r\n\r\n`;
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

export function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.once("end", () => socket.end());
  });
}

async function exchange(port: number, text: string | Uint8Array, { end = false }): Promise<string> {
  const socket = await openSocket(port);
  const answer = received(socket);
  if (end) socket.end(text);
  else socket.write(text);
  return answer;
}

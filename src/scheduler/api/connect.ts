/** Unary Connect over Fastify: messages as protobuf or JSON, errors as Connect's JSON, bodies bounded. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import {
  type DescMessage,
  fromBinary,
  type JsonValue,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ConnectError } from "../../wire/connect-error.ts";
import { jsonOf, ofJson } from "./json.ts";

/** How a request's body is written, and its answer in turn. */
export type Codec = "proto" | "json";

export interface Unary<I extends DescMessage, O extends DescMessage> {
  /** E.g. `/dispatch.control.v1.ControlService/Get`. */
  readonly path: string;
  readonly input: I;
  readonly output: O;
  handle(request: MessageShape<I>, reply: FastifyReply): Promise<MessageShape<O>>;
}

/** Serves one method. */
export function serveUnary<I extends DescMessage, O extends DescMessage>(
  app: FastifyInstance,
  method: Unary<I, O>,
): void {
  app.post(method.path, async (request, reply) => {
    const codec = codecOf(request);
    const body = await plainBody(request);
    const message = readMessage(method.input, codec, body);
    const answer = await method.handle(message, reply);
    if (codec === "proto") return sendProto(reply, toBinary(method.output, answer));
    return reply
      .header("content-type", "application/json")
      .send(JSON.stringify(jsonOf(method.output, answer)));
  });
}

/** Clients of the existing SDKs do not always name protobuf; JSON names itself. */
export function codecOf(request: FastifyRequest): Codec {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type === "application/json") return "json";
  if (type === "" || PROTOBUF_TYPES.has(type)) return "proto";
  throw new ConnectError(
    "invalid_argument",
    `content type ${JSON.stringify(type.slice(0, 100))} is neither application/proto nor application/json`,
  );
}

/** The body as it was before compression, held to the same limit as one that came without. */
export async function plainBody(request: FastifyRequest): Promise<Uint8Array> {
  const body = (request.body as Buffer | undefined) ?? new Uint8Array();
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity" || encoding === "") return body;
  if (encoding !== "gzip") {
    throw new ConnectError("unimplemented", "content encoding must be identity or gzip");
  }
  return unzip(body, request.routeOptions.bodyLimit);
}

export function readMessage<I extends DescMessage>(desc: I, codec: Codec, body: Uint8Array): MessageShape<I> {
  try {
    if (codec === "proto") return fromBinary(desc, body);
    const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as JsonValue;
    return ofJson(desc, json);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConnectError("invalid_argument", `malformed ${desc.name}: ${why}`, { cause: error });
  }
}

export function sendProto(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.header("content-type", "application/proto").send(bytes);
}

/** Aborts when the connection ends before the answer does. */
export function hangUpSignal(reply: FastifyReply): AbortSignal {
  return hangUpController(reply).signal;
}

/** What `wait` gives, or undefined when it has given nothing after so many milliseconds. */
export async function within<T>(
  ms: number,
  reply: FastifyReply,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  // One controller for both ends of the wait: joining signals costs several times as much.
  const controller = hangUpController(reply);
  const timer = setTimeout(() => controller.abort(TIME_IS_UP), ms);
  try {
    return await wait(controller.signal);
  } catch (error) {
    if (error === TIME_IS_UP) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const TIME_IS_UP = new Error("time is up");

function hangUpController(reply: FastifyReply): AbortController {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort(new ConnectError("canceled", "the client hung up"));
  });
  return controller;
}

const PROTOBUF_TYPES: ReadonlySet<string> = new Set([
  "application/proto",
  "application/protobuf",
  "application/x-protobuf",
  "application/octet-stream",
]);

const gunzipAsync = promisify(gunzip);

async function unzip(body: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  try {
    return await gunzipAsync(body, { maxOutputLength: bytesMax });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new ConnectError(
      "invalid_argument",
      tooLarge ? "content length is too large" : "the body is not gzip",
      {
        cause: error,
      },
    );
  }
}

/** `POST /dispatch.sdk.v1.FunctionService/Run`: from request to the bytes that a function answers with. */
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { traceHeaders, traceText } from "../telemetry/tracing/index.ts";
import { ConnectError } from "../wire/connect-error.ts";
import { bytesOfJson, jsonOfBytes } from "../wire/connect-json.ts";
import { RunRequestSchema, RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { peekRunRequest, type RunRequestHead, runRequest, writeRunRequest } from "../wire/hot-path/index.ts";
import type { SignableRequest } from "../wire/signature/index.ts";
import { assertValid, violationInRunRequest } from "../wire/validate.ts";
import { isLoopbackUrl } from "../wire/web-origin.ts";
import { addBodyParser, type BodyLimits, type HeldBytes } from "./body.ts";
import { connectionOf } from "./connection.ts";
import { throwIfFatal } from "./fatal-error.ts";
import { functionNotFound, invalid } from "./rejection.ts";

/** Runs a function by name: RunRequest bytes in, RunResponse bytes out. Rejections become Connect errors. */
export type RunFunction = (
  name: string,
  request: Uint8Array,
  options?: { signal?: AbortSignal },
) => Promise<Uint8Array>;

export const RUN_PATH = "/dispatch.sdk.v1.FunctionService/Run";

/** Rejects, with an error that has a `connectCode`, when a request is not signed as it must be. */
export type VerifyRequest = (request: SignableRequest) => Promise<void>;

export interface RunRouteOptions {
  run: RunFunction;
  /** Whether a function of this name is served. */
  serves(name: string): boolean;
  telemetry: Telemetry;
  verify: VerifyRequest | undefined;
  /** Under which clients see this endpoint. */
  scheme: "http" | "https";
  bodies: BodyLimits;
}

/** The route, with a body parser of its own: nowhere else are bodies kept. */
export function addRunRoute(app: FastifyInstance, options: RunRouteOptions): void {
  app.register((scope, _options, done) => {
    const held = addBodyParser(scope, options.bodies);
    scope.post(RUN_PATH, (request: FastifyRequest, reply: FastifyReply) =>
      answerRun(request, reply, options, held),
    );
    done();
  });
}

async function answerRun(
  request: FastifyRequest,
  reply: FastifyReply,
  options: RunRouteOptions,
  held: HeldBytes,
): Promise<undefined> {
  const { headers } = request;
  const body = bodyOf(request);
  const connection = connectionOf(request.raw.socket);
  try {
    options.telemetry.emit({ type: "request-received", bytes: body.length });
    if (options.verify !== undefined) await options.verify(signable(request, body, options.scheme));
    else refuseWebPages(headers.origin);
    checkEncoding(headers["content-encoding"]);
    const json = isJson(headers["content-type"]);
    const message = json ? bytesOfJson(RunRequestSchema, body) : body;
    const { function: name, trace } = headOf(message, options.serves);
    connection.answering = reply.raw;
    const signal = connection.signalFor(headers["connect-timeout-ms"]);
    const traced = trace === undefined && headers.traceparent !== undefined;
    const response = await options.run(name, traced ? withTrace(message, headers) : message, { signal });
    throwIfFatal(name, response);
    if (json) sendBytes(reply, Buffer.from(jsonOfBytes(RunResponseSchema, response)), "application/json");
    else sendBytes(reply, response, "application/proto");
    return undefined;
  } finally {
    connection.answering = undefined;
    held.release(body.length);
  }
}

/**
 * Only a scheduler may ask for a run. Where that is not proven by a signature, at least no page in a browser of this
 * machine may.
 */
function refuseWebPages(origin: string | undefined): void {
  if (origin === undefined || isLoopbackUrl(origin)) return;
  throw new ConnectError("permission_denied", "runs are not for web pages: the request names an origin");
}

function signable(
  { method, url, headers }: FastifyRequest,
  body: Uint8Array,
  scheme: "http" | "https",
): SignableRequest {
  return { method, target: url, authority: headers.host ?? "", scheme, headers, body };
}

/** The trace that another scheduler names in the headers, in the message, as this project's own scheduler says it. */
function withTrace(message: Uint8Array, { traceparent, tracestate }: IncomingHttpHeaders): Uint8Array {
  const text = traceText(traceparent, tracestate);
  if (text === null) return message;
  // Messages that follow one another are one message.
  return Buffer.concat([message, writeRunRequest(runRequest({ trace: { ...traceHeaders(text) } }))]);
}

/** Below this a response is cheaper to copy than to write apart from its head. */
const COPIED_BYTES_MAX = 16_384;

/** Past Fastify's hooks and serializers: no route of these bytes has any, and they are a tenth of a request's cost. */
function sendBytes(reply: FastifyReply, bytes: Uint8Array, type: string): void {
  const { raw } = reply.hijack();
  raw.writeHead(200, ["content-type", type, "content-length", String(bytes.length)]);
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // Text goes out in one piece with the head, bytes as a second one; latin1 is each byte as itself.
  if (body.length <= COPIED_BYTES_MAX) raw.end(body.toString("latin1"), "latin1");
  else raw.end(body);
}

const NO_BYTES = new Uint8Array();

/** The body's bytes. Without a length or chunks there is no body: the protocol has an error for that. */
function bodyOf({ body, headers }: FastifyRequest): Uint8Array {
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) {
    throw invalid("content length is required");
  }
  return body instanceof Uint8Array ? body : NO_BYTES;
}

/** The function a request is for; throws what the protocol's error table says of a request that is none. */
function headOf(message: Uint8Array, serves: (name: string) => boolean): RunRequestHead {
  const head = peekRunRequest(message);
  assertValid(violationInRunRequest(head));
  if (!serves(head.function)) throw functionNotFound(head.function);
  return head;
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(?:;|$)/i.test(contentType);
}

/** Connect clients compress only when told to; a body taken for what it is not would be a confusing error. */
function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "identity") return;
  throw new ConnectError("unimplemented", `content encoding '${encoding}' is not supported, send identity`);
}

/** `POST /dispatch.sdk.v1.FunctionService/Run`: from request to the bytes that a function answers with. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Telemetry } from "../telemetry/events.ts";
import { peekRunRequest, WireFormatError } from "../wire/hot-path/index.ts";
import { assertValid, violationInRunRequest } from "../wire/validate.ts";
import { functionNotFound, invalid } from "./rejection.ts";
import type { RequestVerifier } from "./verification.ts";

/** Runs a function by name: RunRequest bytes in, RunResponse bytes out. Rejections become Connect errors. */
export type RunFunction = (
  name: string,
  request: Uint8Array,
  options?: { signal?: AbortSignal },
) => Promise<Uint8Array>;

export const RUN_PATH = "/dispatch.sdk.v1.FunctionService/Run";

export interface RunRouteOptions {
  run: RunFunction;
  /** Whether a function of this name is served. */
  serves(name: string): boolean;
  telemetry: Telemetry;
  verify: RequestVerifier | undefined;
}

export function addRunRoute(app: FastifyInstance, options: RunRouteOptions): void {
  app.post(RUN_PATH, async (request: FastifyRequest, reply: FastifyReply) => {
    const body = bodyOf(request);
    await options.verify?.({
      method: request.method,
      path: RUN_PATH,
      authority: request.headers.host ?? "",
      headers: request.headers,
      body,
    });
    options.telemetry.emit({ type: "request-received", bytes: body.length });
    const response = await options.run(checkedName(body, options.serves), body, {
      get signal() {
        return abortedWith(request);
      },
    });
    reply.header("content-type", "application/proto");
    return reply.send(response);
  });
}

function bodyOf(request: FastifyRequest): Uint8Array {
  if (request.body instanceof Uint8Array) return request.body;
  if (request.headers["content-length"] === undefined) throw invalid("content length is required");
  return new Uint8Array();
}

/** The function a request is for; throws what the protocol's error table says of a request that is none. */
function checkedName(bytes: Uint8Array, serves: (name: string) => boolean): string {
  const head = peek(bytes);
  assertValid(violationInRunRequest(head));
  if (!serves(head.function)) throw functionNotFound(head.function);
  return head.function;
}

function peek(bytes: Uint8Array): ReturnType<typeof peekRunRequest> {
  try {
    return peekRunRequest(bytes);
  } catch (error) {
    if (error instanceof WireFormatError) throw invalid(error.message);
    throw error;
  }
}

/** Aborts when the client goes away before it has its answer. */
function abortedWith(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.once("close", () => {
    if (!request.raw.complete || request.raw.destroyed) controller.abort();
  });
  return controller.signal;
}

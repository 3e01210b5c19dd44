/** Reads the bodies of runs, and bounds what all of them together may take of the process's memory. */
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { ConnectError } from "../wire/connect-error.ts";
import { invalid } from "./rejection.ts";

export interface BodyLimits {
  /** Of one body. */
  readonly limitBytes: number;
  /** Of all bodies that are being received or whose run is not answered yet. */
  readonly heldBytesMax: number;
}

/** What is held now. Whoever handles a body that was read releases it. */
export class HeldBytes {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get now(): number {
    return this.#held;
  }

  /** Counts bytes that arrived; false when they are too many. */
  take(bytes: number): boolean {
    this.#held += bytes;
    return this.#held <= this.#max;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

/**
 * Bodies of any content type as bytes of their own, counted as they arrive: a length that was only announced takes no
 * room.
 */
export function addBodyParser(app: FastifyInstance, limits: BodyLimits): HeldBytes {
  const held = new HeldBytes(limits.heldBytesMax);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload: IncomingMessage, done) => {
    readBody(payload, limits.limitBytes, held, done);
  });
  return held;
}

function readBody(
  payload: IncomingMessage,
  limitBytes: number,
  held: HeldBytes,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  // Before it is read: a client that announces too much need not send it.
  if (Number(payload.headers["content-length"]) > limitBytes) {
    done(tooLarge());
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;

  function onData(chunk: Buffer): void {
    length += chunk.length;
    chunks.push(chunk);
    const hasRoom = held.take(chunk.length);
    if (length > limitBytes) end(tooLarge());
    else if (!hasRoom) end(noRoom());
  }

  function onEnd(): void {
    // Always a copy: the chunks are views into buffers of the socket, far larger than a small body.
    end(null, Buffer.concat(chunks, length));
  }

  function end(error: Error | null, body?: Buffer): void {
    payload.off("data", onData).off("end", onEnd).off("error", end);
    if (error !== null) held.release(length);
    done(error, body);
  }

  payload.on("data", onData).on("end", onEnd).on("error", end);
}

const tooLarge = () => invalid("content length is too large");

function noRoom(): ConnectError {
  return new ConnectError("resource_exhausted", "too many bytes of requests are in flight", {
    retryAfterMs: 1_000,
  });
}

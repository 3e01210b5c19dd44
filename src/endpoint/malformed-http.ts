/** What Node's HTTP parser refuses before there is a request: answered on the bare socket. */
import type { Socket } from "node:net";
import type { Telemetry } from "../telemetry/events.ts";
import { ConnectError, httpStatusOfCode } from "../wire/connect-error.ts";

/** For `clientErrorHandler` of Fastify. */
export function answerMalformed(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  socket: Socket,
  telemetry: Telemetry,
): void {
  // A peer that is gone hears nothing, and a half-closed or idle socket is no news.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error);
  telemetry.emit({ type: "request-rejected", reason: "malformed-http", message: refusal.rawMessage });
  const body = refusal.toBody();
  const status = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : httpStatusOfCode(refusal.code);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function refusalOf(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): ConnectError {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new ConnectError("deadline_exceeded", "the request took too long to arrive");
  if (error.code === "HPE_HEADER_OVERFLOW")
    return new ConnectError("invalid_argument", "headers are too large");
  // The parser does not say which header it refused; a negative length has an error of its own in the protocol.
  const head = error.rawPacket?.subarray(0, 16_384).toString("latin1") ?? "";
  if (/^content-length:\s*-/im.test(head))
    return new ConnectError("invalid_argument", "content length is negative");
  return new ConnectError("invalid_argument", "the request is not valid HTTP");
}

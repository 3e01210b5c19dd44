/** What became of a run whose answer is no RunResponse: which status it counts as, and why. */
import type { ConnectCode } from "../../wire/connect-error.ts";
import {
  connectCodeOfResponse,
  connectErrorOfResponse,
  type ErrorResponse,
} from "../../wire/connect-error-response.ts";
import { Status, statusOfHttp } from "../../wire/status.ts";
import type { Outcome } from "../types.ts";
import { DESTINATION_REFUSED } from "./lookup.ts";

export type Failure = Extract<Outcome, { kind: "failure" }>;

/** A failure with the error type that belongs to its status. The message is for people: the call's error has it. */
export function failure(status: Status, message: string, retryAfterMs?: number): Failure {
  const type = TYPE_OF_STATUS.get(status) ?? "PermanentError";
  return { kind: "failure", status, error: { type, message }, retryAfterMs };
}

/** Status of an answer other than 200. A Connect error code is more exact than the HTTP status that carries it. */
export function failureOfHttp(answer: ErrorResponse, nowMs: number): Failure {
  const code = connectCodeOfResponse(answer);
  const status = code === undefined ? statusOfHttp(answer.httpStatus) : STATUS_OF_CONNECT_CODE[code];
  const error = connectErrorOfResponse(answer, nowMs);
  return failure(
    // Only 200 carries a RunResponse: any other success is an answer to some other question.
    status === Status.OK ? Status.INVALID_RESPONSE : status,
    code === undefined ? error.rawMessage : `HTTP ${answer.httpStatus}: ${error.message}`,
    error.retryAfterMs,
  );
}

/** Status of a request that got no answer, by the layer that failed. Total: anything may be thrown. */
export function failureOfError(error: unknown): Failure {
  const { code, message } = describe(error);
  // undici's parser errors do not always have a code; their name is what tells them.
  if (error instanceof Error && error.name === "HTTPParserError") return failure(Status.HTTP_ERROR, message);
  return failure(statusOfErrorCode(code), message);
}

/** The names under which the SDKs know these errors. */
const TYPE_OF_STATUS: ReadonlyMap<Status, string> = new Map([
  [Status.TIMEOUT, "TimeoutError"],
  [Status.THROTTLED, "ThrottleError"],
  [Status.INVALID_ARGUMENT, "InvalidArgumentError"],
  [Status.INVALID_RESPONSE, "InvalidResponseError"],
  [Status.TEMPORARY_ERROR, "TemporaryError"],
  [Status.DNS_ERROR, "DNSError"],
  [Status.TCP_ERROR, "TCPError"],
  [Status.TLS_ERROR, "TLSError"],
  [Status.HTTP_ERROR, "HTTPError"],
  [Status.UNAUTHENTICATED, "UnauthenticatedError"],
  [Status.PERMISSION_DENIED, "PermissionDeniedError"],
  [Status.NOT_FOUND, "NotFoundError"],
]);

const STATUS_OF_CONNECT_CODE: Readonly<Record<ConnectCode, Status>> = {
  canceled: Status.TEMPORARY_ERROR,
  unknown: Status.TEMPORARY_ERROR,
  invalid_argument: Status.INVALID_ARGUMENT,
  deadline_exceeded: Status.TIMEOUT,
  not_found: Status.NOT_FOUND,
  already_exists: Status.PERMANENT_ERROR,
  permission_denied: Status.PERMISSION_DENIED,
  resource_exhausted: Status.THROTTLED,
  failed_precondition: Status.PERMANENT_ERROR,
  aborted: Status.TEMPORARY_ERROR,
  out_of_range: Status.INVALID_ARGUMENT,
  unimplemented: Status.PERMANENT_ERROR,
  internal: Status.TEMPORARY_ERROR,
  unavailable: Status.TEMPORARY_ERROR,
  data_loss: Status.PERMANENT_ERROR,
  unauthenticated: Status.UNAUTHENTICATED,
};

/** Codes of undici that mean something other than a broken connection. */
const STATUS_OF_UNDICI_CODE: ReadonlyMap<string, Status> = new Map([
  ["UND_ERR_HEADERS_TIMEOUT", Status.TIMEOUT],
  ["UND_ERR_BODY_TIMEOUT", Status.TIMEOUT],
  ["UND_ERR_HEADERS_OVERFLOW", Status.HTTP_ERROR],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", Status.HTTP_ERROR],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", Status.INVALID_RESPONSE],
  ["UND_ERR_CLOSED", Status.TEMPORARY_ERROR],
  ["UND_ERR_DESTROYED", Status.TEMPORARY_ERROR],
]);

const DNS_CODE = /^(?:EAI_|ENOTFOUND$|ENODATA$|ESERVFAIL$|EREFUSED$|EBADNAME$|EBADRESP$|ENONAME$|ETIMEOUT$)/;
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|EPROTO$)/;
const TCP_CODE =
  /^(?:ECONN|EHOST|ENET|EADDRNOTAVAIL$|ETIMEDOUT$|EPIPE$|EMFILE$|ENFILE$|UND_ERR_SOCKET$|UND_ERR_CONNECT_TIMEOUT$)/;

function statusOfErrorCode(code: string): Status {
  if (code === DESTINATION_REFUSED) return Status.PERMISSION_DENIED;
  if (DNS_CODE.test(code)) return Status.DNS_ERROR;
  if (TLS_CODE.test(code)) return Status.TLS_ERROR;
  if (TCP_CODE.test(code)) return Status.TCP_ERROR;
  // Node's own parser: what came over the connection is not HTTP.
  if (code.startsWith("HPE_")) return Status.HTTP_ERROR;
  return STATUS_OF_UNDICI_CODE.get(code) ?? Status.TEMPORARY_ERROR;
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: "the request failed" };
  // Several addresses tried, each with its own error: they nearly always agree, and the first is the preferred one.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const message = error.message === "" && first instanceof Error ? first.message : error.message;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code !== "") return { code, message };
  if (first !== undefined) return describe(first);
  return error.cause === undefined ? { code, message } : describe(error.cause);
}

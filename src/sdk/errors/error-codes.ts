import { Status } from "../../wire/status.ts";

/**
 * The status that an error's `code` stands for, or undefined when the code says nothing: libuv's errno names,
 * c-ares, OpenSSL and Node's own codes, undici's and those of the HTTP libraries built on them.
 *
 * @param system true when the error carries `errno` or `syscall`: only then is an unknown `E…` an operating
 *   system's error rather than some library's own name.
 */
export function statusFromCode(code: string, system: boolean): Status | undefined {
  const exact = exactCodes.get(code);
  if (exact !== undefined) return exact;
  for (const [prefix, status] of prefixes) if (code.startsWith(prefix)) return status;
  if (system && /^E[A-Z0-9]+$/.test(code)) return Status.TEMPORARY_ERROR;
  return undefined;
}

const byStatus: readonly (readonly [Status, string])[] = [
  [
    Status.TIMEOUT,
    "ETIMEDOUT ESOCKETTIMEDOUT ABORT_ERR ERR_CANCELED UND_ERR_ABORTED UND_ERR_CONNECT_TIMEOUT " +
      "UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ERR_SOCKET_CONNECTION_TIMEOUT",
  ],
  [
    Status.TCP_ERROR,
    "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTCONN EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET " +
      "EADDRNOTAVAIL UND_ERR_SOCKET ERR_STREAM_PREMATURE_CLOSE ERR_SOCKET_CLOSED ERR_NETWORK",
  ],
  // c-ares' names; ENOTFOUND is both its own and getaddrinfo's.
  [
    Status.DNS_ERROR,
    "ENOTFOUND ENODATA EFORMERR ESERVFAIL ENOTIMP EREFUSED EBADQUERY EBADNAME EBADFAMILY EBADRESP ETIMEOUT " +
      "ENONAME EBADHINTS ENOTINITIALIZED ELOADIPHLPAPI EADDRGETNETWORKPARAMS",
  ],
  // X509_V_ERR_* as Node names them. EPROTO is how a handshake that fails in OpenSSL surfaces from a socket.
  [
    Status.TLS_ERROR,
    "EPROTO UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_GET_CRL " +
      "UNABLE_TO_DECRYPT_CERT_SIGNATURE UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY " +
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN INVALID_CA " +
      "PATH_LENGTH_EXCEEDED INVALID_PURPOSE HOSTNAME_MISMATCH",
  ],
  [Status.PERMISSION_DENIED, "EACCES EPERM ERR_ACCESS_DENIED"],
  [Status.NOT_FOUND, "ENOENT"],
  [Status.INVALID_ARGUMENT, "UND_ERR_INVALID_ARG ERR_MISSING_ARGS ERR_OUT_OF_RANGE"],
];

const exactCodes: ReadonlyMap<string, Status> = new Map(
  byStatus.flatMap(([status, codes]) => codes.split(" ").map((code) => [code, status] as const)),
);

const prefixes: readonly (readonly [string, Status])[] = [
  ["EAI_", Status.DNS_ERROR],
  ["CERT_", Status.TLS_ERROR],
  ["CRL_", Status.TLS_ERROR],
  ["ERROR_IN_CERT_", Status.TLS_ERROR],
  ["ERROR_IN_CRL_", Status.TLS_ERROR],
  ["ERR_TLS_", Status.TLS_ERROR],
  ["ERR_SSL_", Status.TLS_ERROR],
  ["ERR_HTTP2_", Status.HTTP_ERROR],
  ["HPE_", Status.HTTP_ERROR],
  ["UND_ERR_", Status.HTTP_ERROR],
  ["ERR_INVALID_", Status.INVALID_ARGUMENT],
];

/**
 * Every option of the service, once: `--help`, the environment, the configuration file, `dispatch config` and
 * docs/reference/configuration.md are all made from this table. An option is added by one entry here.
 */

export type OptionType = "integer" | "string" | "boolean" | "list" | "choice";

export interface OptionSpec {
  /** Key in the configuration file, and of the resolved configuration. */
  readonly name: string;
  readonly type: OptionType;
  /** Undefined: the option has no value unless given, or what `absent` says. */
  readonly default: unknown;
  /** How an absent default reads in the documentation. */
  readonly absent?: string;
  /** Environment variable; absent: `DISPATCH_` and the name in capitals. */
  readonly env?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Never printed or logged. */
  readonly secret?: boolean;
  readonly group: "endpoint" | "pool" | "client" | "scheduler" | "log";
  /** One sentence; unit and extremes where there are any. */
  readonly doc: string;
}

export const OPTIONS = [
  {
    name: "endpointAddr",
    type: "string",
    default: "localhost:8000",
    group: "endpoint",
    doc: "Address and port to listen on. Port 0 takes any free port. Anything but loopback is reachable by others: configure a verification key then.",
  },
  {
    name: "endpointUrl",
    type: "string",
    default: undefined,
    absent: "the address listened on",
    group: "endpoint",
    doc: "URL under which schedulers reach this endpoint: http, https or bridge.",
  },
  {
    name: "verificationKey",
    type: "string",
    default: undefined,
    absent: "requests are not verified",
    secret: true,
    group: "endpoint",
    doc: "Ed25519 public key that requests must be signed with (RFC 9421): PEM, or base64 of the 32 raw bytes.",
  },
  {
    name: "tlsCert",
    type: "string",
    default: undefined,
    absent: "plain HTTP",
    group: "endpoint",
    doc: "File with the certificate chain, PEM. Needs tlsKey.",
  },
  {
    name: "tlsKey",
    type: "string",
    default: undefined,
    absent: "plain HTTP",
    group: "endpoint",
    doc: "File with the private key of the certificate, PEM.",
  },
  {
    name: "bodyLimitBytes",
    type: "integer",
    default: 16_000_000,
    min: 1_024,
    max: 2 ** 30,
    group: "endpoint",
    doc: "Largest request body, bytes. Larger ones are refused as invalid_argument. Bounds the memory of one request.",
  },
  {
    name: "drainTimeoutMs",
    type: "integer",
    default: 30_000,
    min: 0,
    max: 86_400_000,
    group: "endpoint",
    doc: "How long runs may take to end after SIGTERM or SIGINT before they are cancelled, milliseconds. 0 cancels at once.",
  },
  {
    name: "metrics",
    type: "boolean",
    default: true,
    group: "endpoint",
    doc: "Serve Prometheus metrics at /metrics.",
  },
  {
    name: "threadsMax",
    type: "integer",
    default: undefined,
    absent: "the available parallelism",
    min: 1,
    max: 1_024,
    group: "pool",
    doc: "Threads at the most. More than there are cores lets CPU-bound functions compete with the HTTP front; fewer leaves cores idle.",
  },
  {
    name: "threadsMin",
    type: "integer",
    default: undefined,
    absent: "threadsMax",
    min: 1,
    max: 1_024,
    group: "pool",
    doc: "Threads kept even when idle. Fewer saves memory; a thread started under load takes tens of milliseconds.",
  },
  {
    name: "concurrency",
    type: "integer",
    default: 1_024,
    min: 1,
    max: 1_000_000,
    group: "pool",
    doc: "Runs one thread may have in flight. Too low queues I/O-bound functions while threads idle; too high can overfill a thread's heap.",
  },
  {
    name: "queueMax",
    type: "integer",
    default: 16_384,
    min: 0,
    max: 10_000_000,
    group: "pool",
    doc: "Runs that may wait for a thread; beyond it, 429 with Retry-After. Very high turns overload into latency and memory.",
  },
  {
    name: "runTimeoutMs",
    type: "integer",
    default: 60_000,
    min: 100,
    max: 2 ** 31 - 1,
    group: "pool",
    doc: "How long one run may take, milliseconds, before it fails with TIMEOUT. Too short fails slow healthy runs; too long lets an endless loop hold a thread.",
  },
  {
    name: "cancelGraceMs",
    type: "integer",
    default: 1_000,
    min: 0,
    max: 2 ** 31 - 1,
    group: "pool",
    doc: "How long a cancelled or timed-out run has to end by its AbortSignal, milliseconds. 0 gives it no chance to clean up.",
  },
  {
    name: "threadMemoryMiB",
    type: "integer",
    default: 512,
    min: 16,
    max: 1_048_576,
    group: "pool",
    doc: "Heap of each thread, MiB; buffers do not count. A thread beyond it is replaced and the run that filled it fails.",
  },
  {
    name: "idleTimeoutMs",
    type: "integer",
    default: 10_000,
    min: 0,
    max: 2 ** 31 - 1,
    group: "pool",
    doc: "Idle time after which a thread above threadsMin is stopped, milliseconds.",
  },
  {
    name: "batchRunsMax",
    type: "integer",
    default: 64,
    min: 1,
    max: 65_536,
    group: "pool",
    doc: "Runs sent to a thread in one message. 1 is a message a run, far slower for small functions; very high shares work out unevenly.",
  },
  {
    name: "batchBytesMax",
    type: "integer",
    default: 2 ** 20,
    min: 1,
    max: 2 ** 30,
    group: "pool",
    doc: "Bytes of requests sent to a thread in one message, unless a single one is larger.",
  },
  {
    name: "apiKey",
    type: "string",
    default: undefined,
    absent: "none",
    secret: true,
    group: "client",
    doc: "Key this process presents to the Dispatch API.",
  },
  {
    name: "apiUrl",
    type: "string",
    default: undefined,
    absent: "the scheduler of this process",
    group: "client",
    doc: "URL of the Dispatch API that calls are dispatched to.",
  },
  {
    name: "logLevel",
    type: "choice",
    default: "info",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    group: "log",
    doc: "Least important level that is logged.",
  },
  {
    name: "logFormat",
    type: "choice",
    default: "auto",
    choices: ["auto", "pretty", "json"],
    group: "log",
    doc: "auto is pretty on a terminal and JSON otherwise.",
  },
] as const satisfies readonly OptionSpec[];

export type OptionName = (typeof OPTIONS)[number]["name"];

/** `threadsMax` is DISPATCH_THREADS_MAX in the environment. */
export function envOf(option: OptionSpec): string {
  return option.env ?? `DISPATCH_${snake(option.name).toUpperCase()}`;
}

/** `threadsMax` is --threads-max on the command line. */
export function flagOf(option: OptionSpec): string {
  return `--${snake(option.name).replaceAll("_", "-")}`;
}

const snake = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();

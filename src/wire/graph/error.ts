import type { TrailStep } from "./hooks.ts";

/**
 * Why a graph could not be written or read. Codes are stable, messages may improve.
 *
 * - `CANNOT_CARRY`: a value that has no form as bytes (a socket, a function, an instance of an unregistered class).
 * - `MALFORMED`: the bytes are no graph, or were cut or changed on their way.
 * - `UNSUPPORTED_VERSION`: a graph of a format this version does not read.
 * - `UNKNOWN_CLASS`: a class, message type or extension that is not registered here.
 * - `CLASS_FAILED`: `toState` or `fromState` of a registered class threw; `cause` is what.
 * - `LIMIT_EXCEEDED`: more bytes, nodes or depth than allowed.
 */
export type GraphErrorCode =
  | "CANNOT_CARRY"
  | "MALFORMED"
  | "UNSUPPORTED_VERSION"
  | "UNKNOWN_CLASS"
  | "CLASS_FAILED"
  | "LIMIT_EXCEEDED";

/** The one error of the value-graph codec. */
export class GraphError extends Error {
  override readonly name: string = "GraphError";
  readonly code: GraphErrorCode;

  constructor(code: GraphErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface CannotCarryDetail {
  /** What the value is: "a Socket", "a function", "a Promise". */
  readonly what: string;
  /** What to do instead. */
  readonly hint?: string;
  /** How the value was reached, root first. */
  readonly trail?: readonly TrailStep[];
  /** What `trail` starts from, e.g. `arguments[0]`. */
  readonly pathRoot?: string;
  readonly cause?: unknown;
}

/**
 * A value that cannot be carried, and where it was: `arguments[0].user.conn: cannot carry a Socket`. Hooks and
 * `toState` may throw one without a trail to refuse a value; the codec adds the trail.
 */
export class CannotCarryError extends GraphError {
  override readonly name = "CannotCarryError";
  readonly what: string;
  readonly hint: string | undefined;
  readonly trail: readonly TrailStep[];

  constructor({ what, hint, trail = [], pathRoot = "value", cause }: CannotCarryDetail) {
    const path = pathRoot + trail.map((step) => step.label).join("");
    super(
      "CANNOT_CARRY",
      `${path}: cannot carry ${what}${hint === undefined ? "" : `. ${hint}`}`,
      cause === undefined ? undefined : { cause },
    );
    this.what = what;
    this.hint = hint;
    this.trail = trail;
  }
}

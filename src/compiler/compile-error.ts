/** Refusals of the compiler: a closed list of codes, each with what to write instead. */
/** Stable; what a message says may improve. */
export type CompileErrorCode =
  | "SYNTAX_ERROR"
  | "UNSUPPORTED_TYPESCRIPT"
  | "RESERVED_NAME"
  | "DIRECT_EVAL"
  | "AWAIT_IN_CLASS"
  | "AWAIT_IN_SUPER_CALL"
  | "SUPER_IN_OBJECT_METHOD"
  | "SUPER_IN_NESTED_CLASS"
  | "PRIVATE_NAME_IN_NESTED_CLASS"
  | "NEW_TARGET"
  | "ACCESSOR_IN_ASYNC_OBJECT"
  | "USING_DECLARATION"
  | "UNSUPPORTED_SYNTAX";

/** Where in the source: a node, or what has a place like one. Lines from 1, columns from 0. */
export interface Located {
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null;
}

/** A module that cannot be made durable. The message reads `file:line:column: CODE: what, what to write instead`. */
export class CompileError extends Error {
  readonly code: CompileErrorCode;
  readonly filename: string;
  /** 1-based; undefined when the place is not known. */
  readonly line: number | undefined;
  /** 1-based. */
  readonly column: number | undefined;

  constructor(
    code: CompileErrorCode,
    message: string,
    filename: string,
    node?: Located | null,
    options?: ErrorOptions,
  ) {
    const start = node?.loc?.start;
    super(`${filename}${start ? `:${start.line}:${start.column + 1}` : ""}: ${code}: ${message}`, options);
    this.name = "CompileError";
    this.code = code;
    this.filename = filename;
    this.line = start?.line;
    this.column = start ? start.column + 1 : undefined;
  }
}

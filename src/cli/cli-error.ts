/** An end of the command that its user can do something about: one line what, one line what to do. */
import { EXIT } from "./exit-codes.ts";

export class CliError extends Error {
  override readonly name = "CliError";
  /** What to do about it. */
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** The error of the user's own code: its stack is shown without being asked for. */
  readonly userError: Error | undefined;

  constructor(
    message: string,
    options: { hint?: string; exitCode?: number; userError?: Error; cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.userError = options.userError;
  }
}

/** The error below all those that only say what was being done: the one of the user's own code. */
export function rootCause(error: Error): Error {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root;
}

/** What to do about a module that does not load. */
export function loadHint(error: Error): string {
  // Node names the trouble by text alone: the file is taken for CommonJS, which its package.json asks for.
  const isTakenForCommonJs =
    error.name === "SyntaxError" &&
    /import statement outside a module|Unexpected token 'export'|'import\.meta' outside a module/.test(
      error.message,
    );
  return isTakenForCommonJs
    ? 'the nearest package.json makes it a CommonJS module: set "type": "module" there, or name the file .mts'
    : "the module must load by itself: try it with node";
}

/** TypeScript or JavaScript files as compiled modules with an inline source map. */
import { stripTypeScriptTypes } from "node:module";
import { type CompiledModule, compile } from "./compile.ts";
import { CompileError, type Located } from "./compile-error.ts";
import type { CompileOptions } from "./context.ts";

/**
 * Compiles a module as it stands in a file. Types are replaced by blanks, so places in the result of stripping are
 * places in the file.
 *
 * @throws CompileError, also for TypeScript that needs more than stripping: enums, parameter properties.
 */
export function compileFile(source: string, options: CompileOptions): CompiledModule {
  const { filename = options.moduleId } = options;
  return compile(isTypeScript(filename) ? stripTypes(source, filename) : source, {
    ...options,
    filename,
    mapContent: source,
  });
}

/** Code with its source map at the end, as a module loader takes it. */
export function withInlineMap({ code, map }: CompiledModule): string {
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

export const isTypeScript = (filename: string): boolean => /\.[mc]?ts$/.test(filename);

export function stripTypes(source: string, filename: string): string {
  try {
    return stripTypeScriptTypes(source, { mode: "strip" });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const isUnsupported = code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX";
    throw new CompileError(
      isUnsupported ? "UNSUPPORTED_TYPESCRIPT" : "SYNTAX_ERROR",
      isUnsupported ? `${message}; write it in the erasable part of TypeScript` : message,
      filename,
      placeOf(error as Error),
      { cause: error },
    );
  }
}

/** Where the error is: only its stack says so, whose first line is `file:line`, then the code above a row of ^. */
function placeOf({ stack = "" }: Error): Located | null {
  const line = /^[^\n]*:(\d+)\n/.exec(stack)?.[1];
  if (line === undefined) return null;
  const column = /\n( *)\^/.exec(stack)?.[1]?.length ?? 0;
  return { loc: { start: { line: Number(line), column } } };
}

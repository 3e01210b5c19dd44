/** What the compiler makes of a file, for people to look at. */
import { readFileSync } from "node:fs";
import type { CompiledModule } from "./compile.ts";
import { moduleIdOf } from "./module-id.ts";
import { compileFile } from "./transform.ts";
import { variableLabel } from "./variable-label.ts";

export interface FileDescription {
  /** Name of the module in saved states. */
  readonly module: string;
  /** The functions that can be suspended, in the order of the source. */
  readonly functions: readonly FunctionDescription[];
  /** The compiled module. */
  readonly code: string;
}

export interface FunctionDescription {
  /** Name in saved states. */
  readonly id: string;
  /** A saved state fits as long as this stays the same. */
  readonly fingerprint: string;
  /** The places where it can be suspended. */
  readonly points: readonly PointDescription[];
}

export interface PointDescription {
  readonly kind: CompiledModule["functions"][number]["points"][number]["kind"];
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The variables whose values are saved there; names in parentheses stand for those that the source has no name for. */
  readonly saves: readonly string[];
}

/**
 * Compiles a file as it is when it is loaded.
 *
 * @throws CompileError when it would be refused
 */
export function describeFile(path: string): FileDescription {
  const module = moduleIdOf(path);
  const { code, functions } = compileFile(readFileSync(path, "utf8"), { moduleId: module, filename: module });
  return {
    module,
    functions: functions.map(({ id, fingerprint, points }) => ({
      id,
      fingerprint,
      points: points.map(({ kind, at, live }) => {
        const [line, column] = at.split(":").map(Number) as [number, number];
        return { kind, line, column, saves: [...new Set(live.map(variableLabel))] };
      }),
    })),
    code,
  };
}

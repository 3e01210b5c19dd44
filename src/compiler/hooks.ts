/** Loader hooks: modules are compiled when they are imported, so that there is no build step. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parse } from "acorn";
import { moduleIdOf } from "./module-id.ts";
import { compileFile, withInlineMap } from "./transform.ts";

export interface CompilerHookOptions extends FileFilterOptions {
  /** URL of the runtime that compiled modules import. */
  runtimeUrl: string;
}

export interface FileFilterOptions {
  /** Names of packages in node_modules to compile too. Default: none. */
  packages?: readonly string[];
  /** Directories and files whose modules stay as they are. Default: none. */
  exclude?: readonly string[];
}

/** What is installed; `deregister` takes it away again. */
export interface CompilerHook {
  deregister(): void;
}

export const RUNTIME_SPECIFIER = "dispatch-ts/runtime";
const IMPORTS_RUNTIME = new RegExp(`\\bfrom ?["']${RUNTIME_SPECIFIER}["']`);

/**
 * Compiles the ES modules that this thread imports from now on: all but those of node_modules, of which only the
 * named packages are.
 *
 * Stack traces point to the source when source maps are on (`process.setSourceMapsEnabled(true)`).
 */
export function registerCompiler(options: CompilerHookOptions): CompilerHook {
  const { runtimeUrl } = options;
  const compiles = fileFilter(options);
  return registerHooks({
    resolve(specifier, context, next) {
      if (specifier === RUNTIME_SPECIFIER) return { url: runtimeUrl, shortCircuit: true };
      return next(specifier, context);
    },
    load(url, context, next) {
      // CommonJS has no top-level import for the runtime; it stays as it is.
      if (!url.startsWith("file:") || context.format?.startsWith("commonjs")) return next(url, context);
      const { pathname } = new URL(url);
      const file = fileURLToPath(pathToFileURL(decodeURIComponent(pathname)));
      if (!compiles(file)) return next(url, context);
      const source = readFileSync(file, "utf8");
      if (isCompiled(source)) return next(url, context);
      const id = moduleIdOf(file);
      const compiled = compileFile(source, { moduleId: id, filename: id });
      compiled.map.sources = [pathToFileURL(file).href];
      return { format: "module", shortCircuit: true, source: withInlineMap(compiled) };
    },
  });
}

/** Whether a build has compiled this source already, maybe together with others. It is JavaScript then. */
export function isCompiled(source: string): boolean {
  if (!IMPORTS_RUNTIME.test(source)) return false;
  try {
    const { body } = parse(source, { ecmaVersion: "latest", sourceType: "module" });
    return body.some((one) => one.type === "ImportDeclaration" && one.source.value === RUNTIME_SPECIFIER);
  } catch {
    return false;
  }
}

/** Which files are compiled. */
export function fileFilter({ packages = [], exclude = [] }: FileFilterOptions): (file: string) => boolean {
  return (file) => {
    if (!/(?<!\.d)\.m?[jt]s$/.test(file) || exclude.some((one) => isInside(file, one))) return false;
    const marker = `${sep}node_modules${sep}`;
    const at = file.lastIndexOf(marker);
    if (at < 0) return true;
    const [scope, name] = file.slice(at + marker.length).split(sep);
    return packages.includes(scope?.startsWith("@") ? `${scope}/${name}` : (scope ?? ""));
  };
}

function isInside(file: string, directory: string): boolean {
  return file === directory || file.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** Loader hooks: modules are compiled when they are imported, so that there is no build step. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFile, withInlineMap } from "./transform.ts";

export interface CompilerHookOptions {
  /** Directory that module ids are relative to. Default: the working directory. */
  root?: string;
  /** URL of the runtime that compiled modules import. */
  runtimeUrl: string;
  /** Names of packages in node_modules to compile too. Default: none. */
  packages?: readonly string[];
  /** Directories and files whose modules stay as they are: the runtime itself, test harnesses. */
  exclude?: readonly string[];
}

/** What is installed; `deregister` takes it away again. */
export interface CompilerHook {
  deregister(): void;
}

export const RUNTIME_SPECIFIER = "dispatch-ts/runtime";

/**
 * Compiles every module under `root` that this thread imports from now on, and those of the named packages.
 * Stack traces point to the source when source maps are on (`process.setSourceMapsEnabled(true)`).
 */
export function registerCompiler(options: CompilerHookOptions): CompilerHook {
  const { root = process.cwd(), runtimeUrl } = options;
  const compiles = fileFilter(options);
  return registerHooks({
    resolve(specifier, context, next) {
      if (specifier === RUNTIME_SPECIFIER) return { url: runtimeUrl, shortCircuit: true };
      return next(specifier, context);
    },
    load(url, context, next) {
      if (!url.startsWith("file:")) return next(url, context);
      const file = fileURLToPath(url);
      if (!compiles(file)) return next(url, context);
      const compiled = compileFile(readFileSync(file, "utf8"), {
        moduleId: moduleIdOf(file, root),
        filename: moduleIdOf(file, root),
        runtime: RUNTIME_SPECIFIER,
      });
      compiled.map.sources = [pathToFileURL(file).href];
      return { format: "module", shortCircuit: true, source: withInlineMap(compiled) };
    },
  });
}

/** The path from the root, with slashes: the same on every machine. */
export const moduleIdOf = (file: string, root: string): string => relative(root, file).split(sep).join("/");

/** Which files are compiled. */
export function fileFilter(options: CompilerHookOptions): (file: string) => boolean {
  const { root = process.cwd(), packages = [], exclude = [] } = options;
  const inside = (file: string, directory: string) =>
    file === directory || file.startsWith(directory.endsWith(sep) ? directory : directory + sep);
  return (file) => {
    if (!/\.m?[jt]s$/.test(file) || exclude.some((one) => inside(file, one))) return false;
    const marker = `${sep}node_modules${sep}`;
    const at = file.lastIndexOf(marker);
    if (at < 0) return inside(file, root);
    const rest = file.slice(at + marker.length).split(sep);
    const name = rest[0]?.startsWith("@") ? `${rest[0]}/${rest[1]}` : rest[0];
    return packages.includes(name ?? "");
  };
}

/** Loads one program twice: as it is, and compiled. */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { compileFile, moduleIdOf, RUNTIME_SPECIFIER, withInlineMap } from "../../compiler/index.ts";
import { runtimeUrl } from "../runtime-url.ts";

type Module = Record<string, never>;

let installed = false;

/** The module as plain JavaScript, and compiled, with the modules that it imports relatively. */
export async function loadBoth(url: URL): Promise<{ native: Module; compiled: Module }> {
  install();
  return {
    native: (await import(`${url.href}?native`)) as Module,
    compiled: (await import(`${url.href}?compiled`)) as Module,
  };
}

/** Loads a program compiled; its id in snapshots is its file name. */
export async function loadCompiled(url: URL): Promise<Module> {
  install();
  return (await import(`${url.href}?compiled`)) as Module;
}

/** Modules imported from a program are loaded in the way of the program: `?native` or `?compiled`. */
function install(): void {
  if (installed) return;
  installed = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === RUNTIME_SPECIFIER) return { url: runtimeUrl, shortCircuit: true };
      const resolved = next(specifier, context);
      const way = /\?(native|compiled)$/.exec(context.parentURL ?? "")?.[0];
      const isProgram = /^\.{1,2}\//.test(specifier) || resolved.url.includes("/node_modules/");
      if (way && isProgram && !resolved.url.includes("?") && !isRuntime(resolved.url)) {
        return { ...resolved, url: resolved.url + way };
      }
      return resolved;
    },
    load(url, context, next) {
      if (!url.endsWith("?compiled")) return next(url, context);
      const file = fileURLToPath(url.slice(0, -"?compiled".length));
      // Programs are known by their file name alone, packages by their own name too.
      const name = file.includes("/node_modules/") ? moduleIdOf(file) : file.split("/").at(-1)!;
      const compiled = compileFile(readFileSync(file, "utf8"), { moduleId: name, filename: name });
      return { format: "module", shortCircuit: true, source: withInlineMap(compiled) };
    },
  });
}

/** Programs reach into the package for `call` and the like: that must stay one instance. */
const isRuntime = (url: string): boolean => /\/src\/(coroutine\/[^/]*|sdk\/.*|index)\.ts$/.test(url);

/**
 * Loads a package of node_modules together with the test files that it ships, in one of three ways. The files stay as
 * they are on disk; what is changed on the way is said at each step below.
 */
import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { compileFile, moduleIdOf, RUNTIME_SPECIFIER, withInlineMap } from "../../../../src/compiler/index.ts";
import { runtimeUrl } from "../../../../src/coroutine/index.ts";
import { type Collected, collect } from "./collected.ts";
import { asModule, withPlatform, withSuspendedAwaits } from "./source.ts";

/**
 * - `native`: as Node.js runs them, with its timers.
 * - `compiled`: compiled, with durable timers.
 * - `every`: compiled, and each await also waits for a durable call.
 */
export type Way = "native" | "compiled" | "every";

const WAYS = /\?suite=(native|compiled|every)$/;
const HERE = new URL("./", import.meta.url).href;
const PLATFORM = new URL("platform.mjs", HERE).href;

/** The test runners and assertions that packages use: ours collect the tests. */
const REPLACED: Record<string, string> = {
  "@jest/globals": new URL("jest.mjs", HERE).href,
  "node:test": new URL("collected.ts", HERE).href,
};
const ASSERT = /^(node:)?assert(\/strict)?$/;
/** Shims of what Node.js has had for years; they would hide its timers from us. */
const SHIMS: Record<string, string> = {
  "core-js-pure/features/set-immediate.js": "setImmediate",
  "core-js-pure/features/clear-immediate.js": "clearImmediate",
  "core-js-pure/features/queue-microtask.js": "queueMicrotask",
};

export async function loadTests(file: URL, way: Way): Promise<readonly Collected[]> {
  install();
  return collect(() => import(`${file.href}?suite=${way}`));
}

let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  registerHooks({
    resolve(specifier, context, next) {
      const way = WAYS.exec(context.parentURL ?? "")?.[1];
      if (way === undefined) return next(specifier, context);
      if (specifier === RUNTIME_SPECIFIER) return { url: runtimeUrl, shortCircuit: true };
      if (specifier in REPLACED) return replaced(REPLACED[specifier]!, way);
      if (specifier in SHIMS) return shim(SHIMS[specifier]!, way);
      if (ASSERT.test(specifier) && way !== "native" && !context.parentURL!.startsWith(HERE)) {
        return replaced(new URL("assert.mjs", HERE).href, way);
      }
      const { url, ...rest } = resolveFile(specifier, context, next);
      const inSuite = url.includes("/node_modules/") || url === PLATFORM;
      return { ...rest, url: inSuite ? `${url}?suite=${way}` : url };
    },
    load(url, context, next) {
      const way = WAYS.exec(url)?.[1];
      if (way === undefined || !url.startsWith("file:")) return next(url, context);
      const file = fileURLToPath(url.replace(WAYS, ""));
      return { format: "module", shortCircuit: true, source: sourceOf(file, way as Way) };
    },
  });
}

function sourceOf(file: string, way: Way): string {
  const source = asModule(readFileSync(file, "utf8"));
  if (way === "native") return source;
  const moduleId = moduleIdOf(file);
  const isPackage = file.includes("/node_modules/");
  const suspending = isPackage && way === "every" ? withSuspendedAwaits(source) : source;
  const complete = isPackage ? withPlatform(suspending, PLATFORM) : source;
  return withInlineMap(compileFile(complete, { moduleId, filename: moduleId }));
}

const replaced = (url: string, way: string) => ({
  url: url.endsWith(".mjs") ? `${url}?suite=${way}` : url,
  shortCircuit: true,
});

const shim = (name: string, way: string) => ({
  url:
    way === "native"
      ? `data:text/javascript,export default ${name};`
      : `data:text/javascript,export { ${name} as default } from ${JSON.stringify(`${PLATFORM}?suite=${way}`)};`,
  shortCircuit: true,
});

type Resolve = Parameters<typeof registerHooks>[0]["resolve"] & {};

/** Besides what Node.js resolves: a folder's index.js, and a missing extension, as older packages have them. */
const resolveFile = (
  specifier: string,
  context: Parameters<Resolve>[1],
  next: Parameters<Resolve>[2],
): ReturnType<Resolve> => {
  if (/^\.{1,2}(\/|$)/.test(specifier)) {
    const base = new URL(specifier, context.parentURL).href.replace(WAYS, "");
    for (const end of ["/index.js", "index.js", ".mjs", ".js"]) {
      if (/\.m?js$/.test(base)) break;
      if (existsSync(fileURLToPath(base + end))) return { url: base + end, shortCircuit: true };
    }
  }
  return next(specifier, context);
};

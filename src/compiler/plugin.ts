/** The compiler as a plugin, for projects that bundle their functions instead of loading the sources. */
import { isAbsolute } from "node:path";
import { createUnplugin, type UnpluginInstance } from "unplugin";
import { type FileFilterOptions, fileFilter, isCompiled } from "./hooks.ts";
import { moduleIdOf } from "./module-id.ts";
import { compileFile } from "./transform.ts";

export type PluginOptions = FileFilterOptions;

/**
 * ```js
 * import { dispatchCompiler } from "dispatch-ts/compiler";
 *
 * await esbuild.build({ plugins: [dispatchCompiler.esbuild()], ... });
 * export default { plugins: [dispatchCompiler.vite()] };
 * export default { plugins: [dispatchCompiler.rollup()] };
 * ```
 *
 * `dispatch-ts` itself stays outside of the bundle: functions must be registered with the package that runs them.
 */
export const dispatchCompiler: UnpluginInstance<PluginOptions | undefined> = createUnplugin<
  PluginOptions | undefined
>((options = {}) => {
  const compiles = fileFilter(options);
  let bundles = true;
  return {
    name: "dispatch-ts",
    // Before types are stripped by others: fingerprints are those of the same modules without a bundler.
    enforce: "pre",
    // Vite's development server has no externals; it leaves packages to Node.js by itself.
    vite: {
      configResolved(config) {
        bundles = config.command === "build";
      },
    },
    resolveId: (id) => (bundles && /^dispatch-ts(\/|$)/.test(id) ? { id, external: true } : null),
    transformInclude: (id) => isModule(id) && compiles(pathOf(id)),
    transform(source, id) {
      if (isCompiled(source)) return null;
      const path = pathOf(id);
      const moduleId = moduleIdOf(path);
      const { code, map } = compileFile(source, { moduleId, filename: moduleId });
      return { code, map: { ...map, sources: [path] } as never };
    },
  };
});

/** A file, not a text of it (`?raw`), its address (`?url`), or what a plugin made up. Vite marks versions by `?t=`. */
const isModule = (id: string): boolean =>
  isAbsolute(pathOf(id)) && /^[^?#]*(?:\?(?:(?:[tv]=\w*|import)&?)*)?$/.test(id);

const pathOf = (id: string): string => id.replace(/[?#].*$/, "");

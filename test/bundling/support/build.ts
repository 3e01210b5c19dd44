/** One project, bundled by each bundler as its users would. */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import { dispatchCompiler } from "../../../src/compiler/public.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A project of its own that has this package installed; returns its directory. */
export function newProject(): string {
  const project = mkdtempSync(join(tmpdir(), "bundling-"));
  cpSync(new URL("../fixtures/", import.meta.url), project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "name": "shop", "private": true, "type": "module" }\n');
  mkdirSync(join(project, "node_modules"));
  symlinkSync(repository, join(project, "node_modules/dispatch-ts"));
  return project;
}

export type Build = (project: string) => Promise<string>;

const built = (project: string, name: string): string => pathToFileURL(join(project, "dist", name)).href;

const withEsbuild =
  (minify: boolean): Build =>
  async (project) => {
    const name = `esbuild${minify ? ".min" : ""}.js`;
    await esbuild.build({
      entryPoints: [join(project, "functions.ts")],
      outfile: join(project, "dist", name),
      bundle: true,
      platform: "node",
      format: "esm",
      sourcemap: true,
      minify,
      plugins: [dispatchCompiler.esbuild()],
      logLevel: "silent",
    });
    return built(project, name);
  };

const withRollup: Build = async (project) => {
  const bundle = await rollup({
    input: join(project, "functions.ts"),
    plugins: [dispatchCompiler.rollup()],
    onLog: (level, log) => {
      if (level === "warn" && log.code !== "CIRCULAR_DEPENDENCY") throw new Error(log.message);
    },
  });
  await bundle.write({ file: join(project, "dist/rollup.js"), format: "es", sourcemap: true });
  await bundle.close();
  return built(project, "rollup.js");
};

const withVite =
  (minify: boolean): Build =>
  async (project) => {
    const name = `vite${minify ? ".min" : ""}`;
    await vite.build({
      root: project,
      configFile: false,
      logLevel: "silent",
      plugins: [dispatchCompiler.vite()],
      build: {
        ...(minify
          ? { lib: { entry: "functions.ts", formats: ["es"], fileName: name } }
          : { ssr: "functions.ts", rolldownOptions: { output: { entryFileNames: `${name}.js` } } }),
        outDir: "dist",
        emptyOutDir: false,
        sourcemap: true,
        minify,
      },
    });
    return built(project, `${name}.js`);
  };

export const BUILDS: Record<string, Build> = {
  source: async (project) => pathToFileURL(join(project, "functions.ts")).href,
  esbuild: withEsbuild(false),
  "esbuild, minified": withEsbuild(true),
  rollup: withRollup,
  "vite, for the server": withVite(false),
  "vite, a minified library": withVite(true),
};

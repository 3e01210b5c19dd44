/** One project, bundled as its users would: with what docs/bundling.md shows, and in some ways more. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { loadConfigFile } from "rollup/loadConfigFile";
import * as vite from "vite";
import { dispatchCompiler } from "../../../src/compiler/public.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(repository, "docs/bundling.md"), "utf8");

/** A project of its own that has this package and the bundlers installed; returns its directory. */
export function newProject(root: string): string {
  const project = mkdtempSync(join(root, "project-"));
  cpSync(new URL("../fixtures/", import.meta.url), project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "name": "shop", "private": true, "type": "module" }\n');
  mkdirSync(join(project, "node_modules"));
  symlinkSync(repository, join(project, "node_modules/dispatch-ts"));
  for (const name of ["esbuild", "vite"])
    symlinkSync(join(repository, "node_modules", name), join(project, "node_modules", name));
  for (const [, name, code] of page.matchAll(/```js file=(\S+)\n(.*?)```/gs)) {
    writeFileSync(join(project, name!), code!);
  }
  return project;
}

export const newRoot = (): string => mkdtempSync(join(tmpdir(), "bundling-"));

/** Builds in a project of its own; returns the module that came of it. */
type Build = (project: string) => Promise<string>;

/** The build that the page shows for esbuild. */
const esbuildOfPage: Build = async (project) => {
  const flags = ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning"];
  execFileSync(process.execPath, [...flags, "build.js"], { cwd: project });
  return "dist/functions.js";
};

const viteOfPage: Build = async (project) => {
  await vite.build({ root: project, logLevel: "silent", configLoader: "native" });
  return "dist/functions.js";
};

const rollupOfPage: Build = async (project) => {
  const { options } = await loadConfigFile(join(project, "rollup.config.js"), {});
  const [{ input, output, plugins }] = options as [(typeof options)[number]];
  const bundle = await rollup({
    input: join(project, input as string),
    plugins: plugins!,
    onLog: (level, { code, message }) => {
      if (level === "warn" && code !== "CIRCULAR_DEPENDENCY") throw new Error(message);
    },
  });
  const [{ file, ...written }] = output as [(typeof output)[number]];
  await bundle.write({ ...written, file: join(project, file!) });
  await bundle.close();
  return file!;
};

/** For older runtimes: no private fields, no ES modules. */
const commonJs: Build = async (project) => {
  await esbuild.build({
    entryPoints: [join(project, "functions.ts")],
    outfile: join(project, "functions.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "es2020",
    sourcemap: true,
    plugins: [dispatchCompiler.esbuild()],
    logLevel: "silent",
  });
  return "functions.cjs";
};

const minifiedLibrary: Build = async (project) => {
  await vite.build({
    root: project,
    configFile: false,
    logLevel: "silent",
    plugins: [dispatchCompiler.vite()],
    build: {
      lib: { entry: "functions.ts", formats: ["es"], fileName: "library" },
      minify: true,
      sourcemap: true,
    },
  });
  return "dist/library.js";
};

const BUILDS = {
  source: async () => "functions.ts",
  esbuild: esbuildOfPage,
  "esbuild to CommonJS": commonJs,
  rollup: rollupOfPage,
  vite: viteOfPage,
  "vite to a library": minifiedLibrary,
} satisfies Record<string, Build>;

export type BuildName = keyof typeof BUILDS;

export interface Built {
  readonly project: string;
  readonly file: string;
  readonly url: string;
}

export async function buildAll(root: string): Promise<Record<BuildName, Built>> {
  const all: Partial<Record<BuildName, Built>> = {};
  for (const [name, build] of Object.entries(BUILDS)) {
    const project = newProject(root);
    const file = join(project, await build(project));
    all[name as BuildName] = { project, file, url: pathToFileURL(file).href };
  }
  return all as Record<BuildName, Built>;
}

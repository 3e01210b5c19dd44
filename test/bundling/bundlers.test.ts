/** Functions bundled by real bundlers: a state suspended in one build goes on in any other. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import { dispatchCompiler } from "../../src/compiler/public.ts";
import { type BuildName, buildAll, newProject, newRoot } from "./support/build.ts";
import type { Step, Stepped } from "./support/step.ts";

const root = newRoot();
after(() => rmSync(root, { recursive: true }));
const builds = await buildAll(root);

const {
  NODE_TEST_CONTEXT: _1,
  DISPATCH_ENDPOINT_URL: _2,
  DISPATCH_API_URL: _3,
  DISPATCH_API_KEY: _4,
  ...env
} = process.env;
const FLAGS = [
  "--conditions=dispatch-source",
  "--disable-warning=ExperimentalWarning",
  "--enable-source-maps",
];

/** One step in a new process, which knows of no compiler but for the source. */
async function stepIn(build: BuildName, step: Omit<Step, "module">): Promise<Stepped> {
  const main = fileURLToPath(new URL("support/step.ts", import.meta.url));
  const { project, url } = builds[build];
  const child = spawn(process.execPath, [...FLAGS, main, ...(build === "source" ? ["--hook"] : [])], {
    cwd: project,
    stdio: ["pipe", "pipe", "inherit"],
    env,
  });
  child.stdin.end(JSON.stringify({ module: url, ...step } satisfies Step));
  return JSON.parse(await text(child.stdout)) as Stepped;
}

const items = [
  { name: "tea", cents: 250 },
  { name: "caviar", cents: 9900 },
  { name: "bread", cents: 100 },
];

const NAMES = ["charge", "ship", "order", "declared", "arrow", "expression"];

async function orderIn(names: readonly BuildName[]): Promise<Record<string, string>[]> {
  let stepped = await stepIn(names[0]!, { start: ["orderOf", [items]] });
  const fingerprints = [stepped.fingerprints];
  const calls = [...stepped.calls!];
  for (const name of names.slice(1)) {
    stepped = await stepIn(name, { state: stepped.state!, answer: `answer in ${name}` });
    assert.equal(stepped.stack, undefined, name);
    assert.deepEqual(stepped.registered, NAMES, name);
    fingerprints.push(stepped.fingerprints);
    calls.push(...(stepped.calls ?? []));
  }
  assert.deepEqual(calls, [
    { function: "charge", args: [350] },
    { function: "ship", args: ["tea", 250] },
    { function: "ship", args: ["bread", 100] },
  ]);
  assert.deepEqual(stepped.result, {
    receipt: `ANSWER IN ${names[1]!.toUpperCase()}`,
    shipped: [`answer in ${names[2]}`, `answer in ${names[3]}`],
    total: "2 for 350",
    missing: "OutOfStock: no caviar",
    known: 2,
  });
  return fingerprints;
}

const journeys: BuildName[][] = [
  ["source", "esbuild", "rollup", "vite to a library"],
  ["vite", "esbuild to CommonJS", "source", "esbuild"],
];
for (const names of journeys) {
  test(`an order goes on in other builds and processes: ${names.join(", ")}`, async () => {
    const [first, ...others] = await orderIn(names);
    assert.deepEqual(Object.keys(first!).toSorted(), [
      "functions.ts#fails",
      "functions.ts#orderOf",
      "functions.ts#shipments",
      "shop/pay.ts#payFor",
    ]);
    for (const other of others) assert.deepEqual(other, first);
  });
}

const source = readFileSync(new URL("fixtures/functions.ts", import.meta.url), "utf8");
const lineOfError = source.slice(0, source.indexOf('"no coffee"')).split("\n").length;

for (const [name, { project, file }] of Object.entries(builds).filter(([name]) => name !== "source")) {
  test(`${name}: the source map points to the TypeScript, the code to no build machine`, () => {
    const code = readFileSync(file, "utf8");
    const before = code.slice(0, code.search(/["'`]no coffee/)).split("\n");
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")));
    const entry = map.findEntry(before.length - 1, before.at(-1)!.length);
    assert("originalSource" in entry);
    assert.match(entry.originalSource, /(^|\/)functions\.ts$/);
    assert.equal(entry.originalLine + 1, lineOfError);
    assert(!code.replaceAll(/^\s*\/\/.*$/gm, "").includes(project));
  });
}

test("an error in a minified bundle names file and line of the source", async () => {
  const { stack } = await stepIn("esbuild", { start: ["fails", []] });
  assert.match(stack!, new RegExp(`^Error: no coffee\\n +at .*functions\\.ts:${lineOfError}:`));
});

test("what the compiler refuses fails each build, with file and line", async () => {
  const project = newProject(root);
  const entry = join(project, "refused.ts");
  writeFileSync(entry, 'import "dispatch-ts";\n\nexport enum Color { Red }\n');
  const refused = /refused\.ts:3:8: UNSUPPORTED_TYPESCRIPT: .*enum/;
  const { esbuild: forEsbuild, rollup: forRollup, vite: forVite } = dispatchCompiler;
  await assert.rejects(
    esbuild.build({ entryPoints: [entry], bundle: true, plugins: [forEsbuild()], logLevel: "silent" }),
    refused,
  );
  await assert.rejects(rollup({ input: entry, plugins: [forRollup()] }), refused);
  const build = { ssr: entry };
  await assert.rejects(
    vite.build({ root: project, configFile: false, logLevel: "silent", plugins: [forVite()], build }),
    refused,
  );
});

test("Vite's development server runs compiled modules", async (t) => {
  const { project } = builds.source;
  const server = await vite.createServer({
    root: project,
    configFile: false,
    logLevel: "silent",
    appType: "custom",
    server: { middlewareMode: true, ws: false },
    optimizeDeps: { noDiscovery: true },
    ssr: { resolve: { externalConditions: ["dispatch-source"] } },
    plugins: [dispatchCompiler.vite()],
  });
  t.after(() => server.close());
  const { fails } = await server.ssrLoadModule("/functions.ts");
  assert.match(String(fails), /\$\$/);
  await assert.rejects(fails(), { message: "no coffee" });
});

test("`dispatch serve` takes a minified bundle", async (t) => {
  const { project, file } = builds.esbuild;
  const command = fileURLToPath(new URL("../../bin/dispatch.js", import.meta.url));
  const flags = ["--endpoint-addr", "127.0.0.1:0", "--threads-max", "1", "--log-format", "json"];
  const service = spawn(process.execPath, [command, "serve", file, ...flags], {
    cwd: project,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => service.kill("SIGKILL"));
  const args = [command, "call", "order", JSON.stringify(items), "--url", await listeningUrl(service)];
  const call = spawn(process.execPath, args, { cwd: project, env, stdio: ["ignore", "pipe", "inherit"] });
  const { receipt, shipped } = JSON.parse(await text(call.stdout));
  assert.deepEqual(
    { receipt, shipped },
    { receipt: "RECEIPT FOR 350", shipped: ["tea at 250", "bread at 100"] },
  );
});

async function listeningUrl({ stderr }: ChildProcess): Promise<string> {
  let log = "";
  for await (const line of createInterface(stderr!)) {
    log += `${line}\n`;
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`it does not listen:\n${log}`);
}

/** Functions bundled by real bundlers: a state suspended in one build goes on in any other. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BUILDS, newProject } from "./support/build.ts";
import type { Step, Stepped } from "./support/step.ts";

const project = newProject();
after(() => rmSync(project, { recursive: true }));

const modules = new Map<string, string>();
before(async () => {
  for (const [name, build] of Object.entries(BUILDS)) modules.set(name, await build(project));
});

async function stepIn(build: string, step: Omit<Step, "module">): Promise<Stepped> {
  const main = fileURLToPath(new URL("support/step.ts", import.meta.url));
  const flags = ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning", "--enable-source-maps"];
  const child = spawn(process.execPath, [...flags, main, ...(build === "source" ? ["--hook"] : [])], {
    cwd: project,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  child.stdin.end(JSON.stringify({ module: modules.get(build)!, ...step }));
  return JSON.parse(await text(child.stdout)) as Stepped;
}

const items = [
  { name: "tea", cents: 250 },
  { name: "caviar", cents: 9900 },
  { name: "bread", cents: 100 },
];

async function orderIn(builds: readonly string[]) {
  let stepped = await stepIn(builds[0]!, { start: ["orderOf", [items]] });
  const fingerprints = [stepped.fingerprints];
  const calls = [...stepped.calls!];
  for (const build of builds.slice(1)) {
    stepped = await stepIn(build, { state: stepped.state!, answer: `answer of ${build}` });
    assert.equal(stepped.stack, undefined, build);
    fingerprints.push(stepped.fingerprints);
    calls.push(...(stepped.calls ?? []));
  }
  assert.deepEqual(
    calls.map((call) => [call.function, ...call.args]),
    [
      ["charge", 350],
      ["ship", "tea", 250],
      ["ship", "bread", 100],
    ],
  );
  assert.deepEqual(stepped.result, {
    receipt: `ANSWER OF ${builds[1]!.toUpperCase()}`,
    shipped: [`answer of ${builds[2]}`, `answer of ${builds[3]}`],
    total: "2 for 350",
    missing: "OutOfStock: no caviar",
    known: 2,
  });
  return fingerprints;
}

for (const builds of [
  ["source", "esbuild", "rollup", "esbuild, minified"],
  ["vite, for the server", "esbuild, minified", "source", "vite, a minified library"],
]) {
  test(`suspended and resumed, each in a new process: ${builds.join("; ")}`, async () => {
    const [first, ...others] = await orderIn(builds);
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
const lineOf = (part: string): number => source.slice(0, source.indexOf(part)).split("\n").length;

for (const name of Object.keys(BUILDS).filter((one) => one !== "source")) {
  test(`${name}: the source map points to the TypeScript`, () => {
    const file = fileURLToPath(modules.get(name)!);
    const code = readFileSync(file, "utf8");
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")));
    const withoutComments = code.replaceAll(/^\s*\/\/.*$/gm, "");
    assert(!withoutComments.includes(project), "no path of the machine that built it");
    const at = code.search(/["'`]no coffee/);
    const lines = code.slice(0, at).split("\n");
    const entry = map.findEntry(lines.length - 1, lines.at(-1)!.length) as { originalSource: string; originalLine: number };
    assert.match(entry.originalSource, /functions\.ts$/);
    assert.equal(entry.originalLine + 1, lineOf("no coffee"));
  });
}

test("an error of a minified bundle names class, file and line of the source", async () => {
  const { stack } = await stepIn("esbuild, minified", { start: ["fails", []] });
  assert.match(stack!, new RegExp(`^Error: no coffee\n +at .*functions\\.ts:${lineOf("no coffee")}:`));
});

test("`dispatch serve` takes a minified bundle", async (t) => {
  const command = fileURLToPath(new URL("../../bin/dispatch.js", import.meta.url));
  const file = fileURLToPath(modules.get("esbuild, minified")!);
  const { DISPATCH_ENDPOINT_URL: _1, DISPATCH_API_URL: _2, DISPATCH_API_KEY: _3, ...inherited } = process.env;
  const env = { ...inherited, NODE_TEST_CONTEXT: undefined };
  const flags = ["--endpoint-addr", "127.0.0.1:0", "--threads-max", "1", "--log-format", "json"];
  const service = spawn(process.execPath, [command, "serve", file, ...flags], {
    cwd: project,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  t.after(() => service.kill("SIGKILL"));
  let log = "";
  let url: string | undefined;
  for await (const line of createInterface(service.stderr)) {
    log += `${line}\n`;
    url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  assert(url, log);
  const call = spawn(process.execPath, [command, "call", "order", JSON.stringify(items), "--url", url], {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { receipt, shipped } = JSON.parse(await text(call.stdout));
  assert.deepEqual({ receipt, shipped }, { receipt: "RECEIPT FOR 350", shipped: ["tea at 250", "bread at 100"] });
});

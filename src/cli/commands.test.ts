import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { resolveConfig } from "../config/index.ts";
import { type Service, startService } from "../service.ts";
import { toJson } from "../wire/values/render-value.ts";
import { fixture, run, temporaryFolder } from "./cli.test-support.ts";
import { wantsColors } from "./main.ts";

let service: Service;
let url: string[];

before(async () => {
  const { config } = resolveConfig({
    flags: {
      endpointAddr: "127.0.0.1:0",
      threadsMax: 1,
      storePath: ":memory:",
      adminAddr: "off",
      retryAttemptsMax: 1,
      drainTimeoutMs: 20,
      cancelGraceMs: 20,
    },
  });
  service = await startService({
    config,
    modules: [fixture("functions.ts")],
    logger: pino({ level: "silent" }),
  });
  url = ["--url", service.url];
});

after(() => service.stop("the tests have ended"));

test("call prints the result of a durable call, in JSON where JSON can say it", async () => {
  assert.deepEqual(await run(["call", "greet", '"World"', ...url]), {
    exitCode: 0,
    out: '"Hello, World!"',
    err: "",
  });
  assert.equal((await run(["call", "add", "1", "2", ...url])).out, "3");
  assert.equal((await run(["call", "map", ...url])).out, "Map(1) { 'big' => 1152921504606846976n }");
  assert.equal((await run(["call", "nothing", ...url])).out, "");
});

test("call --direct runs past the scheduler, --no-wait gives the id", async () => {
  assert.equal((await run(["call", "greet", '"World"', "--direct", ...url])).out, '"Hello, World!"');
  const { out: id } = await run(["call", "slow", "1", "--no-wait", ...url]);
  assert.match(id, /^[\w-]+$/);
  assert.equal((await run(["calls", "wait", id, ...url])).out, "1");
});

test("a call expires as its function says, or as --expiration-ms says", async () => {
  const own = await run(["call", "hasty", ...url]);
  assert.match(own.err, /^TIMEOUT: Timeout: the call did not end before its expiration time$/m);
  assert.match(
    (await run(["call", "slow", "5000", "--expiration-ms", "50", ...url])).err,
    /^TIMEOUT: Timeout:/,
  );
  const { out: id } = await run(["call", "hasty", "--expiration-ms", "0", "--no-wait", ...url]);
  const { info } = JSON.parse((await run(["calls", "get", id, "--json", ...url])).out);
  assert.equal(info.expirationTime, undefined);
  await run(["calls", "cancel", id, ...url]);
  assert.equal((await run(["call", "slow", "1", "--expiration-ms", "soon", ...url])).exitCode, 2);
});

test("call --json is for scripts: bigints as text, maps as pairs", async () => {
  const { out } = await run(["call", "map", "--json", ...url]);
  assert.deepEqual(JSON.parse(out), { status: "OK", output: [["big", "1152921504606846976"]] });
  const failed = await run(["call", "fail", "--json", "--direct", ...url]);
  assert.deepEqual(JSON.parse(failed.out), {
    status: "INVALID_ARGUMENT",
    error: { type: "TypeError", message: "of no use" },
  });
  assert.equal(failed.exitCode, 1);
  assert.equal(
    toJson({ bytes: Buffer.from("hi"), at: new Date(0) }).replaceAll(/\s/g, ""),
    '{"bytes":"aGk=","at":"1970-01-01T00:00:00.000Z"}',
  );
});

test("a call that fails is exit code 1 and says why", async () => {
  const failed = await run(["call", "fail", ...url]);
  assert.equal(failed.exitCode, 1);
  const [, id] = /^INVALID_ARGUMENT: TypeError: of no use\ncall ([\w-]+)$/.exec(failed.err)!;
  assert.equal(JSON.parse((await run(["calls", "get", id!, "--json", ...url])).out).info.dispatchId, id);
  const json = JSON.parse((await run(["call", "fail", "--json", ...url])).out);
  assert.match(json.dispatchId, /^[\w-]+$/);
});

test("a function that is not served is named with the one that was meant, if one is near", async () => {
  const unknown = await run(["call", "nobody", ...url]);
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.err, /function 'nobody' does not exist$/m);
  for (const name of ["gret", "greeet", "grete"]) {
    const near = await run(["call", name, ...url]);
    assert.match(near.err, new RegExp(`function '${name}' does not exist; did you mean 'greet'\\?`));
  }
});

test("the stack of an error, with the user's file and line and its causes, is shown by get and by --verbose", async () => {
  const stack =
    /TypeError: broken order\n\s+at .*\/fixtures\/functions\.ts:27:9\n[\s\S]*Caused by: Error: disk\n\s+at .*functions\.ts:27:/;
  const verbose = await run(["call", "check", '{"item": "tea"}', "--verbose", ...url]);
  assert.match(verbose.err, stack);
  const [id] = /[\w-]+$/.exec(verbose.err)!;
  assert.match((await run(["calls", "get", id, ...url])).out, stack);
  const direct = await run(["call", "check", '{"item": "tea"}', "--verbose", "--direct", ...url]);
  assert.match(direct.err, stack);
  assert.doesNotMatch((await run(["call", "check", "{}", ...url])).err, /functions\.ts/);
});

test("a service that is lost while the call is awaited: id and the way on are said", async () => {
  const lost = await startService({
    config: resolveConfig({
      flags: {
        endpointAddr: "127.0.0.1:0",
        storePath: ":memory:",
        adminAddr: "off",
        drainTimeoutMs: 20,
        cancelGraceMs: 20,
      },
    }).config,
    modules: [fixture("functions.ts")],
    logger: pino({ level: "silent" }),
    runner: "in-process",
  });
  const call = run(["call", "slow", "2000", "--url", lost.url]);
  for (;;) {
    const { out } = await run(["calls", "list", "--json", "--url", lost.url]);
    if (JSON.parse(out).length > 0) break;
  }
  await lost.stop("lost");
  const { exitCode, err } = await call;
  assert.notEqual(exitCode, 0);
  const [, id] = /^error: call ([\w-]+): /.exec(err)!;
  assert.ok(err.includes(`hint: the call is recorded; \`dispatch calls wait ${id}\``), err);
});

test("config shows that a secret is not set", async () => {
  using folder = temporaryFolder();
  const { out } = await run(["config"], { cwd: folder.path });
  assert.match(out, /^apiKeys\s+\(none\)\s+default$/m);
  assert.match(out, /^apiKey\s+\(none\)\s+default$/m);
  const { apiKeys } = JSON.parse((await run(["config", "--json"], { cwd: folder.path })).out);
  assert.deepEqual(apiKeys.value, []);
});

test("a module that its folder makes CommonJS is told to be a module", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "package.json"), '{"type": "commonjs"}');
  writeFileSync(join(folder.path, "functions.ts"), 'import { dispatch } from "dispatch-ts";\ndispatch;\n');
  const { exitCode, err } = await run(["functions", "functions.ts"], { cwd: folder.path });
  assert.equal(exitCode, 1);
  assert.match(err, /\nhint: .*set "type": "module" there, or name the file \.mts\n/);
});

test("an argument that is no JSON is exit code 2 with the text to type instead", async () => {
  const { exitCode, err } = await run(["call", "greet", "World", ...url]);
  assert.equal(exitCode, 2);
  assert.equal(err, `error: argument World is not JSON\nhint: a text needs quotes of its own: '"World"'`);
  assert.equal((await run(["call", "greet", "1", "--timeout-ms", "soon", ...url])).exitCode, 2);
});

test("a result that takes too long is exit code 1", async () => {
  const { exitCode, err } = await run(["call", "slow", "60000", "--timeout-ms", "20", ...url]);
  assert.equal(exitCode, 1);
  assert.match(err, /has not ended after 20 ms\nhint: /);
});

test("what is no URL of a service is exit code 2", async () => {
  for (const bad of ["foo", "ftp://x", "localhost:8000", "http://", ""]) {
    for (const argv of [
      ["call", "greet", "1"],
      ["call", "greet", "1", "--direct"],
      ["calls", "list"],
    ]) {
      const { exitCode, err } = await run([...argv, "--url", bad]);
      assert.equal(
        err,
        `error: '${bad}' is not a URL of a service\nhint: it begins with http:// or https://, e.g. http://localhost:8000`,
      );
      assert.equal(exitCode, 2);
    }
  }
});

test("no service at the URL is exit code 3", async () => {
  const { exitCode, err } = await run(["call", "greet", "1", "--url", "http://127.0.0.1:9"]);
  assert.equal(exitCode, 3);
  assert.match(err, /^error: cannot reach a service at http:\/\/127\.0\.0\.1:9 .*\nhint: start one with/);
});

test("functions lists what a module defines", async () => {
  const { out } = await run(["functions", fixture("functions.ts")]);
  assert.match(out, /^function\s+kind\s+registry\s+options\ngreet\s+async\s+default/);
  const list = JSON.parse((await run(["functions", fixture("functions.ts"), "--json"])).out) as object[];
  assert.equal(list.length, 8);
});

test("a module that cannot load shows its own stack, and nothing of ours to guess at", async () => {
  const { exitCode, err } = await run(["functions", fixture("broken.ts")]);
  assert.equal(exitCode, 1);
  assert.match(
    err,
    /^error: cannot load .*broken\.ts: this module is broken\nhint: .*\nError: this module is broken\n\s+at .*broken\.ts:1/,
  );
});

const COMPILED = `import { charge } from "./charge.ts";

export class Basket {
  async pay(items: number[]) {
    let total = 0;
    for (const item of items) total += (await charge(item)) as number;
    return total;
  }
}
`;

test("compile shows where a function can be suspended and what is saved", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "package.json"), "{}");
  writeFileSync(join(folder.path, "basket.ts"), COMPILED);
  const { exitCode, out } = await run(["compile", "basket.ts"], { cwd: folder.path });
  assert.equal(exitCode, 0);
  const fingerprint = "\\S{12}";
  const expected = [
    "function +fingerprint +at +waits +saves",
    `Basket\\.pay +${fingerprint} +6:41 +await charge\\(item\\)\\) as number; +\\(iterator\\), \\(temporary\\)`,
  ];
  assert.match(out, new RegExp(`^${expected.join("\n")}$`));

  const json = JSON.parse((await run(["compile", "basket.ts", "--json"], { cwd: folder.path })).out);
  assert.equal(json.module, "basket.ts");
  assert.equal(json.functions[0].id, "basket.ts#Basket.pay");
  const [{ kind, line, column }] = json.functions[0].points;
  assert.deepEqual({ kind, line, column }, { kind: "await", line: 6, column: 41 });
  assert.equal(json.code, undefined);

  const { out: code } = await run(["compile", "basket.ts", "--code"], { cwd: folder.path });
  assert.match(code, /^import \* as \$\$rt from "dispatch-ts\/runtime";/);
  assert(!code.includes(folder.path));
});

test("compile shows the place of what is refused", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "package.json"), "{}");
  writeFileSync(join(folder.path, "module.ts"), "// colours\n  export enum Colour { Red }\n");
  const { exitCode, err } = await run(["compile", "module.ts"], { cwd: folder.path });
  assert.equal(exitCode, 1);
  assert.match(
    err,
    /^error: module\.ts:2:10: UNSUPPORTED_TYPESCRIPT: .*\n\n {2}2 \| {3}export enum Colour \{ Red \}\n {15}\^\n/,
  );
});

test("compile takes modules only", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "old.cjs"), "exports.f = async () => {};");
  writeFileSync(join(folder.path, "data.json"), "{}");
  writeFileSync(join(folder.path, "plain.js"), "export const x = 1;");
  const refusals = {
    "absent.ts": /does not exist/,
    ".": /directory/,
    "old.cjs": /CommonJS/,
    "data.json": /no TypeScript/,
  };
  for (const [file, message] of Object.entries(refusals)) {
    const { exitCode, err } = await run(["compile", file], { cwd: folder.path });
    assert.equal(exitCode, 2, file);
    assert.match(err, message);
  }
  assert.match(
    (await run(["compile", "plain.js"], { cwd: folder.path })).out,
    /no function of it can be suspended/,
  );
});

test("config prints each value and where it came from, secrets masked", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "dispatch.config.json"), '{"queueMax": 7, "concurrency": 8}');
  const env = {
    DISPATCH_CONCURRENCY: "9",
    DISPATCH_API_KEY: "hunter2",
    DISPATCH_API_KEYS: "hunter3,hunter4",
  };
  const { out } = await run(["config", "--threads-max", "2", "--no-metrics"], { env, cwd: folder.path });
  assert.match(out, /^queueMax\s+7\s+file .*dispatch\.config\.json$/m);
  assert.match(out, /^concurrency\s+9\s+environment DISPATCH_CONCURRENCY$/m);
  assert.match(out, /^threadsMax\s+2\s+flag --threads-max$/m);
  assert.match(out, /^metrics\s+false\s+flag --metrics$/m);
  assert.match(out, /^batchRunsMax\s+64\s+default$/m);
  assert.match(out, /^apiKey\s+\*+\s+environment DISPATCH_API_KEY$/m);
  const json = await run(["config", "--json"], { env, cwd: folder.path });
  for (const text of [out, json.out]) assert.doesNotMatch(text, /hunter/);
  assert.deepEqual((JSON.parse(json.out) as Record<string, unknown>).queueMax, {
    value: 7,
    from: `file ${join(folder.path, "dispatch.config.json")}`,
    flag: "--queue-max",
    environment: "DISPATCH_QUEUE_MAX",
  });
});

test("a wrong command line or configuration is exit code 2 with one line what and one what to do", async () => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [["serv"], {}, /unknown command 'serv'/],
    [["call"], {}, /missing required argument 'name'/],
    [["calls", "list", "--nonsense"], {}, /unknown option '--nonsense'/],
    [["config", "--thread-max", "1"], {}, /unknown option '--thread-max'/],
    [
      ["config", "--queue-max", "many"],
      {},
      /^error: queueMax must be a whole number .*flag --queue-max\)\nhint: /,
    ],
    [["config"], { DISPATCH_LOG_LEVEL: "loud" }, /logLevel must be one of/],
    [["serve", "absent.ts"], {}, /^error: module absent\.ts does not exist\nhint: /],
    [["config", "--config", "absent.ts"], {}, /absent\.ts does not exist/],
  ];
  for (const [argv, env, message] of cases) {
    const { exitCode, err } = await run(argv, { env });
    assert.equal(exitCode, 2, argv.join(" "));
    assert.match(err, message);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test("help is exit code 0, has examples, and knows every option", async () => {
  for (const argv of [["--help"], ["help"], ["help", "serve"], ["serve", "--help"], ["call", "-h"]]) {
    const { exitCode, out } = await run(argv);
    assert.equal(exitCode, 0, argv.join(" "));
    assert.match(out, /Examples:/);
  }
  assert.match((await run(["serve", "--help"])).out, /--threads-max <n>/);
  assert.match((await run(["--version"])).out, /^\d+\.\d+\.\d+$/);
});

test("colours only where they can be seen and are wanted", async () => {
  assert.equal(wantsColors({}, true), true);
  assert.equal(wantsColors({}, false), false);
  assert.equal(wantsColors({ NO_COLOR: "1" }, true), false);
  assert.equal(wantsColors({ FORCE_COLOR: "1" }, false), true);
  const coloured = await run(["config"], { colors: true });
  assert.ok(coloured.out.includes("\u001b["));
  assert.ok(!(await run(["config"])).out.includes("\u001b["));
});

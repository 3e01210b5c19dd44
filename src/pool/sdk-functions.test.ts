import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { newStateKey } from "../coroutine/setup-options.ts";
import { silentTelemetry } from "../telemetry/events.ts";
import { CallResultSchema } from "../wire/gen/dispatch/sdk/v1/call_pb.js";
import { RunRequestSchema, RunResponseSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../wire/gen/dispatch/sdk/v1/status_pb.js";
import { decodeValue, encodeArguments, encodeValue } from "../wire/values/index.ts";
import { ThreadStartError } from "./errors.ts";
import { RunPool } from "./pool.ts";
import { threadCode } from "./thread-code.ts";

/** Pools that resume each other's functions. */
const SAME_KEY = { DISPATCH_LOCAL_STATE_KEY: newStateKey() };

/** Modules of a user, in a folder that knows nothing of this package. */
async function setup(files: Record<string, string>, setupModules?: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "dispatch-pool-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const modules = Object.keys(files).filter((name) => name.startsWith("functions"));
  const pool = new RunPool(
    { modules: modules.map((name) => join(folder, name)), threadsMax: 1, env: SAME_KEY },
    {
      telemetry: silentTelemetry,
      code: threadCode(setupModules?.map((name) => new URL(name, `file://${folder}/`).href)),
    },
  );
  return {
    pool,
    folder,
    async run(name: string, ...args: unknown[]) {
      const input = { case: "input" as const, value: encodeArguments(args) };
      const request = create(RunRequestSchema, { function: name, directive: input });
      const response = fromBinary(
        RunResponseSchema,
        await pool.run(name, toBinary(RunRequestSchema, request)),
      );
      const result = response.directive.case === "exit" ? response.directive.value.result : undefined;
      return {
        status: Status[response.status],
        value: result?.output && decodeValue(result.output),
        error: result?.error,
      };
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      await rm(folder, { recursive: true });
    },
  };
}

test("functions of TypeScript modules that lie anywhere are loaded, listed and run", async () => {
  await using t = await setup({
    "functions.ts": `
      import { dispatch } from "dispatch-ts";
      interface Pair { a: number; b: number }
      export const add = dispatch.function("add", async ({ a, b }: Pair) => a + b, { priority: 3 });
    `,
    "functions2.js": `
      import { dispatch, Output } from "dispatch-ts";
      dispatch.primitiveFunction("double", (input) => Output.value(input.input * 2));
    `,
  });
  assert.deepEqual(await t.pool.start(), [
    { name: "add", kind: "async", registry: "default", options: { priority: 3 } },
    { name: "double", kind: "primitive", registry: "default", options: {} },
  ]);
  assert.equal((await t.run("add", { a: 1, b: 2 })).value, 3);
  assert.equal((await t.run("double", 21)).value, 42);
});

test("a program lives until the runs it waits for are answered, and ends then", async () => {
  await using t = await setup({
    "functions.ts": `
      import { setTimeout } from "node:timers/promises";
      import { dispatch } from "dispatch-ts";
      dispatch.function("slow", async () => { await setTimeout(50); return "done"; });
    `,
    "program.ts": `
      import { create, toBinary } from ${JSON.stringify(import.meta.resolve("@bufbuild/protobuf"))};
      import { RunPool } from ${JSON.stringify(import.meta.resolve("./pool.ts"))};
      import { RunRequestSchema } from ${JSON.stringify(import.meta.resolve("../wire/gen/dispatch/sdk/v1/function_pb.js"))};
      const modules = [new URL("functions.ts", import.meta.url).href];
      const pool = new RunPool({ modules, threadsMax: 1 }, { telemetry: { emit() {} } });
      await pool.start();
      const input = { case: "input", value: { typeUrl: "type.googleapis.com/google.protobuf.Empty" } };
      const request = create(RunRequestSchema, { function: "slow", directive: input });
      const response = await pool.run("slow", toBinary(RunRequestSchema, request));
      console.log(Buffer.from(response).includes("done"));
    `,
  });
  const program = spawnSync(
    process.execPath,
    ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning", join(t.folder, "program.ts")],
    { encoding: "utf8", timeout: 20_000 },
  );
  assert.equal(program.stderr, "");
  assert.equal(program.stdout, "true\n");
  assert.equal(program.status, 0);
});

test("a throw and an unknown function are answers with a status", async () => {
  await using t = await setup({
    "functions.ts": `
      import { dispatch } from "dispatch-ts";
      dispatch.function("fails", async () => { throw new TypeError("not like this"); });
    `,
  });
  await t.pool.start();
  const { status, error } = await t.run("fails");
  assert.equal(status, "INVALID_ARGUMENT");
  assert.equal(error?.type, "TypeError");
  assert.equal((await t.run("nobody")).status, "NOT_FOUND");
});

test("a module that cannot be parsed or loaded fails the start, and the error names it", async () => {
  for (const text of [
    "export const = 1;",
    "enum Colour { Red }",
    'throw new Error("no");',
    'import "./missing.ts";',
  ]) {
    await using t = await setup({ "functions.ts": text });
    await assert.rejects(t.pool.start(), (error) => {
      assert.ok(error instanceof ThreadStartError);
      assert.match(error.message, /cannot load .*functions\.ts: /);
      return true;
    });
  }
});

test("a function that calls another is suspended, and resumed in a new thread by what it left", async () => {
  const files = {
    "functions.ts": `
      import { dispatch } from "dispatch-ts";
      const child = dispatch.function("child", async (n: number) => n + 1);
      dispatch.function("parent", async (n: number) => {
        const local = { doubled: n * 2 };
        const answer = await child(n);
        return local.doubled + answer;
      });
    `,
    // Names the code, wherever it lies.
    "package.json": JSON.stringify({ name: "app", type: "module" }),
  };
  await using first = await setup(files);
  await first.pool.start();
  const request = create(RunRequestSchema, {
    function: "parent",
    directive: { case: "input", value: encodeArguments([20]) },
  });
  const suspended = fromBinary(
    RunResponseSchema,
    await first.pool.run("parent", toBinary(RunRequestSchema, request)),
  );
  assert.ok(suspended.directive.case === "poll");
  const { state, calls } = suspended.directive.value;
  assert.deepEqual(
    calls.map((call) => call.function),
    ["child"],
  );
  const result = create(CallResultSchema, {
    correlationId: calls[0]!.correlationId,
    output: encodeValue(21, "result"),
  });
  const resume = create(RunRequestSchema, {
    function: "parent",
    directive: { case: "pollResult", value: { state, results: [result] } },
  });
  await using second = await setup(files);
  await second.pool.start();
  const response = await second.pool.run("parent", toBinary(RunRequestSchema, resume));
  const { status, directive } = fromBinary(RunResponseSchema, response);
  assert.equal(Status[status], "OK");
  const output = directive.case === "exit" ? directive.value.result?.output : undefined;
  assert.equal(decodeValue(output!), 61);
});

test("setup modules prepare the thread before any function is loaded", async () => {
  await using t = await setup(
    {
      "prepare.ts":
        "export function setup(): void { (globalThis as { prepared?: boolean }).prepared = true; }",
      "functions.ts": `
        import { dispatch } from "dispatch-ts";
        if (!(globalThis as { prepared?: boolean }).prepared) throw new Error("too early");
        dispatch.function("ok", async () => "ok");
      `,
    },
    ["prepare.ts"],
  );
  await t.pool.start();
  assert.equal((await t.run("ok")).value, "ok");
});

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runRequest, writeAny, writeRunRequest } from "../wire/hot-path/index.ts";
import { encodeArguments } from "../wire/values/index.ts";
import { Call } from "./call.ts";
import { accept, refuse, setupApi } from "./client/client.test-support.ts";
import { dispatch } from "./dispatch.ts";
import { readSetting } from "./environment.ts";
import { AsyncFunction } from "./functions/async-function.ts";
import { PrimitiveFunction } from "./functions/primitive-function.ts";
import { plainDriver, setRunDriver } from "./functions/run-driver.ts";
import { Input } from "./input.ts";
import { Output } from "./output.ts";
import { defaultRegistry, setDefaultRegistry } from "./registry/default-registry.ts";
import { Registry } from "./registry/registry.ts";
import { currentRun, enterRun } from "./run-context.ts";
import { type DurableCall, enterScope } from "./scope.ts";
import { hostsService, registerServiceStarter, setInsideService } from "./service-seam.ts";

function setup(t: TestContext): Registry {
  const registry = new Registry(t.name, { endpoint: "http://here" });
  setDefaultRegistry(registry);
  t.after(() => {
    setDefaultRegistry(undefined);
    return registry.close();
  });
  return registry;
}

/** A scope that records the calls made in it and answers each with its function's name. */
function recordingScope() {
  const calls: DurableCall[] = [];
  const promises: PromiseLike<unknown>[] = [];
  const call = (made: DurableCall) => {
    calls.push(made);
    const promise = Promise.resolve(`result of ${made.function}`);
    promises.push(promise);
    return promise;
  };
  return { calls, promises, scope: { call } };
}

test("dispatch registers in the default registry", (t) => {
  const registry = setup(t);
  const named = dispatch.function("named", async (n: number) => n);
  const own = dispatch.function(async function own() {});
  const primitive = dispatch.primitiveFunction("primitive", () => Output.value(1), { priority: 1 });
  assert.ok(named instanceof AsyncFunction && own instanceof AsyncFunction);
  assert.ok(primitive instanceof PrimitiveFunction && !(primitive instanceof AsyncFunction));
  assert.deepEqual(
    registry.functions().map(({ name, kind }) => [name, kind]),
    [
      ["named", "async"],
      ["own", "async"],
      ["primitive", "primitive"],
    ],
  );
  assert.equal(defaultRegistry(), registry);
});

test("a call inside a scope is the scope's, with its promise handed on as it is", async (t) => {
  setup(t);
  const child = dispatch.function("child", async (_a: number, _b: string) => "x", { expirationMs: 9 });
  const { calls, promises, scope } = recordingScope();
  const promise = enterScope(scope, () => child.with({ priority: 3 })(1, "b"));
  assert.equal(promise, promises[0]);
  assert.equal(await promise, "result of child");
  assert.deepEqual(calls, [
    { endpoint: "http://here", function: "child", args: [1, "b"], options: { expirationMs: 9, priority: 3 } },
  ]);
});

test("an idempotency key, which nothing would come of inside a scope, is refused there", (t) => {
  setup(t);
  const child = dispatch.function("child", async () => "x");
  const { calls, scope } = recordingScope();
  assert.throws(
    () => enterScope(scope, () => child.with({ idempotencyKey: "k" })()),
    /an idempotencyKey is for calls from outside: 'child' was called inside/,
  );
  assert.deepEqual(calls, []);
});

test("a call of the running function's own registry has no endpoint, one of another registry has its own", async (t) => {
  const registry = setup(t);
  const other = new Registry(`${t.name} (other)`, { endpoint: "http://there" });
  t.after(() => other.close());
  const near = dispatch.function("near", async () => {});
  const far = other.function("far", async () => {});
  const { calls, scope } = recordingScope();
  enterRun(new Input(runRequest(), {}, registry), () =>
    enterScope(scope, () => {
      near();
      far();
    }),
  );
  assert.deepEqual(
    calls.map(({ endpoint }) => endpoint),
    ["", "http://there"],
  );
});

test("dispatch.call calls by name, inside a scope and outside", async (t) => {
  const api = await setupApi(t, (request) =>
    request.path.endsWith("/Dispatch") ? accept(request) : refuse(404, "not_found", "gone"),
  );
  const client = api.client();
  const registry = new Registry(t.name, { endpoint: "http://here", client });
  setDefaultRegistry(registry);
  t.after(() => {
    setDefaultRegistry(undefined);
    return registry.close();
  });
  const { calls, promises, scope } = recordingScope();
  const inside = enterScope(scope, () =>
    dispatch.call<string>({
      function: "other",
      args: [1, { a: 2 }],
      endpoint: "https://there",
      expirationMs: 5,
    }),
  );
  assert.equal(inside, promises[0]);
  assert.deepEqual(calls, [
    { endpoint: "https://there", function: "other", args: [1, { a: 2 }], options: { expirationMs: 5 } },
  ]);
  await assert.rejects(dispatch.call({ function: "no name" }), /invalid function name/);
  await assert.rejects(
    dispatch.call(new Call({ function: "out", args: ["x"], endpoint: "http://there" })),
    /gone/,
  );
  const [sent] = api.requests[0]!.calls;
  assert.equal(sent?.function, "out");
  assert.deepEqual(sent?.input, writeAny(encodeArguments(["x"])));
});

test("a run driver carries out the runs of async functions, and of no others", async (t) => {
  const registry = setup(t);
  t.after(() => setRunDriver(undefined));
  const seen: string[] = [];
  dispatch.function("driven", async (n: number) => n);
  dispatch.primitiveFunction("primitive", () => Output.value(1));
  setRunDriver({
    async run(fn, input) {
      seen.push(`${fn.name} ${input.inputArguments} ${currentRun()?.dispatchId}`);
      return plainDriver.run(fn, input);
    },
  });
  const input = writeAny(encodeArguments([5]));
  for (const name of ["driven", "primitive"]) {
    await registry.run(writeRunRequest(runRequest({ function: name, input, dispatchId: "id" })));
  }
  assert.deepEqual(seen, ["driven 5 id"]);
});

test("dispatch.run starts the service, runs main with it and stops it, whatever main does", async (t) => {
  setup(t);
  const story: string[] = [];
  registerServiceStarter(async (options) => {
    story.push(`start ${JSON.stringify(options)}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = async () => {
      story.push("stop");
      resolve();
    };
    return { url: "http://localhost:1234", stopped: promise, stop };
  });
  const main = () => {
    story.push(`main ${readSetting(undefined, "NOT_SET", "apiUrl")?.value} ${hostsService()}`);
    return 5;
  };
  assert.equal(await dispatch.run(main, { port: 0 }), 5);
  assert.equal(hostsService(), false);
  assert.equal(readSetting(undefined, "NOT_SET", "apiUrl"), undefined);
  await assert.rejects(
    dispatch.run(async () => {
      await assert.rejects(dispatch.serve(), /a service runs in this process already/);
      assert.equal(hostsService(), true);
      throw new Error("from main");
    }),
    /from main/,
  );
  assert.deepEqual(story, [
    'start {"port":0}',
    "main http://localhost:1234 true",
    "stop",
    "start {}",
    "stop",
  ]);
  setInsideService(true);
  t.after(() => setInsideService(false));
  assert.equal(await dispatch.run(main), undefined);
  await dispatch.serve();
  assert.equal(story.length, 5);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { runRequest } from "../../wire/hot-path/index.ts";
import { Client } from "../client/client.ts";
import { ClientError } from "../client/client-error.ts";
import { NotFoundError } from "../errors/dispatch-error.ts";
import { Input } from "../input.ts";
import { Registry } from "../registry/registry.ts";
import { enterRun } from "../run-context.ts";
import { BlockingFunction } from "./blocking-function.ts";

async function setup(t: TestContext): Promise<Registry> {
  const api = new Worker(new URL("../blocking/api-thread.test-support.ts", import.meta.url));
  const [port] = await once(api, "message");
  const client = new Client({ apiUrl: `http://127.0.0.1:${port}`, apiKey: "k" });
  const registry = new Registry(t.name, { client, endpoint: "http://functions" });
  t.after(async () => {
    await Promise.all([registry.close(), client.close(), api.terminate()]);
  });
  return registry;
}

test("a blocking function answers without the event loop turning once", async (t) => {
  const registry = await setup(t);
  const greet = new BlockingFunction(registry.function("greet", async (name: string) => ({ answer: name })));
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  assert.deepEqual(greet("World"), { answer: "greet" });
  assert.deepEqual(greet("again"), { answer: "greet" });
  assert.equal(greet.dispatch("World"), "greet");
  assert.equal(turned, false);
  assert.equal(greet.name, "greet");
  assert.equal(greet.buildCall("x").function, "greet");
});

test("a blocking function throws what the function threw, from where it was called", async (t) => {
  const registry = await setup(t);
  const fail = new BlockingFunction(registry.function("fail", async () => {}));
  const caller = () => fail();
  assert.throws(caller, (error: Error) => {
    assert.ok(error instanceof NotFoundError);
    assert.match(error.stack!, /^NotFoundError: gone\n.*dispatched call \(fail fail\)\n {4}at caller/s);
    return true;
  });
});

test("a blocking function gives up after timeoutMs, and tells of an API that cannot be reached", async (t) => {
  const registry = await setup(t);
  const never = new BlockingFunction(
    registry.function("never", async () => {}),
    { timeoutMs: 20 },
  );
  assert.throws(never, (error) => error instanceof ClientError && error.code === "deadline_exceeded");
  const client = new Client({ apiUrl: "http://127.0.0.1:1", apiKey: "k", timeoutMs: 1 });
  const other = new Registry(`${t.name} (other)`, { client, endpoint: "http://functions" });
  t.after(() => Promise.all([other.close(), client.close()]));
  const lost = new BlockingFunction(other.function("lost", async () => {}));
  assert.throws(
    lost,
    (error) => error instanceof ClientError && /cannot reach|no answer/.test(error.message),
  );
});

test("a blocking function refuses to block a run", async (t) => {
  const registry = await setup(t);
  const fn = new BlockingFunction(registry.function("f", async () => {}));
  assert.throws(
    () => enterRun(new Input(runRequest()), () => fn()),
    /cannot block inside a run: await 'f' itself/,
  );
});

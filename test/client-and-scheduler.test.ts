/** The SDK's client against the real scheduler, its API over HTTP, and functions of this process. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import Fastify, { type FastifyInstance } from "fastify";
import { ApiKeys, schedulerApi } from "../src/scheduler/api/index.ts";
import {
  BridgeSessions,
  DestinationPolicy,
  HttpTransport,
  LocalDelivery,
  RoutedDelivery,
} from "../src/scheduler/delivery/index.ts";
import { Scheduler } from "../src/scheduler/index.ts";
import {
  Call,
  CancelledError,
  Client,
  ClientError,
  Registry,
  Reset,
  TemporaryError,
} from "../src/sdk/index.ts";
import { MemoryStore } from "../src/store/index.ts";

interface Setup {
  readonly registry: Registry;
  readonly client: Client;
  readonly app: FastifyInstance;
}

async function setup(t: TestContext, prepare?: (app: FastifyInstance) => void): Promise<Setup> {
  const policy = new DestinationPolicy({ local: new Set(["http://functions"]) });
  const bridge = new BridgeSessions({ newId: () => "unused" });
  let registry: Registry | undefined;
  const local = new LocalDelivery(
    { run: (_name, request, options) => registry!.run(request, options) },
    { has: () => true, keys: () => [] },
  );
  const http = new HttpTransport({ rules: policy.rules });
  const delivery = new RoutedDelivery({ policy, local, http, bridge });
  const retry = { attemptsMax: 4, firstDelayMs: 1, factor: 1, delayMsMax: 1 };
  const scheduler = await Scheduler.open({ store: new MemoryStore(), delivery, retry });
  const app = Fastify();
  prepare?.(app);
  await app.register(schedulerApi, {
    scheduler: () => scheduler,
    policy,
    bridge,
    keys: new ApiKeys({ keys: ["key"] }),
  });
  const apiUrl = await app.listen({ host: "127.0.0.1", port: 0 });
  const client = new Client({ apiUrl, apiKey: "key", retryFirstDelayMs: 1 });
  registry = new Registry(t.name, { client, endpoint: "http://functions" });
  t.after(async () => {
    await registry.close();
    await client.close();
    await app.close();
    await scheduler.close();
    await http.close();
  });
  return { registry, client, app };
}

test("a call comes back with its value, whatever that is", async (t) => {
  const { registry } = await setup(t);
  const echo = registry.function("echo", async (value: unknown) => value);
  for (const value of [
    1,
    2n ** 70n,
    "é",
    null,
    undefined,
    [1, { a: new Date(5) }],
    new Map([["k", new Set([1])]]),
  ]) {
    assert.deepEqual(await echo(value), value);
  }
});

test("many calls at once come back each with its own", async (t) => {
  const { registry } = await setup(t);
  const square = registry.function("square", async (n: number) => n * n);
  const results = await Promise.all(Array.from({ length: 500 }, (_, n) => square(n)));
  assert.deepEqual(
    results,
    Array.from({ length: 500 }, (_, n) => n * n),
  );
});

test("a failure is retried by its category, and what remains is thrown with its class and both stacks", async (t) => {
  const { registry, client } = await setup(t);
  let runs = 0;
  const flaky = registry.function("flaky", async (failures: number) => {
    if (runs++ < failures) throw new TemporaryError("not yet", { cause: new Error("disk") });
    return runs;
  });
  assert.equal(await flaky(2), 3);
  runs = 0;
  const id = await flaky.dispatch(100);
  await assert.rejects(client.wait(id, { via: "flaky" }), (error: Error) => {
    assert.ok(error instanceof TemporaryError);
    assert.equal((error.cause as Error).message, "disk");
    assert.match(error.stack!, /client-and-scheduler.*dispatched call \(flaky/s);
    return true;
  });
  assert.equal(runs, 4);
  assert.equal((await client.get(id)).state, "failed");
});

test("a wrong call fails alone, with the API's own words, and its neighbours are recorded once", async (t) => {
  const { registry, client } = await setup(t);
  let runs = 0;
  const count = registry.function("count", async () => ++runs);
  const wrong = new Call({ function: "count", endpoint: "http://somewhere.example" });
  const settled = await Promise.allSettled([count.dispatch(), client.dispatch([wrong]), count.dispatch()]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  const { reason } = settled[1] as PromiseRejectedResult;
  assert.ok(reason instanceof ClientError);
  assert.match(reason.message, /somewhere\.example/);
  for (const one of settled) if (one.status === "fulfilled") await client.wait([one.value].flat()[0]!);
  assert.equal(runs, 2);
});

test("a dispatch whose answer is lost is recorded once", async (t) => {
  let lost = 0;
  const { registry, client } = await setup(t, (app) => {
    app.addHook("onSend", async (request, reply) => {
      if (!request.url.endsWith("/Dispatch") || lost++ > 0) return;
      reply.hijack();
      request.raw.socket.destroy();
    });
  });
  let runs = 0;
  const count = registry.function("count", async () => ++runs);
  const [a, b] = await Promise.all([count.dispatch(), count.dispatch()]);
  assert.notEqual(a, b);
  await Promise.all([client.wait(a), client.wait(b)]);
  assert.equal(lost, 2, "it was sent twice");
  assert.equal(runs, 2, "and recorded once");
});

test("Reset starts the function again under the same id, until it ends", async (t) => {
  const { registry, client } = await setup(t);
  const down = registry.function("down", async (n: number): Promise<string> => {
    if (n > 0) throw new Reset(down, n - 1);
    return "landed";
  });
  const id = await down.dispatch(3);
  assert.equal(await client.wait(id), "landed");
});

test("a call that was cancelled ends, and whoever waits is told", async (t) => {
  const { registry, client } = await setup(t);
  const later = registry.function("later", async () => 1);
  const id = (await later.with({ delayMs: 3_600_000 }).dispatch()) as string;
  assert.equal((await client.get(id)).state, "delayed");
  const waiting = client.wait(id);
  await client.cancel(id);
  await assert.rejects(waiting, CancelledError);
  assert.equal((await client.get(id)).state, "cancelled");
});

test("a call that expires fails with TIMEOUT, and calls with one idempotency key are one", async (t) => {
  const { registry, client } = await setup(t);
  const later = registry.function("later", async () => 1);
  await assert.rejects(later.with({ delayMs: 3_600_000, expirationMs: 30 })(), { name: "TimeoutError" });
  const keyed = later.with({ idempotencyKey: "order-1" });
  const ids = await Promise.all([keyed.dispatch(), keyed.dispatch()]);
  assert.equal(ids[0], ids[1]);
  assert.equal(await client.wait(ids[0]!), 1);
});

test("an id that is not known is not_found, and a key that is not known unauthenticated", async (t) => {
  const { client } = await setup(t);
  await assert.rejects(client.wait("nope"), /^ClientError: \[not_found\]/);
  await assert.rejects(client.get("nope"), /^ClientError: \[not_found\]/);
  const stranger = new Client({ apiUrl: client.apiUrl, apiKey: "wrong" });
  t.after(() => stranger.close());
  await assert.rejects(stranger.get("x"), /\[unauthenticated\] invalid API key from the argument/);
});

/** Durable functions on the threads of a real pool, driven by the real scheduler. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import Fastify from "fastify";
import { RunPool } from "../../src/pool/index.ts";
import { ApiKeys, schedulerApi } from "../../src/scheduler/api/index.ts";
import {
  BridgeSessions,
  DestinationPolicy,
  HttpTransport,
  LocalDelivery,
  RoutedDelivery,
} from "../../src/scheduler/delivery/index.ts";
import { Scheduler } from "../../src/scheduler/index.ts";
import { Call, Client } from "../../src/sdk/index.ts";
import { MemoryStore } from "../../src/store/index.ts";
import { silentTelemetry } from "../../src/telemetry/events.ts";

const closing: (() => Promise<unknown>)[] = [];
let client: Client;

before(async () => {
  const module = new URL("fixtures/service-functions.ts", import.meta.url).href;
  const pool = new RunPool(
    {
      modules: [module],
      threadsMin: 2,
      threadsMax: 2,
    },
    { telemetry: silentTelemetry },
  );
  await pool.start();
  const policy = new DestinationPolicy({ local: new Set(["http://functions"]) });
  const bridge = new BridgeSessions({ newId: () => "unused" });
  const http = new HttpTransport({ rules: policy.rules });
  const local = new LocalDelivery(pool, { has: () => true, keys: () => [] });
  const delivery = new RoutedDelivery({ policy, local, http, bridge });
  const scheduler = await Scheduler.open({ store: new MemoryStore(), delivery });
  const app = Fastify();
  await app.register(schedulerApi, {
    scheduler: () => scheduler,
    policy,
    bridge,
    keys: new ApiKeys({ keys: ["key"] }),
  });
  const apiUrl = await app.listen({ host: "127.0.0.1", port: 0 });
  client = new Client({ apiUrl, apiKey: "key" });
  closing.push(
    () => client.close(),
    () => app.close(),
    () => scheduler.close(),
    () => http.close(),
    () => pool.close(),
  );
});

after(async () => {
  for (const close of closing) await close();
});

async function callFunction(name: string, ...args: unknown[]): Promise<unknown> {
  const [id] = await client.dispatch([new Call({ function: name, args, endpoint: "http://functions" })]);
  return client.wait(id!);
}

test("a function calls others in parallel and passes an object of its own class on", async () => {
  assert.equal(await callFunction("order", ["tea", "bread"]), "charged 8");
});

test("an error of a called function is caught as what it is", async () => {
  assert.equal(await callFunction("order", ["caviar"]), "RangeError: too expensive");
});

test("many orders at once, over two threads, all come out right", async () => {
  const names = Array.from({ length: 40 }, (_, index) => "x".repeat(index + 1));
  const results = await Promise.all(names.map((name) => callFunction("order", [name, "tea"])));
  assert.deepEqual(
    results,
    names.map((name) => `charged ${name.length + 3}`),
  );
});

test("a function waits in place for a socket that it could not be suspended with", async (t) => {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.equal(await callFunction("reads", `http://localhost:${port}`), "hello");
});

test("a stack trace names the function and the line of the TypeScript source", async () => {
  await assert.rejects(callFunction("throws"), (error: Error) => {
    assert.match(error.stack!, /at throws \(.*service-functions\.ts:51:/);
    assert.doesNotMatch(error.stack!, /runtime/);
    return true;
  });
});

import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { pino } from "pino";
import { ConfigError, resolveConfig } from "../config/index.ts";
import { LOCAL_ENDPOINT } from "../scheduler/delivery/index.ts";
import { startService } from "../service.ts";
import { StoreError } from "../store/index.ts";
import { RunRequestSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { readAny, writeAny } from "../wire/hot-path/index.ts";
import { RequestSigner } from "../wire/signature/index.ts";
import { decodeValue, encodeArguments } from "../wire/values/index.ts";

const FUNCTIONS = new URL("../../test/durability/functions.ts", import.meta.url).href;

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-service-"));
  const start = async (flags: Record<string, unknown> = {}, runner: "pool" | "in-process" = "in-process") => {
    const { config } = resolveConfig({
      flags: { endpointAddr: "127.0.0.1:0", storePath: join(folder, "dispatch.db"), threadsMax: 1, ...flags },
    });
    const service = await startService({
      config,
      modules: [FUNCTIONS],
      logger: pino({ level: "silent" }),
      runner,
    });
    t.after(() => service.stop("test over"));
    return service;
  };
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, start };
}

const call = (name: string, ...args: unknown[]) => ({
  endpoint: LOCAL_ENDPOINT,
  function: name,
  input: writeAny(encodeArguments(args)),
});

test("calls of one process go on in the next, though it listens on another port", async (t) => {
  const { folder, start } = setup(t);
  const first = await start();
  const [id] = await first.scheduler!.dispatch([{ ...call("greet", "later"), delayMs: 300 }]);
  await first.stop("restart");
  const second = await start();
  assert.notEqual(second.url, first.url);
  const { output } = await second.scheduler!.wait(id!);
  assert.equal(decodeValue(readAny(output!)), "Hello, later!");
  assert.ok(folder);
});

test("functions on threads dispatch to the service that runs them, without being told its address", async (t) => {
  const { start } = setup(t);
  const service = await start({}, "pool");
  const result = await service.scheduler!.wait(
    (await service.scheduler!.dispatch([call("dispatchGreet", "you")]))[0]!,
  );
  assert.equal(result.error, null);
  const inner = await service.scheduler!.wait(decodeValue(readAny(result.output!)) as string);
  assert.equal(decodeValue(readAny(inner.output!)), "Hello, you!");
});

test("a call of a function that is not served fails with NOT_FOUND, its neighbours do not", async (t) => {
  const { start } = setup(t);
  const { scheduler } = await start({ storePath: ":memory:" });
  const [missing, present] = await scheduler!.dispatch([call("missing"), call("greet", "you")]);
  await scheduler!.wait(missing!);
  assert.equal((await scheduler!.get(missing!)).status, 15);
  await scheduler!.wait(present!);
  assert.equal((await scheduler!.get(present!)).state, "succeeded");
});

test("a scheduler elsewhere leaves this process an endpoint", async (t) => {
  const { start } = setup(t);
  const service = await start({ apiUrl: "http://localhost:9" });
  assert.equal(service.scheduler, undefined);
});

test("a service that cannot start lets go of what it took", async (t) => {
  const { start } = setup(t);
  const first = await start();
  await assert.rejects(start(), (error) => error instanceof StoreError && error.code === "locked");
  await first.stop("test");
  await start();
});

test("options that cannot be are refused before anything starts", async (t) => {
  const { start } = setup(t);
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ endpointAddr: "0.0.0.0:0" }, /opens the Dispatch API to other machines/],
    [{ allowedDestinations: "http://x" }, /allowedDestinations: .*"http:\/\/x"/],
    [{ signingKey: "short" }, /DISPATCH_SIGNING_KEY/],
  ];
  for (const [flags, message] of cases) {
    await assert.rejects(
      start(flags),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
});

test("metrics tell of calls and of the store's disk", async (t) => {
  const { start } = setup(t);
  const { url, scheduler } = await start();
  await scheduler!.wait((await scheduler!.dispatch([call("greet", "you")]))[0]!);
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(text, /^dispatch_calls_ended_total\{function="greet",state="succeeded"\} 1$/m);
  assert.match(text, /^dispatch_store_disk_free_bytes [1-9]/m);
  assert.match(text, /^dispatch_store_size_bytes [1-9]/m);
});

test("a store that is moved away makes the service unready, and ready again once it is back", async (t) => {
  const { folder, start } = setup(t);
  const service = await start();
  const file = join(folder, "dispatch.db");
  const readiness = async () => {
    const response = await fetch(`${service.url}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  const gauge = async () =>
    /^dispatch_store_available (\d)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
  assert.deepEqual(await readiness(), { status: 200, text: "ok\n" });
  assert.equal(await gauge(), "1");
  const [id] = await service.scheduler!.dispatch([{ ...call("greet", "later"), delayMs: 60_000 }]);
  renameSync(file, `${file}.away`);
  await assert.rejects(service.scheduler!.dispatch([call("greet", "nobody")]), /could not record the calls/);
  const { status, text } = await readiness();
  assert.equal(status, 503);
  assert.match(text, /^the store was lost \(gone\)$/m);
  assert.equal(await gauge(), "0");
  await assert.rejects(service.scheduler!.dispatch([call("greet", "nobody")]), /does not take new calls/);
  renameSync(`${file}.away`, file);
  while ((await readiness()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await gauge(), "1");
  assert.equal((await service.scheduler!.get(id!)).state, "delayed");
  const [again] = await service.scheduler!.dispatch([call("greet", "you")]);
  const { output } = await service.scheduler!.wait(again!);
  assert.equal(decodeValue(readAny(output!)), "Hello, you!");
});

test("calls of a function wait for each other as its concurrencyMax says, and none is refused", async (t) => {
  const { folder, start } = setup(t);
  const { scheduler, url } = await start({}, "pool");
  const endpoints = [LOCAL_ENDPOINT, url];
  const ids = await scheduler!.dispatch(
    Array.from({ length: 12 }, (_, index) => ({ ...call("solo", folder), endpoint: endpoints[index % 2]! })),
  );
  for (const id of ids) {
    const { output } = await scheduler!.wait(id);
    assert.equal(decodeValue(readAny(output!)), 1, "how many were under way");
    assert.equal((await scheduler!.get(id)).attempt, 1);
  }
});

test("keys are changed while the service runs", async (t) => {
  const { start } = setup(t);
  const service = await start({ apiKeys: "old" });
  const { config } = resolveConfig({ flags: { endpointAddr: "127.0.0.1:0", apiKeys: "new" } });
  const statusWith = async (key: string) => {
    const response = await fetch(`${service.url}/dispatch.control.v1.ControlService/List`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: "{}",
    });
    return response.status;
  };
  assert.deepEqual([await statusWith("old"), await statusWith("new")], [200, 401]);
  await service.reconfigure(config);
  assert.deepEqual([await statusWith("old"), await statusWith("new")], [401, 200]);
});

test("a bridge that is polled does not hold the service open", async (t) => {
  const { start } = setup(t);
  const service = await start();
  const poll = fetch(`${service.url}/sessions/s`, { headers: { "request-timeout": "60" } });
  // Answered in order on the same server: when this is, the poll has arrived.
  await fetch(`${service.url}/readyz`);
  await service.stop("test");
  assert.equal((await poll).status, 504);
});

test("a signed request that is caught and sent again is refused by a service, unless that is turned off", async (t) => {
  const { start } = setup(t);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const verificationKey = publicKey.export({ type: "spki", format: "pem" }) as string;
  const body = toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      function: "greet",
      directive: { case: "input", value: encodeArguments(["you"]) as Any },
    }),
  );
  const statuses = async (refuseReplays: string, nonce?: () => string) => {
    const service = await start({ verificationKey, refuseReplays, storePath: ":memory:" });
    const url = new URL("/dispatch.sdk.v1.FunctionService/Run", service.url);
    const headers = { "content-type": "application/proto" };
    const signer = new RequestSigner({ key: privateKey, now: Date.now, ...(nonce && { nonce }) });
    const signed = await signer.sign({ method: "POST", url, headers, body });
    const send = async () =>
      (await fetch(url, { method: "POST", headers: { ...headers, ...signed }, body: Buffer.from(body) }))
        .status;
    return [await send(), await send()];
  };
  assert.deepEqual(await statuses("nonce", randomUUID), [200, 503]);
  assert.deepEqual(await statuses("nonce"), [200, 200]);
  assert.deepEqual(await statuses("all"), [200, 503]);
  assert.deepEqual(await statuses("off", randomUUID), [200, 200]);
});

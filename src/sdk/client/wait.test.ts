import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CallState } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import {
  CancelRequestSchema,
  CancelResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  WaitManyRequestSchema,
  WaitManyResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { callResult, writeCallResult } from "../../wire/hot-path/index.ts";
import { Status } from "../../wire/status.ts";
import { CallResult } from "../call-result.ts";
import { NotFoundError } from "../errors/dispatch-error.ts";
import { RemoteError } from "../errors/error-wire.ts";
import { Registry } from "../registry/registry.ts";
import { type Answer, accept, refuse, setupApi, virtualClock } from "./client.test-support.ts";
import type { ClientError } from "./client-error.ts";

const waitPath = "/dispatch.control.v1.ControlService/WaitMany";
const legacyPath = "/dispatch.sdk.v1.DispatchService/Wait";

test("wait asks the control service, again for as long as there is no result", async (t) => {
  const api = await setupApi(t, (_, index) =>
    index < 2 ? waited() : waited(CallResult.fromValue({ a: [1] }), "id-1"),
  );
  assert.deepEqual(await api.client().wait("id-1"), { a: [1] });
  assert.equal(api.requests.length, 3);
  for (const { path, body } of api.requests) {
    assert.equal(path, waitPath);
    const request = fromBinary(WaitManyRequestSchema, body);
    assert.deepEqual(request.dispatchIds, ["id-1"]);
    assert.ok(request.timeout!.seconds > 0n && request.timeout!.seconds <= 60n);
  }
});

test("wait outlives a service that restarts", async (t) => {
  const answers: Answer[] = [undefined, refuse(503, "unavailable", "stopping"), undefined];
  const api = await setupApi(t, (_, index) =>
    index < 3 ? answers[index] : waited(CallResult.fromValue(7), "id-1"),
  );
  assert.equal(await api.client({ clock: virtualClock() }).wait("id-1"), 7);
});

for (const missing of [refuse(404, "not_found", "path not found"), { status: 404, body: "<html>" }]) {
  test(`wait falls back to the Wait of other SDKs when there is no control service (${missing?.status} ${missing?.body})`, async (t) => {
    const api = await setupApi(t, ({ path }) => {
      if (path === waitPath) return missing;
      return { body: writeCallResult(CallResult.fromValue("done").toMessage()) };
    });
    const client = api.client();
    assert.equal(await client.wait("id-é"), "done");
    assert.equal(await client.wait("id-2"), "done");
    assert.deepEqual(
      api.requests.map((r) => r.path),
      [waitPath, legacyPath, legacyPath],
    );
    assert.equal(new TextDecoder().decode(api.requests[1]?.body), "id-é");
  });
}

test("an API that has neither kind of Wait is an error, not a wait without end", async (t) => {
  const api = await setupApi(t, () => ({ status: 404, body: "<html>" }));
  await assert.rejects(api.client().wait("x"), /^ClientError: \[unimplemented\]/);
  assert.equal(api.requests.length, 2);
});

test("an id that the API does not know is an error at once", async (t) => {
  const api = await setupApi(t, () => ({
    body: toBinary(WaitManyResponseSchema, create(WaitManyResponseSchema, { unknownDispatchIds: ["x"] })),
  }));
  await assert.rejects(api.client().wait("x"), (error: ClientError) => {
    assert.equal(error.message, '[not_found] no call "x", or no longer kept');
    assert.equal(error.status, Status.NOT_FOUND);
    return true;
  });
  assert.equal(api.requests.length, 1);
});

test("wait throws what the function threw, and result tells of it without throwing", async (t) => {
  const api = await setupApi(t, () =>
    waited(CallResult.fromError(new NotFoundError("no such user")), "id-1"),
  );
  const client = api.client();
  await assert.rejects(
    client.wait("id-1"),
    (error) => error instanceof NotFoundError && error.message === "no such user",
  );
  const result = await client.result("id-1");
  assert.equal(result.failed, true);
  assert.ok(result.error instanceof NotFoundError);
});

test("a failure in another language keeps its type, message and traceback", async (t) => {
  const text = new TextEncoder();
  const error = {
    type: "ValueError",
    message: "bad",
    value: Uint8Array.of(0x80, 4, 1),
    traceback: text.encode("Traceback…"),
  };
  const api = await setupApi(t, () => waited(new CallResult(callResult({ dispatchId: "id-1", error }))));
  await assert.rejects(api.client().wait("id-1"), (thrown: RemoteError) => {
    assert.ok(thrown instanceof RemoteError);
    assert.equal(thrown.name, "ValueError");
    assert.equal(thrown.message, "bad");
    assert.deepEqual(thrown.value, error.value);
    assert.match(thrown.stack!, /^Traceback…\n {4}at dispatched call \(id-1\)$/);
    return true;
  });
});

test("waiting ends with its signal, its time limit, or the client, and the call goes on", async (t) => {
  let arrived = () => {};
  const asked = () => new Promise<void>((resolve) => (arrived = resolve));
  const api = await setupApi(t, () => {
    arrived();
    return new Promise(() => {});
  });
  const client = api.client();
  const controller = new AbortController();
  const reason = new Error("enough");
  let first = asked();
  const aborted = client.wait("id-1", { signal: controller.signal });
  await first;
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(
    client.wait("id-1", { timeoutMs: 20 }),
    /\[deadline_exceeded\] no result within 20 ms/,
  );
  first = asked();
  const closed = assert.rejects(client.wait("id-1"), /\[canceled\] the client is closed/);
  await first;
  await client.close();
  await closed;
});

test("waits of one turn share a request, and what it leaves over is asked for with what came meanwhile", async (t) => {
  let answer: (() => void) | undefined;
  const api = await setupApi(t, async ({ body }, index) => {
    const ids = fromBinary(WaitManyRequestSchema, body).dispatchIds;
    if (index > 0) return waitedMany(ids.map((id) => [id, CallResult.fromValue(id)]));
    await new Promise<void>((resolve) => (answer = resolve));
    return waitedMany([["id-1", CallResult.fromValue("id-1")]]);
  });
  const client = api.client({ waitsMax: 1 });
  const first = ["id-0", "id-1", "id-2"].map((id) => client.wait(id));
  const again = client.wait("id-1");
  while (answer === undefined) await new Promise((resolve) => setImmediate(resolve));
  const second = client.wait("id-3");
  answer();
  assert.deepEqual(await Promise.all(first), ["id-0", "id-1", "id-2"]);
  assert.equal(await again, "id-1");
  assert.equal(await second, "id-3");
  const asked = api.requests.map(({ body }) => fromBinary(WaitManyRequestSchema, body).dispatchIds.sort());
  assert.deepEqual(asked, [
    ["id-0", "id-1", "id-2"],
    ["id-0", "id-2", "id-3"],
  ]);
});

test("an answer that is none fails the waits it was for", async (t) => {
  const api = await setupApi(t, () => ({ body: Uint8Array.of(10, 5, 1) }));
  await assert.rejects(api.client().wait("id-1"), /\[internal\] the API answered with what is no WaitMany/);
});

test("a result that cannot be read fails the wait for it, and no other", async (t) => {
  const good = writeCallResult({ ...CallResult.fromValue(1).toMessage(), dispatchId: "id-1" });
  const bad = [26, 4, 10, 2, 0xff, 0xfe, 34, 4, ...Buffer.from("id-2")];
  const body = Uint8Array.from([10, good.length, ...good, 10, bad.length, ...bad]);
  const api = await setupApi(t, () => ({ body }));
  const client = api.client();
  const waits = [client.wait("id-1"), client.wait("id-2")];
  const failed = assert.rejects(waits[1]!, /\[internal\] the result of this call cannot be read/);
  assert.equal(await waits[0], 1);
  await failed;
  assert.equal(api.requests.length, 1);
});

test("an id that is too long is refused, and takes no other along", async (t) => {
  const api = await setupApi(t, () => waited(CallResult.fromValue(1), "id-1"));
  const client = api.client();
  const refused = assert.rejects(client.wait("x".repeat(257)), /\[invalid_argument\] an id has at most 256/);
  assert.equal(await client.wait("id-1"), 1);
  await refused;
  assert.equal(api.requests.length, 1);
});

test("results that come again, or of calls nobody asked about, change nothing", async (t) => {
  const api = await setupApi(t, ({ body }) => {
    const [id] = fromBinary(WaitManyRequestSchema, body).dispatchIds;
    return waitedMany([
      ["stranger", CallResult.fromValue(0)],
      [id!, CallResult.fromValue(1)],
      [id!, CallResult.fromValue(2)],
    ]);
  });
  const client = api.client();
  assert.deepEqual([await client.wait("id-1"), await client.wait("id-2")], [1, 1]);
});

test("get does not queue behind waits, and a wait that queues does not time out meanwhile", async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const api = await setupApi(t, async ({ path, body }) => {
    if (path.endsWith("/Get")) {
      const call = { info: { dispatchId: "id-1", state: CallState.RUNNING } };
      return { body: toBinary(GetResponseSchema, create(GetResponseSchema, { call })) };
    }
    await gate;
    const ids = fromBinary(WaitManyRequestSchema, body).dispatchIds;
    return waitedMany(ids.map((id) => [id, CallResult.fromValue(1)]));
  });
  const client = api.client({ waitsMax: 1, timeoutMs: 60, attemptTimeoutMs: 60 });
  const waits = [client.wait("id-1"), client.wait("id-2")];
  assert.equal((await client.get("id-1")).state, "running");
  await new Promise((resolve) => setTimeout(resolve, 100));
  release();
  assert.deepEqual(await Promise.all(waits), [1, 1]);
});

test("get and cancel tell how a call stands", async (t) => {
  const info = { dispatchId: "id-1", function: "f", state: CallState.SUSPENDED, attempts: 2 };
  const api = await setupApi(t, ({ path, body }) => {
    if (path.endsWith("/Get")) {
      assert.equal(fromBinary(GetRequestSchema, body).dispatchId, "id-1");
      const call = { info: { ...info, creationTime: { seconds: 5n, nanos: 0 } } };
      return { body: toBinary(GetResponseSchema, create(GetResponseSchema, { call })) };
    }
    assert.equal(fromBinary(CancelRequestSchema, body).dispatchId, "id-1");
    const call = { ...info, state: CallState.CANCELLING };
    return { body: toBinary(CancelResponseSchema, create(CancelResponseSchema, { call })) };
  });
  const client = api.client();
  const got = await client.get("id-1");
  assert.equal(got.state, "suspended");
  assert.equal(got.function, "f");
  assert.equal(got.attempts, 2);
  assert.equal(got.creationTime?.getTime(), 5000);
  assert.equal(got.endTime, undefined);
  assert.equal(got.result, undefined);
  assert.equal((await client.cancel("id-1")).state, "cancelling");
});

test("a durable function called outside of a run dispatches, waits, and shows where it was called in a failure", async (t) => {
  const api = await setupApi(t, (request) => {
    if (request.path.endsWith("/Dispatch")) return accept(request);
    const dispatchId = fromBinary(WaitManyRequestSchema, request.body).dispatchIds[0]!;
    if (dispatchId === "id-double") return waited(CallResult.fromValue(42), dispatchId);
    return waited(CallResult.fromError(new NotFoundError("gone")), dispatchId);
  });
  const registry = new Registry(t.name, { client: api.client(), endpoint: "http://functions" });
  t.after(() => registry.close());
  const double = registry.function("double", async (n: number) => 2 * n);
  const fail = registry.function("fail", async () => {});
  assert.equal(await double(21), 42);
  assert.equal(await double.dispatch(21), "id-double");
  async function caller() {
    await fail();
  }
  await assert.rejects(caller(), (error: Error) => {
    assert.ok(error instanceof NotFoundError);
    const lines = error.stack!.split("\n");
    assert.equal(lines[0], "NotFoundError: gone");
    const call = lines.indexOf("    at dispatched call (fail id-fail)");
    assert.ok(call > 0, error.stack);
    assert.match(lines[call + 1]!, /at caller .*wait\.test\.ts/);
    return true;
  });
});

function waited(result?: CallResult, id = result?.dispatchId ?? ""): Answer {
  return waitedMany(result === undefined ? [] : [[id, result]]);
}

function waitedMany(all: [id: string, result: CallResult][]): Answer {
  const results = all.map(([dispatchId, result]) =>
    fromBinary(CallResultSchema, writeCallResult({ ...result.toMessage(), dispatchId })),
  );
  return { body: toBinary(WaitManyResponseSchema, create(WaitManyResponseSchema, { results })) };
}

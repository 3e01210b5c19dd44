import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Fastify from "fastify";
import { SqliteStore } from "../../store/index.ts";
import { call, readDispatchResponse, writeAny, writeDispatchRequest } from "../../wire/hot-path/index.ts";
import { encodeArguments } from "../../wire/values/index.ts";
import { BridgeSessions, DestinationPolicy } from "../delivery/index.ts";
import { Scheduler } from "../index.ts";
import { CONTROL, DISPATCH, KEY } from "./api.test-support.ts";
import { ApiKeys, schedulerApi } from "./index.ts";

test("a full store refuses new calls with 503 and Retry-After, and what it took is still there", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-full-"));
  const store = new SqliteStore({ file: join(folder, "dispatch.db"), fileBytesMax: 512 * 1024 });
  const scheduler = await Scheduler.open({ store, delivery: { deliver: () => new Promise(() => {}) } });
  const app = Fastify();
  t.after(async () => {
    await scheduler.close();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await app.register(schedulerApi, {
    scheduler: () => scheduler,
    policy: new DestinationPolicy(),
    bridge: new BridgeSessions({ newId: () => "unused" }),
    keys: new ApiKeys({ keys: [KEY] }),
  });
  const headers = { authorization: `Bearer ${KEY}` };
  const input = writeAny(encodeArguments(["x".repeat(40_000)]));
  const payload = Buffer.from(
    writeDispatchRequest({ calls: [call({ function: "f", endpoint: "http://localhost:1", input })] }),
  );
  const dispatch = () => app.inject({ method: "POST", url: DISPATCH, headers, payload });
  const ids: string[] = [];
  let answer = await dispatch();
  while (answer.statusCode === 200 && ids.length < 100) {
    ids.push(readDispatchResponse(answer.rawPayload).dispatchIds[0]!);
    answer = await dispatch();
  }
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().code, "unavailable");
  assert.match(String(answer.headers["retry-after"]), /^[1-9]\d*$/);
  assert.ok(ids.length > 3);
  for (const dispatchId of ids) {
    const get = await app.inject({
      method: "POST",
      url: `${CONTROL}/Get`,
      headers: { ...headers, "content-type": "application/json" },
      payload: JSON.stringify({ dispatchId }),
    });
    assert.equal(get.statusCode, 200);
    assert.equal(get.json().call.input.value.length, 40_000);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import {
  WaitManyRequestSchema,
  WaitManyResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { readWaitManyResponse, writeAny, writeWaitManyRequest } from "../../wire/hot-path/index.ts";
import { anyOf } from "../../wire/values/types.ts";
import { SchedulerError } from "../errors.ts";
import type { CallResult } from "../types.ts";
import { CONTROL, DETAILS, setup } from "./api.test-support.ts";

const PATH = `${CONTROL}/WaitMany`;
const asking = (...dispatchIds: string[]) => writeWaitManyRequest({ dispatchIds, timeout: undefined });

test("WaitMany gives the results that are there and the ids that are unknown, the bytes untouched", async (t) => {
  const { scheduler, post } = await setup(t);
  // An Any with its fields the other way round, and one more: what is decoded and written again loses that.
  const output = Uint8Array.of(18, 1, 65, 10, 1, 120, 0xba, 0x3e, 2, 1, 2);
  scheduler.details = { ...DETAILS, output };
  const response = await post(PATH, asking("call-1", "nobody", "pending"));
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["content-type"], "application/proto");
  const { results, unknownDispatchIds } = readWaitManyResponse(response.rawPayload);
  assert.deepEqual(unknownDispatchIds, ["nobody"]);
  assert.deepEqual(
    results.map((result) => ({ ...result, output: Buffer.from(result.output!) })),
    [{ dispatchId: "call-1", correlationId: 7n, error: undefined, output: Buffer.from(output) }],
  );
});

test("WaitMany speaks JSON", async (t) => {
  const { scheduler, postJson } = await setup(t);
  const value = toBinary(StringValueSchema, create(StringValueSchema, { value: "Hello" }));
  const output = writeAny(anyOf("type.googleapis.com/google.protobuf.StringValue", value));
  scheduler.details = { ...DETAILS, output };
  const { status, body } = await postJson(PATH, { dispatchIds: ["call-1", "nobody"], timeout: "5s" });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    results: [
      {
        correlationId: "7",
        dispatchId: "call-1",
        output: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "Hello" },
      },
    ],
    unknownDispatchIds: ["nobody"],
  });
});

test("a result that cannot be read hides no other in JSON", async (t) => {
  const { scheduler, postJson } = await setup(t);
  const broken = { output: null, error: Uint8Array.of(10, 2, 0xff, 0xfe) };
  const whole = {
    output: writeAny(anyOf("type.googleapis.com/nobody.Knows", Uint8Array.of(8))),
    error: null,
  };
  const resultOf = (id: string) => ({ id, correlationId: 7n, status: 1, ...(id === "a" ? broken : whole) });
  scheduler.waitMany = async (ids) => ({ results: ids.map(resultOf), unknown: [] });
  const { status, body } = await postJson(PATH, { dispatchIds: ["a", "b"] });
  assert.equal(status, 200);
  const [a, b] = body.results;
  assert.deepEqual([a.dispatchId, a.correlationId, a.error.type], ["a", "7", "InvalidResult"]);
  assert.match(a.error.message, /^the result cannot be read: /);
  assert.equal(b.output.typeUrl, "type.googleapis.com/nobody.Knows");
});

test("WaitMany answers with nothing when its timeout passes first", async (t) => {
  const { post } = await setup(t);
  const request = create(WaitManyRequestSchema, { dispatchIds: ["pending"], timeout: { nanos: 20_000_000 } });
  const response = await post(PATH, toBinary(WaitManyRequestSchema, request));
  assert.equal(response.statusCode, 200);
  assert.deepEqual(
    fromBinary(WaitManyResponseSchema, response.rawPayload),
    create(WaitManyResponseSchema, {}),
  );
});

test("an answer is bounded: what has no room is given when it is asked for again", async (t) => {
  const { scheduler, post } = await setup(t);
  const output = writeAny(anyOf("x", new Uint8Array(1_500_000)));
  const resultOf = (id: string): CallResult => ({ id, correlationId: 0n, status: 1, output, error: null });
  scheduler.waitMany = async (ids) => ({ results: ids.map(resultOf), unknown: [] });
  const left = new Set(["a", "b", "c", "d", "e"]);
  let requests = 0;
  for (; left.size > 0; requests++) {
    const { rawPayload } = await post(PATH, asking(...left));
    assert.ok(rawPayload.length < 4_500_000);
    for (const { dispatchId } of readWaitManyResponse(rawPayload).results) left.delete(dispatchId);
  }
  assert.equal(requests, 3);
});

test("a result larger than an answer is given alone", async (t) => {
  const { scheduler, post } = await setup(t);
  scheduler.details = { ...DETAILS, output: writeAny(anyOf("x", new Uint8Array(5_000_000))) };
  const { rawPayload } = await post(PATH, asking("call-1"));
  assert.ok(rawPayload.length > 5_000_000);
});

test("WaitMany ends inside when the client hangs up", async (t) => {
  const { app, scheduler } = await setup(t);
  const aborted = Promise.withResolvers<unknown>();
  const began = Promise.withResolvers<void>();
  scheduler.waitMany = (_ids, signal) =>
    new Promise((_, reject) => {
      signal!.addEventListener("abort", () => {
        aborted.resolve(signal!.reason);
        reject(signal!.reason);
      });
      began.resolve();
    });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const client = new AbortController();
  const request = fetch(`${url}${PATH}`, {
    method: "POST",
    headers: { authorization: "Bearer secret-1", "content-type": "application/json" },
    body: '{"dispatchIds":["pending"]}',
    signal: client.signal,
  });
  await began.promise;
  client.abort();
  await assert.rejects(request);
  assert.match(String(await aborted.promise), /hung up/);
});

test("requests that cannot be answered say what is wrong with them", async (t) => {
  const { app, scheduler, post, postJson } = await setup(t);
  const cases: [object | string, RegExp][] = [
    [{}, /dispatch_ids has 0 ids, which is not between 1 and 1000/],
    [{ dispatchIds: Array(1_001).fill("call-1") }, /dispatch_ids has 1001 ids/],
    [{ dispatchIds: ["call-1"], timeout: "-1s" }, /timeout is negative/],
    [{ dispatchIds: "call-1" }, /malformed WaitManyRequest/],
    [{ dispatchId: "call-1" }, /malformed WaitManyRequest/],
    ["{", /malformed WaitManyRequest/],
  ];
  for (const [message, text] of cases) {
    const { status, body } = await postJson(PATH, message);
    assert.equal(status, 400, JSON.stringify(message));
    assert.match(body.message, text);
  }
  const malformed = await post(PATH, Uint8Array.of(10, 9, 1));
  assert.equal(malformed.statusCode, 400);
  assert.match(malformed.json().message, /malformed WaitManyRequest/);
  scheduler.failing = new SchedulerError("unavailable", "closing");
  assert.equal((await post(PATH, asking("call-1"))).statusCode, 503);
  assert.equal((await app.inject({ method: "POST", url: PATH })).statusCode, 401);
});

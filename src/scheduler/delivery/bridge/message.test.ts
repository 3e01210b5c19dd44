import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseResponse, serializeRunRequest } from "./message.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

test("a run request is one HTTP/1.1 message with its length", () => {
  const message = serializeRunRequest("session", "/Run", Uint8Array.of(0, 255));
  assert.deepEqual(
    Buffer.from(message),
    bytes(
      "POST /Run HTTP/1.1\r\nHost: session\r\nContent-Type: application/proto\r\nContent-Length: 2\r\n\r\n\x00\xff",
    ),
  );
});

test("a run request names its trace", () => {
  const trace = { traceparent: "00-1-2-01", tracestate: "a=b" };
  const text = Buffer.from(serializeRunRequest("session", "/Run", Uint8Array.of(), trace)).toString("latin1");
  assert.match(text, /\r\nContent-Length: 0\r\ntraceparent: 00-1-2-01\r\ntracestate: a=b\r\n\r\n$/);
});

test("bodies are delimited by length, by chunks and by the end", async () => {
  for (const message of [
    "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nContent-Type: application/proto\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nConnection: close\r\n\r\nabc",
  ]) {
    const response = await parseResponse(bytes(message));
    assert.equal(response.httpStatus, 200);
    assert.equal(response.headers["content-type"], "application/proto");
    assert.equal(Buffer.from(response.body).toString(), "abc");
  }
});

test("an answer without a body is one", async () => {
  const response = await parseResponse(
    bytes("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"),
  );
  assert.equal(response.httpStatus, 503);
  assert.equal(response.headers["retry-after"], "2");
  assert.equal(response.body.length, 0);
});

test("what is no whole response is refused", async () => {
  for (const message of [
    "",
    "\r\n",
    "hello",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  ]) {
    await assert.rejects(parseResponse(bytes(message)), Error, JSON.stringify(message));
  }
});

test("any body comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (body) => {
      const head = bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      const response = await parseResponse(Buffer.concat([head, body]));
      assert.deepEqual(Uint8Array.from(response.body), body);
    }),
    { seed: 3, numRuns: 50 },
  );
});

test("random bytes are read or refused, never waited for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, http) => {
      const message = http ? Buffer.concat([bytes("HTTP/1.1 200 OK\r\n"), noise]) : noise;
      await parseResponse(message).catch((error: unknown) => assert.ok(error instanceof Error));
    }),
    { seed: 5, numRuns: 100 },
  );
});

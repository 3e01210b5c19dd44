import assert from "node:assert/strict";
import { test } from "node:test";
import {
  head,
  OK_RESPONSE,
  openSocket,
  received,
  refusal,
  runRequest,
  setupEndpoint,
} from "./endpoint.test-support.ts";

const request = runRequest();

test("bodies beyond what all together may take are 429 until others are answered", async () => {
  const release = Promise.withResolvers<Uint8Array>();
  const started = Promise.withResolvers<void>();
  await using endpoint = await setupEndpoint({
    heldBytesMax: request.length * 2 - 1,
    run: () => {
      started.resolve();
      return release.promise;
    },
  });
  const first = endpoint.post(request);
  await started.promise;
  const second = await endpoint.post(request);
  assert.equal(second.headers.get("retry-after"), "1");
  assert.deepEqual(await refusal(second), {
    status: 429,
    type: "application/json",
    code: "resource_exhausted",
    message: "too many bytes of requests are in flight",
  });
  release.resolve(OK_RESPONSE);
  assert.equal((await first).status, 200);
  assert.equal((await endpoint.post(request)).status, 200);
});

test("whatever becomes of a request, its bytes are given back", async () => {
  let run = async () => OK_RESPONSE;
  await using endpoint = await setupEndpoint({
    bodyLimitBytes: 200,
    heldBytesMax: 250,
    run: () => run(),
  });
  for (let round = 0; round < 5; round++) {
    assert.equal((await endpoint.post(request)).status, 200);
    assert.equal((await endpoint.post(new Uint8Array(200).fill(255))).status, 400);
    assert.equal((await endpoint.post(new Uint8Array(201))).status, 400);
    assert.equal((await endpoint.post(runRequest({ function: "nobody" }))).status, 404);
    run = () => Promise.reject(new Error("fault"));
    assert.equal((await endpoint.post(request)).status, 500);
    run = async () => OK_RESPONSE;
    const broken = await endpoint.raw(`${head(["Content-Length: 190"])}${"x".repeat(150)}`, { end: true });
    assert.match(broken, /^HTTP\/1\.1 400 /);
    const chunked = await endpoint.raw(
      `${head(["Transfer-Encoding: chunked"])}c9\r\n${"x".repeat(201)}\r\n0\r\n\r\n`,
    );
    assert.match(chunked, /^HTTP\/1\.1 400 .*content length is too large/s);
  }
});

test("a length that is only announced takes no room", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 1_000, heldBytesMax: 1_000 });
  const idle = await openSocket(endpoint.port);
  const answer = received(idle);
  idle.write(head(["Content-Length: 1000"]));
  assert.equal((await endpoint.post(request)).status, 200);
  idle.end();
  await answer;
});

test("a body in many pieces arrives whole", async () => {
  const seen: Uint8Array[] = [];
  await using endpoint = await setupEndpoint({
    run: async (_name, bytes) => {
      seen.push(bytes);
      return OK_RESPONSE;
    },
  });
  const socket = await openSocket(endpoint.port);
  const answer = received(socket);
  socket.setNoDelay(true);
  socket.write(head([`Content-Length: ${request.length}`, "Connection: close"]));
  for (const byte of request) socket.write(Uint8Array.of(byte));
  assert.match(await answer, /^HTTP\/1\.1 200 /);
  assert.deepEqual(new Uint8Array(seen[0]!), request);
});

test("bodies for paths that do not exist are not kept", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 100, heldBytesMax: 100 });
  const response = await fetch(`${endpoint.url}/elsewhere`, {
    method: "POST",
    body: new Uint8Array(100_000),
  });
  assert.equal((await refusal(response)).message, "path not found");
});

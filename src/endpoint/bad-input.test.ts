import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import {
  head,
  OK_RESPONSE,
  openSocket,
  parseRaw,
  received,
  refusal,
  runRequest,
  setupEndpoint,
} from "./endpoint.test-support.ts";

/** A raw answer that is a Connect error. */
function refused(raw: string, status: number, code: string, message: RegExp) {
  const answer = parseRaw(raw);
  assert.equal(answer.status, status, raw);
  assert.match(answer.head, /content-type: application\/json\r?$/im);
  const body = JSON.parse(answer.body) as { code: string; message: string };
  assert.equal(body.code, code);
  assert.match(body.message, message);
}

test("a body without length is refused, one in chunks is read", async () => {
  await using endpoint = await setupEndpoint();
  refused(
    await endpoint.raw(head(["Connection: close"])),
    400,
    "invalid_argument",
    /^content length is required$/,
  );
  refused(
    await endpoint.raw(head(["Connection: close", "Content-Type: application/proto"])),
    400,
    "invalid_argument",
    /^content length is required$/,
  );
  const body = runRequest();
  const chunked = Buffer.concat([
    Buffer.from(
      `${head(["Connection: close", "Transfer-Encoding: chunked"])}${body.length.toString(16)}\r\n`,
    ),
    body,
    Buffer.from("\r\n0\r\n\r\n"),
  ]);
  assert.match(await endpoint.raw(chunked), /^HTTP\/1\.1 200 /);
});

test("a negative, garbled or doubled length is a Connect error", async () => {
  await using endpoint = await setupEndpoint();
  refused(
    await endpoint.raw(head(["Content-Length: -1"])),
    400,
    "invalid_argument",
    /^content length is negative$/,
  );
  for (const lines of [
    ["Content-Length: 1x"],
    ["Content-Length: 99999999999999999999999"],
    ["Content-Length: 1", "Content-Length: 2"],
  ]) {
    refused(await endpoint.raw(head(lines)), 400, "invalid_argument", /not valid HTTP/);
  }
  assert.equal(endpoint.rejections().length, 4);
});

test("16 MB and a byte is refused, with its length or in chunks, before it is read", async () => {
  await using endpoint = await setupEndpoint({ bodyLimitBytes: 16_000_000 });
  refused(
    await endpoint.raw(head(["Content-Length: 16000001"])),
    400,
    "invalid_argument",
    /^content length is too large$/,
  );
  const socket = await openSocket(endpoint.port);
  const answer = received(socket);
  socket.write(head(["Transfer-Encoding: chunked"]));
  const chunk = Buffer.alloc(1_000_000);
  for (let sent = 0; sent <= 16; sent++) {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write("\r\n");
  }
  refused(await answer, 400, "invalid_argument", /^content length is too large$/);
  assert.equal((await endpoint.post(new Uint8Array(16_000_000))).status, 400);
});

test("what is no HTTP is a Connect error, and one line", async () => {
  await using endpoint = await setupEndpoint();
  refused(await endpoint.raw("hello\r\n\r\n"), 400, "invalid_argument", /not valid HTTP/);
  refused(
    await endpoint.raw(head([`X: ${"x".repeat(40_000)}`])),
    400,
    "invalid_argument",
    /headers are too large/,
  );
  assert.deepEqual(
    endpoint.rejections().map((event) => event.reason),
    ["malformed-http", "malformed-http"],
  );
});

test("a slow-loris, in its headers or its body, is cut off with a Connect error", async () => {
  await using endpoint = await setupEndpoint({ requestTimeoutMs: 100 });
  for (const text of [`POST / HTTP/1.1\r\nHost: a\r\n`, `${head(["Content-Length: 100"])}x`]) {
    refused(await endpoint.raw(text), 408, "deadline_exceeded", /took too long to arrive/);
  }
  assert.equal(endpoint.rejections().length, 2);
});

test("a client that closes in the middle of its body leaves no trace but one line", async () => {
  await using endpoint = await setupEndpoint();
  refused(
    await endpoint.raw(`${head(["Content-Length: 100"])}abc`, { end: true }),
    400,
    "invalid_argument",
    /not valid HTTP/,
  );
  assert.equal(endpoint.rejections().length, 1);
  const socket = await openSocket(endpoint.port);
  socket.write(`${head(["Content-Length: 100"])}abc`);
  socket.resetAndDestroy();
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
});

test("a half-closed client gets its answer", async () => {
  const release = Promise.withResolvers<Uint8Array>();
  let signal: AbortSignal | undefined;
  await using endpoint = await setupEndpoint({
    run: (_name, _bytes, options) => {
      signal = options?.signal;
      return release.promise;
    },
  });
  const body = runRequest();
  const socket = await openSocket(endpoint.port);
  const answer = received(socket);
  const informed = once(socket, "data");
  socket.end(Buffer.concat([Buffer.from(head([`Content-Length: ${body.length}`])), body]));
  // The probe that tells a half-closed client from one that is gone.
  await informed;
  assert.equal(signal?.aborted, false);
  release.resolve(OK_RESPONSE);
  assert.match(await answer, /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test("a client that goes away aborts its run, whether it closes or resets", async () => {
  for (const leave of ["destroy", "resetAndDestroy"] as const) {
    const started = Promise.withResolvers<AbortSignal>();
    const release = Promise.withResolvers<Uint8Array>();
    await using endpoint = await setupEndpoint({
      run: (_name, _bytes, options) => {
        started.resolve(options!.signal!);
        return release.promise;
      },
    });
    const body = runRequest();
    const socket = await openSocket(endpoint.port);
    socket.on("error", () => {});
    socket.write(Buffer.concat([Buffer.from(head([`Content-Length: ${body.length}`])), body]));
    const signal = await started.promise;
    assert.equal(signal.aborted, false);
    const aborted = once(signal, "abort");
    socket[leave]();
    await aborted;
    release.resolve(OK_RESPONSE);
    assert.deepEqual(endpoint.rejections(), []);
  }
});

test("a client that says how long it will wait aborts its run then", async () => {
  await using endpoint = await setupEndpoint({
    run: async (_name, _bytes, options) => {
      await once(options!.signal!, "abort");
      return OK_RESPONSE;
    },
  });
  const response = await endpoint.post(runRequest(), { "connect-timeout-ms": "20" });
  assert.equal(response.status, 200);
});

test("one connection more than the limit is closed, and the others go on", async () => {
  await using endpoint = await setupEndpoint({ connectionsMax: 1 });
  const first = await openSocket(endpoint.port);
  const second = await openSocket(endpoint.port);
  assert.equal(await received(second), "");
  assert.deepEqual(
    endpoint.rejections().map((event) => event.reason),
    ["connections-full"],
  );
  const answer = received(first);
  first.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(await answer, /^HTTP\/1\.1 200 /);
});

test("a web page cannot have a function run where requests are not signed", async () => {
  let runs = 0;
  await using endpoint = await setupEndpoint({
    run: async () => {
      runs++;
      return OK_RESPONSE;
    },
  });
  for (const origin of ["https://evil.example", "null", "http://localhost.evil.example:8000"]) {
    const response = await endpoint.post(runRequest(), { origin, "content-type": "text/plain" });
    assert.deepEqual([response.status, (await refusal(response)).code], [403, "permission_denied"]);
  }
  assert.equal(runs, 0);
  assert.equal((await endpoint.post(runRequest(), { origin: "http://localhost:3000" })).status, 200);
  assert.equal((await endpoint.post(runRequest())).status, 200);
});

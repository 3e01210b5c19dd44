import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { Status } from "../../wire/status.ts";
import type { Outcome } from "../types.ts";
import { HttpTransport, type HttpTransportOptions } from "./http.ts";

const RESPONSE = Uint8Array.of(0x08, 0x01);
const RUN_PATH = "/dispatch.sdk.v1.FunctionService/Run";

/** A server that answers as `answer` does, and a transport to it. */
async function setup(t: TestContext, answer: RequestListener, options: Partial<HttpTransportOptions> = {}) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  return { server, ...transport(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, options) };
}

function transport(t: TestContext, origin: string, options: Partial<HttpTransportOptions> = {}) {
  const http = new HttpTransport({ rules: [], ...options });
  t.after(() => http.destroy());
  const run = (
    request: Uint8Array = Uint8Array.of(1, 2, 3),
    timeoutMs = 10_000,
    signal?: AbortSignal,
    trace: string | null = null,
  ) =>
    http.run({
      origin,
      runPath: RUN_PATH,
      request,
      timeoutMs,
      signal: signal ?? new AbortController().signal,
      trace,
    });
  return { http, run };
}

/** A TCP server that does as it likes with each connection. */
async function tcp(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answers(status: number, headers: Record<string, string>, body: string | Uint8Array = "") {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };
}

function assertFailed(outcome: Outcome, status: Status, message?: RegExp) {
  assert.equal(outcome.kind, "failure");
  assert.equal(outcome.status, status, outcome.error.message);
  if (message !== undefined) assert.match(outcome.error.message, message);
}

test("a run is a POST of the request's bytes, and its answer is the response's bytes", async (t) => {
  let seen: { method?: string; url?: string; type?: string; length?: string; body: Buffer } | undefined;
  const { run } = await setup(t, async (request, response) => {
    seen = {
      method: request.method!,
      url: request.url!,
      type: request.headers["content-type"]!,
      length: request.headers["content-length"]!,
      body: await bodyOf(request),
    };
    response.writeHead(200, { "content-type": "application/proto" }).end(RESPONSE);
  });
  assert.deepEqual(await run(), { kind: "response", response: RESPONSE });
  assert.deepEqual(seen, {
    method: "POST",
    url: RUN_PATH,
    type: "application/proto",
    length: "3",
    body: Buffer.of(1, 2, 3),
  });
});

test("the trace of a run is in the headers, as W3C has them, and no header where there is none", async (t) => {
  const seen: unknown[] = [];
  const { run } = await setup(t, ({ headers }, response) => {
    seen.push([headers.traceparent, headers.tracestate]);
    response.end(RESPONSE);
  });
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const trace of [`${parent} a=b, c=d`, parent, null]) await run(undefined, undefined, undefined, trace);
  assert.deepEqual(seen, [
    [parent, "a=b, c=d"],
    [parent, undefined],
    [undefined, undefined],
  ]);
});

test("connections are kept and used again", async (t) => {
  const ports = new Set<number>();
  const { run } = await setup(t, (request, response) => {
    ports.add(request.socket.remotePort!);
    response.end(RESPONSE);
  });
  for (let i = 0; i < 20; i++) await run();
  // The next run may start while the connection before it is still being put back.
  assert.ok(ports.size <= 2, `${ports.size} connections`);
});

test("no more connections are opened than allowed, and the runs beyond wait", async (t) => {
  const ports = new Set<number>();
  const { run } = await setup(
    t,
    (request, response) => {
      ports.add(request.socket.remotePort!);
      setImmediate(() => response.end(RESPONSE));
    },
    { connectionsPerOriginMax: 2 },
  );
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => run()));
  assert.ok(outcomes.every(({ kind }) => kind === "response"));
  assert.equal(ports.size, 2);
});

test("an answer that names no content type, or another name of protobuf, is a response", async (t) => {
  for (const type of [
    undefined,
    "application/x-protobuf",
    "Application/Proto; charset=x",
    "application/octet-stream",
  ]) {
    const { run } = await setup(
      t,
      answers(200, type === undefined ? {} : { "content-type": type }, RESPONSE),
    );
    assert.equal((await run()).kind, "response", type);
  }
});

test("an answer of another type is INVALID_RESPONSE", async (t) => {
  const { run } = await setup(t, answers(200, { "content-type": "text/html" }, "<html>"));
  assertFailed(await run(), Status.INVALID_RESPONSE, /text\/html/);
});

test("HTTP statuses count as the protocol's table says", async (t) => {
  const table: [number, Status][] = [
    [201, Status.INVALID_RESPONSE],
    [204, Status.INVALID_RESPONSE],
    [301, Status.PERMANENT_ERROR],
    [400, Status.INVALID_ARGUMENT],
    [401, Status.UNAUTHENTICATED],
    [403, Status.PERMISSION_DENIED],
    [404, Status.NOT_FOUND],
    [408, Status.TIMEOUT],
    [413, Status.PERMANENT_ERROR],
    [418, Status.PERMANENT_ERROR],
    [429, Status.THROTTLED],
    [500, Status.TEMPORARY_ERROR],
    [501, Status.PERMANENT_ERROR],
    [502, Status.TEMPORARY_ERROR],
    [503, Status.TEMPORARY_ERROR],
    [599, Status.TEMPORARY_ERROR],
  ];
  for (const [http, status] of table) {
    const { run } = await setup(t, answers(http, {}));
    assertFailed(await run(), status, new RegExp(`HTTP ${http}`));
  }
});

test("a Connect error's code is believed over the HTTP status, and its message is kept", async (t) => {
  const table: [string, Status][] = [
    ["resource_exhausted", Status.THROTTLED],
    ["unavailable", Status.TEMPORARY_ERROR],
    ["deadline_exceeded", Status.TIMEOUT],
    ["not_found", Status.NOT_FOUND],
    ["unauthenticated", Status.UNAUTHENTICATED],
    ["permission_denied", Status.PERMISSION_DENIED],
    ["invalid_argument", Status.INVALID_ARGUMENT],
    ["internal", Status.TEMPORARY_ERROR],
    ["unimplemented", Status.PERMANENT_ERROR],
    ["failed_precondition", Status.PERMANENT_ERROR],
  ];
  for (const [code, status] of table) {
    const body = JSON.stringify({ code, message: "because" });
    const { run } = await setup(t, answers(500, { "content-type": "application/json" }, body));
    assertFailed(await run(), status, /because/);
  }
});

test("Retry-After is passed on in milliseconds", async (t) => {
  const { run } = await setup(t, answers(429, { "retry-after": "3" }));
  const outcome = await run();
  assertFailed(outcome, Status.THROTTLED);
  assert.equal(outcome.kind === "failure" && outcome.retryAfterMs, 3_000);
});

test("a redirect is not followed", async (t) => {
  let reached = false;
  const target = await setup(t, (_request, response) => {
    reached = true;
    response.end(RESPONSE);
  });
  const port = (target.server.address() as AddressInfo).port;
  const { run } = await setup(t, answers(307, { location: `http://127.0.0.1:${port}${RUN_PATH}` }));
  assertFailed(await run(), Status.PERMANENT_ERROR, /307/);
  assert.equal(reached, false);
});

test("a response larger than the limit is INVALID_RESPONSE, with and without a content length", async (t) => {
  const large = Buffer.alloc(5_000);
  for (const headers of [{ "content-length": "5000" }, {}] as Record<string, string>[]) {
    const { run } = await setup(t, answers(200, headers, large), { responseBytesMax: 4_000 });
    assertFailed(await run(), Status.INVALID_RESPONSE);
  }
});

test("an endpoint that does not answer in time is a TIMEOUT", async (t) => {
  const { run } = await setup(t, () => {});
  assertFailed(await run(undefined, 30), Status.TIMEOUT, /30 ms/);
});

test("an endpoint that drips its answer is held to the same limit", async (t) => {
  const { run } = await setup(t, (_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("x"), 5);
    response.on("close", () => clearInterval(drip));
  });
  assertFailed(await run(undefined, 60), Status.TIMEOUT);
});

test("an aborted run closes its connection, which tells the endpoint", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { run } = await setup(t, (_request, response) => {
    response.on("close", closed.resolve);
    arrived.resolve();
  });
  const controller = new AbortController();
  const outcome = run(undefined, 10_000, controller.signal);
  await arrived.promise;
  controller.abort();
  assertFailed(await outcome, Status.TIMEOUT, /aborted/);
  await closed.promise;
});

test("a run that was aborted before it began is not sent", async (t) => {
  let requests = 0;
  const { run } = await setup(t, (_request, response) => {
    requests++;
    response.end(RESPONSE);
  });
  assertFailed(await run(undefined, 1_000, AbortSignal.abort()), Status.TIMEOUT);
  assert.equal(requests, 0);
});

test("nobody listening is a TCP_ERROR", async (t) => {
  const { server, run } = await setup(t, () => {});
  await new Promise((resolve) => server.close(resolve));
  assertFailed(await run(), Status.TCP_ERROR, /ECONNREFUSED/);
});

test("a connection that is reset or closed early is a TCP_ERROR", async (t) => {
  const behaviours: ((socket: Socket) => void)[] = [
    (socket) => socket.once("data", () => socket.resetAndDestroy()),
    (socket) => socket.once("data", () => socket.end()),
    (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nxx")),
  ];
  for (const behaviour of behaviours) {
    const port = await tcp(t, behaviour);
    const { run } = transport(t, `http://127.0.0.1:${port}`);
    assertFailed(await run(), Status.TCP_ERROR);
  }
});

test("an answer that is not HTTP is an HTTP_ERROR", async (t) => {
  for (const text of [
    "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 abc\r\n\r\n",
    "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
  ]) {
    const port = await tcp(t, (socket) => socket.once("data", () => socket.end(text)));
    const { run } = transport(t, `http://127.0.0.1:${port}`);
    assertFailed(await run(), Status.HTTP_ERROR);
  }
});

test("an https endpoint that does not speak TLS is a TLS_ERROR", async (t) => {
  const port = await tcp(t, (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n")));
  const { run } = transport(t, `https://127.0.0.1:${port}`);
  assertFailed(await run(), Status.TLS_ERROR);
});

test("a name that does not resolve is a DNS_ERROR, one that resolves to a private address is refused", async (t) => {
  const failing = transport(t, "http://nowhere.example", {
    resolveAll: (_name, _options, done) =>
      done(Object.assign(new Error("getaddrinfo ENOTFOUND nowhere.example"), { code: "ENOTFOUND" }), []),
  });
  assertFailed(await failing.run(), Status.DNS_ERROR, /ENOTFOUND/);
  const rebound = transport(t, "http://innocent.example", {
    resolveAll: (_name, _options, done) => done(null, [{ address: "169.254.169.254", family: 4 }]),
  });
  assertFailed(await rebound.run(), Status.PERMISSION_DENIED, /169\.254\.169\.254/);
});

test("a name that later resolves elsewhere is judged again for every connection", async (t) => {
  let resolved = "127.0.0.1";
  const { server } = await setup(t, (_request, response) => {
    response.setHeader("connection", "close").end(RESPONSE);
  });
  const port = (server.address() as AddressInfo).port;
  const renamed = transport(t, `http://app.example:${port}`, {
    resolveAll: (_name, _options, done) => done(null, [{ address: resolved, family: 4 }]),
  });
  assert.equal((await renamed.run()).kind, "response");
  resolved = "10.0.0.1";
  assertFailed(await renamed.run(), Status.PERMISSION_DENIED);
});

test("runs are signed over the headers and the body that are sent", async (t) => {
  let header: string | string[] | undefined;
  const { run } = await setup(
    t,
    (request, response) => {
      header = request.headers.signature;
      response.end(RESPONSE);
    },
    {
      signer: {
        sign: async ({ method, url, headers, body }) => ({
          signature: `${method} ${url.pathname} ${headers["content-type"]} ${body.length}`,
        }),
      },
    },
  );
  assert.equal((await run()).kind, "response");
  assert.equal(header, `POST ${RUN_PATH} application/proto 3`);
});

test("a transport that is closed answers with TEMPORARY_ERROR", async (t) => {
  const { http, run } = await setup(t, answers(200, {}, RESPONSE));
  await http.close();
  assertFailed(await run(), Status.TEMPORARY_ERROR);
});

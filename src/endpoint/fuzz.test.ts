import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { isConnectCode } from "../wire/connect-error.ts";
import { openSocket, received, runRequest, setupEndpoint } from "./endpoint.test-support.ts";

const RUNS = process.env.DISPATCH_TEST_LONG ? 10_000 : 300;
const SEED = 20_240_627;

let endpoint: Awaited<ReturnType<typeof setupEndpoint>>;
before(async () => {
  endpoint = await setupEndpoint({ requestTimeoutMs: 2_000 });
});
after(() => endpoint.endpoint.close());

/** A valid request of which some bytes are changed, cut off or added. */
const damagedRequest = fc
  .record({
    function: fc.oneof(fc.constant("greet"), fc.string({ unit: "binary", maxLength: 40 })),
    directive: fc.option(fc.constant("none" as const)),
    edits: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    keep: fc.option(fc.nat({ max: 80 })),
    tail: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ function: name, directive, edits, keep, tail }) => {
    const bytes = Uint8Array.from(
      runRequest({ function: name, ...(directive === null ? {} : { directive }) }),
    );
    for (const [at, value] of edits) bytes[at % bytes.length] = value;
    return Uint8Array.from([...bytes.subarray(0, keep ?? bytes.length), ...tail]);
  });

const contentType = fc.oneof(
  fc.constantFrom(
    "application/proto",
    "application/json",
    "application/json; charset=utf-16",
    "x",
    ";",
    "a/b;c",
  ),
  fc.stringMatching(/^[!-~]{1,30}$/),
);

test("whatever bytes are sent, the answer is a response or a Connect error, and one event", async () => {
  const body = fc.oneof(damagedRequest, fc.uint8Array({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(body, contentType, async (bytes, type) => {
      const before = endpoint.rejections().length;
      const response = await endpoint.post(bytes, { "content-type": type });
      const text = await response.text();
      if (response.status === 200) return;
      assert.ok([400, 404, 501].includes(response.status), `${response.status} ${text}`);
      assert.equal(response.headers.get("content-type"), "application/json");
      const error = JSON.parse(text) as { code: unknown; message: unknown };
      assert.ok(isConnectCode(error.code) && typeof error.message === "string" && error.message !== "");
      assert.equal(endpoint.rejections().length, before + 1);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  assert.equal(endpoint.events.filter((event) => event.type === "notice").length, 0, "nothing was a fault");
});

test("whatever comes over a socket, the answer is HTTP or nothing, and the next client is served", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      "POST /dispatch.sdk.v1.FunctionService/Run HTTP/1.1",
      "GET /healthz HTTP/1.1",
      "Host: a",
      "Content-Length: 5",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: gzip",
      "Expect: 100-continue",
      "Upgrade: h2c",
      "Connection: upgrade",
      "",
      "5",
      "0",
    ),
    fc.string({ maxLength: 30 }),
  );
  const message = fc.oneof(
    fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join("\r\n"))),
    fc.uint8Array({ maxLength: 100 }),
  );
  await fc.assert(
    fc.asyncProperty(message, async (bytes) => {
      const socket = await openSocket(endpoint.port);
      const answer = received(socket);
      socket.end(bytes);
      const text = await answer;
      assert.ok(text === "" || text.startsWith("HTTP/1.1 "), text.slice(0, 80));
    }),
    { seed: SEED, numRuns: Math.ceil(RUNS / 3) },
  );
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
  assert.equal((await endpoint.post(runRequest())).status, 200);
});

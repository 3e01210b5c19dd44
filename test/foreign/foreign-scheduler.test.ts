import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { pino } from "pino";
import { resolveConfig } from "../../src/config/index.ts";
import { startService } from "../../src/service.ts";
import { RunResponseSchema } from "../../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { vector } from "./vectors.ts";

/** Our endpoint alone, as a foreign scheduler sees it. */
async function setup(t: TestContext) {
  const { config } = resolveConfig({
    flags: { endpointAddr: "127.0.0.1:0", scheduler: "off", storePath: ":memory:" },
  });
  const service = await startService({
    config,
    modules: [new URL("../durability/functions.ts", import.meta.url).href],
    logger: pino({ level: "silent" }),
    runner: "in-process",
  });
  t.after(() => service.stop("test over"));
  return { url: service.url };
}

/** A request as its bytes, without a library that would add headers. */
async function raw(
  url: string,
  head: readonly string[],
  body: Uint8Array,
): Promise<{ status: number; body: Buffer }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [...head, `Content-Length: ${body.length}`, "Connection: close", "", ""];
  socket.write(Buffer.concat([Buffer.from(lines.join("\r\n")), body]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf("\r\n\r\n");
  return { status: Number(answer.subarray(9, 12)), body: answer.subarray(end + 4) };
}

const RUN = "POST /dispatch.sdk.v1.FunctionService/Run HTTP/1.1";

test("a first call that the Python SDK wrote, with no content type, gets the very bytes it expects", async (t) => {
  const { url } = await setup(t);
  const answer = await raw(url, [RUN, "Host: functions"], vector("first call with a string"));
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, vector("exit with a value"));
});

test("a function that is not there is a 404 that foreign schedulers know", async (t) => {
  const { url } = await setup(t);
  const answer = await raw(url, [RUN, "Host: functions"], vector("first call with no ids"));
  assert.equal(answer.status, 404);
  assert.deepEqual(JSON.parse(answer.body.toString()), {
    code: "not_found",
    message: "function 'length' does not exist",
  });
});

test("a request with nothing in it is a 400", async (t) => {
  const { url } = await setup(t);
  const answer = await raw(url, [RUN, "Host: functions"], vector("empty request"));
  assert.equal(answer.status, 400);
  assert.equal(JSON.parse(answer.body.toString()).code, "invalid_argument");
});

test("a state of another language is INCOMPATIBLE_STATE, so that its scheduler starts the call again", async (t) => {
  const { url } = await setup(t);
  const resume = vector("resume with results")
    .toString("latin1")
    .replace("\x0a\x08pipeline", "\x0a\x05greet");
  const answer = await raw(url, [RUN, "Host: functions"], Buffer.from(resume, "latin1"));
  assert.equal(answer.status, 200);
  assert.equal(fromBinary(RunResponseSchema, answer.body).status, 8);
});

test("an endpoint without a scheduler has no Dispatch API", async (t) => {
  const { url } = await setup(t);
  const head = [
    "POST /dispatch.sdk.v1.DispatchService/Dispatch HTTP/1.1",
    "Host: functions",
    "Authorization: Bearer x",
  ];
  const answer = await raw(url, head, vector("dispatch request"));
  assert.equal(answer.status, 404);
  assert.equal(JSON.parse(answer.body.toString()).message, "path not found");
});

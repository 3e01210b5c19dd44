import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { keyPairOf } from "../../src/cli/keys/key-pair.ts";
import { type CallResult, CallResultSchema } from "../../src/wire/gen/dispatch/sdk/v1/call_pb.js";
import {
  DispatchRequestSchema,
  DispatchResponseSchema,
} from "../../src/wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import { RunRequestSchema, RunResponseSchema } from "../../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { PollSchema } from "../../src/wire/gen/dispatch/sdk/v1/poll_pb.js";
import {
  parseSigningKey,
  parseVerificationKey,
  RequestSigner,
  RequestVerifier,
} from "../../src/wire/signature/index.ts";
import { type Answer, anyBytes, exitWith, pickled, pickledText, startPython } from "./python-application.ts";
import { API_KEY, startScheduler } from "./scheduler.ts";
import { vector } from "./vectors.ts";

/** The two requests that Python's client makes, with its headers. */
function clientOf(url: string) {
  const post = async (method: string, body: Uint8Array) => {
    const response = await fetch(`${url}/dispatch.sdk.v1.DispatchService/${method}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${API_KEY}`,
        "content-type": "application/proto",
        "connect-protocol-version": "1",
        "connect-timeout-ms": "5000",
      },
      body: body as Uint8Array<ArrayBuffer>,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.equal(response.status, 200, Buffer.from(bytes).toString());
    return bytes;
  };
  return {
    async dispatch(endpoint: string, name: string, input: Any): Promise<string> {
      const request = create(DispatchRequestSchema, { calls: [{ endpoint, function: name, input }] });
      const answer = await post("Dispatch", toBinary(DispatchRequestSchema, request));
      return fromBinary(DispatchResponseSchema, answer).dispatchIds[0]!;
    },
    dispatchBytes: (bytes: Uint8Array) => post("Dispatch", bytes),
    async wait(id: string): Promise<CallResult> {
      return fromBinary(CallResultSchema, await post("Wait", Buffer.from(id)));
    },
  };
}

async function setup(t: TestContext, answer: Parameters<typeof startPython>[1]) {
  const python = await startPython(t, answer);
  const { scheduler, url } = await startScheduler(t);
  return { python, scheduler, url, client: clientOf(url) };
}

test("a call of a Python function comes back with its pickled value untouched", async (t) => {
  const { python, client } = await setup(t, () => exitWith(pickled("\x80\x04K*.")));
  const input = pickled("\x80\x04arguments.");
  const id = await client.dispatch(python.url, "app.greet", input);
  const result = await client.wait(id);
  assert.equal(result.dispatchId, id);
  assert.deepEqual(anyBytes(result.output), anyBytes(pickled("\x80\x04K*.")));
  const [run] = python.runs;
  assert.equal(run?.function, "app.greet");
  assert.equal(run?.dispatchId, id);
  assert.equal(run?.rootDispatchId, id);
  assert.equal(run?.parentDispatchId, "");
  assert.ok(run?.creationTime);
  assert.deepEqual(anyBytes(run?.directive.value as Any), anyBytes(input));
  assert.equal(python.headers[0]?.["content-type"], "application/proto");
});

test("a pickled state comes back with the results of its calls, byte for byte", async (t) => {
  const state = pickled("\x80\x05state of a generator\x00\xff.");
  const { python, client } = await setup(t, (run, url) => {
    if (run.function === "child") return exitWith(pickled(`result of ${run.dispatchId.length > 0}`));
    if (run.directive.case === "pollResult") return exitWith(pickled("done"));
    const call = { endpoint: url, function: "child", input: pickled("args") };
    const poll = create(PollSchema, {
      state: { case: "typedCoroutineState", value: state },
      calls: [
        { ...call, correlationId: 1n },
        { ...call, correlationId: 2n ** 63n },
      ],
      maxWait: { seconds: 300n },
      minResults: 2,
      maxResults: 10,
    });
    return toBinary(
      RunResponseSchema,
      create(RunResponseSchema, { status: 1, directive: { case: "poll", value: poll } }),
    );
  });
  const id = await client.dispatch(python.url, "pipeline", pickled("args"));
  assert.deepEqual(anyBytes((await client.wait(id)).output), anyBytes(pickled("done")));
  const children = python.runs.filter(({ function: name }) => name === "child");
  assert.deepEqual(
    children.map(({ parentDispatchId, rootDispatchId }) => ({ parentDispatchId, rootDispatchId })),
    Array.from({ length: 2 }, () => ({ parentDispatchId: id, rootDispatchId: id })),
  );
  const resumed = python.runs.findLast(({ function: name }) => name === "pipeline")!;
  assert.equal(resumed.directive.case, "pollResult");
  const pollResult = resumed.directive.value as Extract<
    typeof resumed.directive,
    { case: "pollResult" }
  >["value"];
  assert.equal(pollResult.state.case, "typedCoroutineState");
  assert.deepEqual(anyBytes(pollResult.state.value as Any), anyBytes(state));
  assert.deepEqual(pollResult.results.map(({ correlationId }) => correlationId).sort(), [1n, 2n ** 63n]);
  for (const { output } of pollResult.results)
    assert.deepEqual(anyBytes(output), anyBytes(pickled("result of true")));
});

test("a state in the old field of bytes goes back in the same field", async (t) => {
  const { python, client } = await setup(t, (run) => {
    if (run.directive.case === "pollResult") return exitWith(pickled("done"));
    const poll = create(PollSchema, {
      state: { case: "coroutineState", value: Uint8Array.of(0, 1, 255) },
      maxWait: { seconds: 1n },
      minResults: 1,
      maxResults: 1,
    });
    return toBinary(
      RunResponseSchema,
      create(RunResponseSchema, { status: 1, directive: { case: "poll", value: poll } }),
    );
  });
  const id = await client.dispatch(python.url, "old", pickled("args"));
  await client.wait(id);
  const directive = python.runs.at(-1)!.directive;
  assert.equal(directive.case, "pollResult");
  assert.deepEqual((directive.value as { state: unknown }).state, {
    case: "coroutineState",
    value: Buffer.of(0, 1, 255),
  });
});

test("answers that the Python SDK wrote are understood: a value, an error, a tail call", async (t) => {
  const { python, client } = await setup(t, (run) => {
    // The input names the vector to answer with.
    if (run.function === "scripted") return vector(pickledText(run.directive.value as Any));
    return exitWith(pickled(run.function));
  });
  const run = async (name: string) =>
    client.wait(await client.dispatch(python.url, "scripted", pickled(name)));
  assert.match(Buffer.from(anyBytes((await run("exit with a value")).output)).toString(), /Hello, World!/);
  const failed = await run("exit with an error");
  assert.equal(failed.error?.type, "ValueError");
  assert.equal(failed.error?.message, "oops");
  assert.deepEqual(Buffer.from(failed.error!.traceback), Buffer.from("tb"));
  assert.deepEqual(anyBytes((await run("tail call")).output), anyBytes(pickled("next")));
});

test("a batch that the Python SDK wrote is taken, and answered so that it can read it", async (t) => {
  const { client, scheduler } = await setup(t, () => exitWith(pickled("x")));
  const answer = await client.dispatchBytes(vector("dispatch request"));
  const { dispatchIds } = fromBinary(DispatchResponseSchema, answer);
  assert.equal(dispatchIds.length, 2);
  const request = fromBinary(DispatchRequestSchema, vector("dispatch request"));
  for (const [index, id] of dispatchIds.entries()) {
    const { endpoint, function: name, input, version } = await scheduler.get(id);
    const call = request.calls[index]!;
    assert.deepEqual(
      { endpoint, name, version },
      { endpoint: call.endpoint, name: call.function, version: call.version },
    );
    assert.deepEqual(input ?? undefined, call.input && toBinary(AnySchema, call.input));
    await scheduler.cancel(id);
  }
});

test("Python's refusals count as its own table says", async (t) => {
  const answers: Record<string, Answer> = {
    missing: {
      status: 404,
      type: "application/json",
      body: `{"code":"not_found","message":"function 'missing' does not exist"}`,
    },
    forbidden: { status: 403, body: `{"code":"permission_denied","message":"invalid signature"}` },
    broken: { status: 200, body: "<html>", type: "text/html" },
    nonsense: { status: 200, body: "\xff\xff" },
  };
  const { python, client, scheduler } = await setup(t, (run) => answers[run.function]!);
  const statuses: Record<string, number | undefined> = {};
  for (const name of Object.keys(answers)) {
    const id = await client.dispatch(python.url, name, pickled("args"));
    const { error } = await client.wait(id);
    assert.ok(error, name);
    statuses[name] = (await scheduler.get(id)).status;
  }
  assert.deepEqual(statuses, { missing: 15, forbidden: 14, broken: 5, nonsense: 5 });
});

test("runs that are signed are verified by the application", async (t) => {
  const pair = keyPairOf(Buffer.alloc(32, 9));
  const python = await startPython(t, () => exitWith(pickled("x")));
  const signer = new RequestSigner({ key: parseSigningKey(pair.signingKey), now: Date.now });
  const { url } = await startScheduler(t, { signer });
  const client = clientOf(url);
  await client.wait(await client.dispatch(python.url, "greet", pickled("args")));
  const headers = python.headers[0]!;
  const verifier = new RequestVerifier({ key: parseVerificationKey(pair.verificationKey), now: Date.now });
  await verifier.verify({
    method: "POST",
    target: "/dispatch.sdk.v1.FunctionService/Run",
    authority: headers.host as string,
    scheme: "http",
    headers,
    body: toBinary(RunRequestSchema, python.runs[0]!),
  });
});

test("a Go or Python application behind the bridge is run through its session", async (t) => {
  const { client, url } = await setup(t, () => exitWith(pickled("unused")));
  const id = await client.dispatch("bridge://0190f3a2-7c1e", "greet", pickled("args"));
  const session = `${url}/sessions/0190f3a2-7c1e`;
  const authorization = `Bearer ${API_KEY}`;
  const fetched = await fetch(session, { headers: { authorization, "request-timeout": "30" } });
  assert.equal(fetched.status, 200);
  assert.match(await fetched.text(), /^POST \/dispatch\.sdk\.v1\.FunctionService\/Run HTTP\/1\.1\r\n/);
  const body = exitWith(pickled("through the bridge"));
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Type: application/proto\r\n\r\n`;
  const handedIn = await fetch(session, {
    method: "POST",
    headers: { authorization, "x-request-id": fetched.headers.get("x-request-id")! },
    body: Buffer.concat([Buffer.from(head), body]),
  });
  assert.equal(handedIn.status, 202);
  assert.deepEqual(anyBytes((await client.wait(id)).output), anyBytes(pickled("through the bridge")));
});

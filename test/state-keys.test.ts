/** Saved states are authenticated without being configured: seen from outside, over HTTP, across restarts. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { pino } from "pino";
import { resolveConfig } from "../src/config/index.ts";
import { RUN_PATH } from "../src/endpoint/index.ts";
import { type Service, startService } from "../src/service.ts";
import { CoroutineStateSchema } from "../src/wire/gen/dispatch/sdk/node/v1/state_pb.js";
import {
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
} from "../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { Status } from "../src/wire/status.ts";
import { encodeArguments, encodeValue } from "../src/wire/values/index.ts";

const MODULE = new URL("coroutines/fixtures/service-functions.ts", import.meta.url).href;
const DISPATCH_ID = "call-1";

function setup(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "dispatch-states-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  /** An endpoint of its own process's keys, or of those that are in this folder. */
  const start = async (folder: string, flags: Record<string, unknown> = {}) => {
    const { config } = resolveConfig({
      flags: {
        endpointAddr: "127.0.0.1:0",
        adminAddr: "off",
        scheduler: "off",
        threadsMax: 1,
        storePath: join(root, folder, "dispatch.db"),
        ...flags,
      },
    });
    const service = await startService({ config, modules: [MODULE], logger: pino({ level: "silent" }) });
    t.after(() => service.stop("the test has ended"));
    return service;
  };
  return { start };
}

type Directive = RunRequest["directive"];

async function run(service: Service, directive: Directive, dispatchId = DISPATCH_ID): Promise<RunResponse> {
  const request = create(RunRequestSchema, { function: "order", dispatchId, directive });
  const body = toBinary(RunRequestSchema, request) as Uint8Array<ArrayBuffer>;
  const response = await fetch(service.url + RUN_PATH, { method: "POST", body });
  assert.equal(response.status, 200);
  return fromBinary(RunResponseSchema, new Uint8Array(await response.arrayBuffer()));
}

/** Runs `order` to its first suspension: the state it is saved in, and the result it waits for. */
async function suspend(service: Service) {
  const { directive } = await run(service, { case: "input", value: encodeArguments([["tea"]]) as Any });
  assert.equal(directive.case, "poll");
  const { state, calls } = directive.value!;
  assert.equal(state.case, "typedCoroutineState");
  const results = calls.map(({ correlationId }) => ({ correlationId, output: encodeValue(300) as Any }));
  return { state: state.value as Any, results };
}

const resumption = ({ state, results }: Awaited<ReturnType<typeof suspend>>): Directive =>
  ({
    case: "pollResult",
    value: { state: { case: "typedCoroutineState", value: state }, results },
  }) as unknown as Directive;

const statusOf = async (response: Promise<RunResponse>) => Status[(await response).status];

test("a state resumes in the next process beside the same store, and in no other installation", async (t) => {
  const { start } = setup(t);
  const first = await start("here");
  const suspended = await suspend(first);
  await first.stop("restart");
  const next = await run(await start("here"), resumption(suspended));
  assert.equal(next.status, Status.OK);
  assert.equal(next.directive.case, "poll");
  const elsewhere = await run(await start("elsewhere"), resumption(suspended));
  assert.equal(elsewhere.status, Status.INCOMPATIBLE_STATE);
  const { error } = (elsewhere.directive.value as { result: { error: { message: string } } }).result;
  assert.match(error.message, /sealed with the key "local-[0-9a-f]{8}", which is not here/);
});

test("machines with the same keys resume each other's functions, and do not show what is in them", async (t) => {
  const { start } = setup(t);
  const keys = { stateKeys: [`shared:${Buffer.alloc(32, 7).toString("base64")}`] };
  const suspended = await suspend(await start("one", keys));
  assert.equal(await statusOf(run(await start("other", keys), resumption(suspended))), "OK");
  assert.equal(Buffer.from(suspended.state.value).indexOf("tea"), -1);
});

test("a state that was written or changed by somebody else, or belongs to another call, runs nothing", async (t) => {
  const { start } = setup(t);
  const service = await start("here");
  const { state, results } = await suspend(service);
  const sealed = fromBinary(CoroutineStateSchema, state.value);
  const forgeries = {
    "without a key": { ...sealed, keyId: "", mac: new Uint8Array() },
    "without an authentication code": { ...sealed, mac: new Uint8Array() },
    "with another snapshot": { ...sealed, snapshot: Uint8Array.from([...sealed.snapshot, 0]) },
  };
  for (const [name, forged] of Object.entries(forgeries)) {
    const value = toBinary(CoroutineStateSchema, forged);
    const response = run(service, resumption({ state: { ...state, value }, results }));
    assert.equal(await statusOf(response), "INCOMPATIBLE_STATE", name);
  }
  const other = run(service, resumption({ state, results }), "call-2");
  assert.equal(await statusOf(other), "INCOMPATIBLE_STATE", "of another call");
  assert.equal(await statusOf(run(service, resumption({ state, results }))), "OK");
});

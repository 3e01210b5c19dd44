/** Resuming a suspended function: its state is read, its frames rebuilt, and it runs to its end. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { RunRequestSchema, RunResponseSchema } from "../../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import { encodeValue } from "../../src/wire/values/index.ts";
import { measureModes, type RouteLoad } from "../harness/measure.ts";
import type { Scenario } from "../harness/scenario.ts";
import { IN_PROCESS, POOL, runLoad } from "./endpoint.ts";

export const resumeHeavy: Scenario = {
  name: "resume-heavy",
  summary: "a function with about 2 KiB of objects in its variables, resumed with a result, by HTTP",
  notMeasured: "suspending, and the scheduler between: each request resumes from the same state",
  run: (context) => measureModes("resume-heavy", [IN_PROCESS, POOL], resumeLoad, context),
};

/** Runs the function up to its first call, and makes the request that gives it the result of that call. */
async function resumeLoad(url: string): Promise<RouteLoad> {
  const first = runLoad("carries", [1]);
  const answer = await fetch(url + first.path, {
    method: "POST",
    headers: first.headers,
    body: new Uint8Array(first.body),
  });
  const { directive } = fromBinary(RunResponseSchema, new Uint8Array(await answer.arrayBuffer()));
  if (directive.case !== "poll") throw new Error(`expected a poll, got ${answer.status} ${directive.case}`);
  const { state, calls } = directive.value;
  const result = { correlationId: calls[0]!.correlationId, output: encodeValue(2, "result") };
  const request = create(RunRequestSchema, {
    function: "carries",
    directive: { case: "pollResult", value: { state, results: [result] } },
    dispatchId: "0190f3a2-7c1e-7b3a-9d55-2f6f1c8f0a01",
  });
  return { ...first, body: toBinary(RunRequestSchema, request) };
}

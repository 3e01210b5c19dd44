import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { RunRequestSchema } from "../wire/gen/dispatch/sdk/v1/function_pb.js";
import { isLoopbackAddress } from "../wire/web-origin.ts";
import { setupEndpoint } from "./endpoint.test-support.ts";
import { refuseRemoteStates } from "./run-route.ts";

const resume = toBinary(
  RunRequestSchema,
  create(RunRequestSchema, {
    function: "greet",
    directive: {
      case: "pollResult",
      value: { state: { case: "coroutineState", value: new Uint8Array([1]) } },
    },
  }),
);

test("an unsigned state is taken from this machine and from no other", async () => {
  await using endpoint = await setupEndpoint();
  assert.equal((await endpoint.post(resume)).status, 200);
  for (const peer of ["10.0.0.9", "::ffff:192.0.2.1", "2001:db8::1", undefined]) {
    assert.throws(() => refuseRemoteStates(peer), { code: "permission_denied", message: /verification key/ });
  }
});

test("addresses of this machine are known in every spelling of sockets", () => {
  for (const here of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    assert.ok(isLoopbackAddress(here), here);
  for (const there of ["10.0.0.1", "::ffff:10.0.0.1", "1127.0.0.1", "fe80::1", ""]) {
    assert.ok(!isLoopbackAddress(there), there);
  }
});

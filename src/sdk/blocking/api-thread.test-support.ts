/** A Dispatch API on a thread of its own, since the thread of the test is blocked while it answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  WaitManyRequestSchema,
  WaitManyResponseSchema,
} from "../../wire/gen/dispatch/control/v1/control_pb.js";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { readDispatchRequest, writeCallResult, writeDispatchResponse } from "../../wire/hot-path/index.ts";
import { CallResult } from "../call-result.ts";
import { NotFoundError } from "../errors/dispatch-error.ts";

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  response.setHeader("content-type", "application/proto");
  if (request.url!.endsWith("/Dispatch")) {
    const dispatchIds = readDispatchRequest(body).calls.map((call) => call.function);
    response.end(writeDispatchResponse({ dispatchIds }));
    return;
  }
  const dispatchId = fromBinary(WaitManyRequestSchema, body).dispatchIds[0]!;
  if (dispatchId === "never") return;
  const result =
    dispatchId === "fail"
      ? CallResult.fromError(new NotFoundError("gone"))
      : CallResult.fromValue({ answer: dispatchId });
  const message = fromBinary(CallResultSchema, writeCallResult({ ...result.toMessage(), dispatchId }));
  response.end(toBinary(WaitManyResponseSchema, create(WaitManyResponseSchema, { results: [message] })));
});
server.listen(0, "127.0.0.1", () => parentPort!.postMessage((server.address() as AddressInfo).port));

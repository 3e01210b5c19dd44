/**
 * An application as the Python SDK serves it, by its bytes: pickled values in an Any, answers without a content
 * type, states that nobody else can read.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type RunRequest,
  RunRequestSchema,
  RunResponseSchema,
} from "../../src/wire/gen/dispatch/sdk/v1/function_pb.js";

export interface PythonApplication {
  readonly url: string;
  /** Every run it was asked for, in order. */
  readonly runs: RunRequest[];
  /** The headers of each. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>[];
}

/** What a function answers: the bytes of a RunResponse, or an HTTP error. */
export type Answer = Uint8Array | { readonly status: number; readonly body: string; readonly type?: string };

export async function startPython(
  t: TestContext,
  answer: (run: RunRequest, url: string) => Answer,
): Promise<PythonApplication> {
  const runs: RunRequest[] = [];
  const headers: PythonApplication["headers"][number][] = [];
  let url = "";
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const run = fromBinary(RunRequestSchema, Buffer.concat(chunks));
    runs.push(run);
    headers.push(request.headers);
    const answered = answer(run, url);
    if (answered instanceof Uint8Array) {
      response.writeHead(200, { "content-length": String(answered.length) }).end(answered);
    } else {
      response
        .writeHead(answered.status, answered.type ? { "content-type": answered.type } : {})
        .end(answered.body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, runs, headers };
}

/** A value that only Python opens: `dispatch.sdk.python.v1.Pickled` with its one field. */
export function pickled(bytes: string): Any {
  const body = Buffer.from(bytes, "latin1");
  return create(AnySchema, {
    typeUrl: "buf.build/stealthrocket/dispatch-proto/dispatch.sdk.python.v1.Pickled",
    value: Buffer.concat([Buffer.of(0x0a, body.length), body]),
  });
}

/** The reverse of `pickled`. */
export function pickledText(any: Any): string {
  return Buffer.from(any.value).subarray(2).toString("latin1");
}

export function exitWith(output: Any, status = 1): Uint8Array {
  const exit = { case: "exit", value: { result: { output } } } as const;
  return toBinary(RunResponseSchema, create(RunResponseSchema, { status, directive: exit }));
}

/** The wire bytes of a value, which must be there. */
export function anyBytes(any: Any | undefined): Uint8Array {
  if (any === undefined) throw new Error("no value");
  return toBinary(AnySchema, any);
}

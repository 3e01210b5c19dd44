/** A service in a process of its own, which tests start, kill and start again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { LOCAL_ENDPOINT } from "../../src/scheduler/delivery/index.ts";
import {
  DispatchRequestSchema,
  DispatchResponseSchema,
} from "../../src/wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import { encodeArguments } from "../../src/wire/values/index.ts";

const COMMAND = fileURLToPath(new URL("../../bin/dispatch.js", import.meta.url));

export interface ServiceProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines of its log so far. */
  readonly log: readonly { msg: string; level: number }[];
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves when it listens; rejects with its output when it ends before. */
export async function startProcess(args: readonly string[]): Promise<ServiceProcess> {
  const child = spawn(
    process.execPath,
    [
      COMMAND,
      "serve",
      ...args,
      "--endpoint-addr",
      "127.0.0.1:0",
      "--threads-max",
      "1",
      "--log-format",
      "json",
    ],
    { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env.PATH, NO_COLOR: "1" } },
  );
  const log: { msg: string; level: number; url?: string }[] = [];
  const text: string[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stderr! }).on("line", (line) => {
    text.push(line);
    if (!line.startsWith("{")) return;
    const entry = JSON.parse(line);
    log.push(entry);
    if (entry.url !== undefined) listening.resolve(entry.url);
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  void ended.then(([code]) => listening.reject(new Error(`ended with ${code}:\n${text.join("\n")}`)));
  const url = await listening.promise;
  return {
    url,
    child,
    log,
    async end(signal) {
      child.kill(signal);
      return (await ended)[0];
    },
  };
}

/** Dispatches calls of local functions as any client would, and gives their ids. */
export async function dispatchAll(
  url: string,
  calls: readonly { function: string; args: readonly unknown[] }[],
  headers: Record<string, string> = {},
): Promise<string[]> {
  const request = create(DispatchRequestSchema, {
    calls: calls.map((call) => ({
      endpoint: LOCAL_ENDPOINT,
      function: call.function,
      input: encodeArguments(call.args) as Any,
    })),
  });
  const response = await fetch(`${url}/dispatch.sdk.v1.DispatchService/Dispatch`, {
    method: "POST",
    headers: { "content-type": "application/proto", ...headers },
    body: toBinary(DispatchRequestSchema, request) as Uint8Array<ArrayBuffer>,
  });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  return fromBinary(DispatchResponseSchema, new Uint8Array(await response.arrayBuffer())).dispatchIds;
}

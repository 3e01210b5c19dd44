/** The blocked side: hands a call to the helper thread and sleeps until that has the answer. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Call } from "../call.ts";
import type { ClientConnection } from "../client/client.ts";
import { ClientError } from "../client/client-error.ts";
import { errorFromWire } from "../errors/error-wire.ts";
import type { Answer, BlockingRequest } from "./messages.ts";

export interface BlockOptions {
  /** False: only until the call is recorded. */
  readonly wait: boolean;
  readonly timeoutMs?: number;
}

/** @throws {ClientError} as `Client.dispatch` and `Client.result` do */
export function dispatchAndBlock(
  connection: ClientConnection,
  call: Call,
  options: BlockOptions,
): { dispatchId: string; result: Uint8Array | undefined } {
  const { port, turn } = (helper ??= startHelper());
  const seen = Atomics.load(turn, 0);
  const { function: name, endpoint, version, input, options: callOptions } = call;
  const request: BlockingRequest = {
    connection,
    call: { name, endpoint, version, input, callOptions },
    options,
  };
  port.postMessage(request);
  const answer = receive(port, turn, seen);
  if ("error" in answer) throw errorFromWire(answer.error);
  return answer;
}

interface Helper {
  readonly port: MessagePort;
  /** Counts the answers; what the blocked thread sleeps on. */
  readonly turn: Int32Array<SharedArrayBuffer>;
}

let helper: Helper | undefined;

function startHelper(): Helper {
  const { port1, port2 } = new MessageChannel();
  const turn = new Int32Array(new SharedArrayBuffer(4));
  // The build renames the file along with this one.
  const file = import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js";
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { port: port2, turn },
    transferList: [port2],
    name: "dispatch-blocking",
  });
  // Nothing of it keeps the process up: it works only while this thread sleeps.
  worker.unref();
  port1.unref();
  worker.once("exit", () => {
    helper = undefined;
  });
  // The thread says that it is up: if it cannot load, this would be a sleep without end.
  Atomics.wait(turn, 0, 0, startMsMax);
  if (Atomics.load(turn, 0) === 0) {
    void worker.terminate();
    throw new ClientError("internal", `the helper thread did not start within ${startMsMax} ms`);
  }
  return { port: port1, turn };
}

const startMsMax = 30_000;

function receive(port: MessagePort, turn: Int32Array<SharedArrayBuffer>, seen: number): Answer {
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received !== undefined) return received.message as Answer;
    Atomics.wait(turn, 0, seen);
    seen = Atomics.load(turn, 0);
  }
}

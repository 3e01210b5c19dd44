/** The helper thread: makes calls for a thread that is blocked. One at a time, for that is all a blocked thread asks. */
import { type MessagePort, workerData } from "node:worker_threads";
import { writeCallResult } from "../../wire/hot-path/index.ts";
import { Call } from "../call.ts";
import { Client, type ClientConnection } from "../client/client.ts";
import { errorToWire } from "../errors/error-wire.ts";
import type { Answer, BlockingRequest } from "./messages.ts";

const { port, turn } = workerData as { port: MessagePort; turn: Int32Array<SharedArrayBuffer> };
const clients = new Map<string, Client>();

port.on("message", async (request: BlockingRequest) => {
  answer(await carryOut(request).catch((error): Answer => ({ error: errorToWire(error) })));
});
wake();

async function carryOut({ connection, call, options }: BlockingRequest): Promise<Answer> {
  const client = clientOf(connection);
  const { name, callOptions, ...rest } = call;
  const [dispatchId = ""] = await client.dispatch([new Call({ function: name, ...rest, ...callOptions })]);
  if (!options.wait) return { dispatchId, result: undefined };
  const { timeoutMs } = options;
  const result = await client.result(dispatchId, timeoutMs === undefined ? {} : { timeoutMs });
  return { dispatchId, result: writeCallResult(result.toMessage()) };
}

function clientOf(connection: ClientConnection): Client {
  const key = JSON.stringify(connection);
  let client = clients.get(key);
  if (client === undefined) clients.set(key, (client = new Client(connection)));
  return client;
}

function answer(message: Answer): void {
  port.postMessage(message);
  wake();
}

/** After the message: whoever wakes up finds it. */
function wake(): void {
  Atomics.add(turn, 0, 1);
  Atomics.notify(turn, 0);
}

/**
 * The store's own thread: it owns the database, so that no commit ever blocks the thread that serves HTTP.
 * Requests are taken in order; commits that wait together become one transaction with one fsync.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { StoreError } from "../errors.ts";
import { SqliteDatabase } from "./database.ts";
import type { Opened, Reply, Request, ThreadStart } from "./messages.ts";

const port = parentPort!;
const { settings, options } = workerData as ThreadStart;

/** A group is one transaction: longer ones would hold up the reads behind them. */
const GROUP_MAX = 256;

function main(): void {
  let store: SqliteDatabase;
  try {
    store = new SqliteDatabase(settings, options);
  } catch (error) {
    port.postMessage({ error: described(error) } satisfies Opened);
    return;
  }
  const { epoch, tag, latestMs } = store;
  port.on("message", (first: Request) => {
    const requests = [first];
    let next: { message: Request } | undefined;
    while (requests.length < GROUP_MAX && (next = receiveMessageOnPort(port))) requests.push(next.message);
    serve(store, requests);
  });
  port.postMessage({ opened: { epoch, tag, latestMs } } satisfies Opened);
}

function serve(store: SqliteDatabase, requests: readonly Request[]): void {
  const commits = requests.filter((request) => request.op === "commit");
  if (commits.length > 0) {
    const results = store.commit(commits.map(({ body }) => body));
    commits.forEach(({ id }, index) => {
      const result = results[index]!;
      reply(result instanceof StoreError ? { id, error: described(result) } : { id, value: result });
    });
  }
  for (const request of requests) if (request.op !== "commit") answer(store, request);
}

function answer(store: SqliteDatabase, request: Exclude<Request, { op: "commit" }>): void {
  const { id } = request;
  try {
    const value = store.handle(request);
    if (value instanceof Promise) {
      value.then(
        () => reply({ id, value: null }),
        (error: unknown) => reply({ id, error: described(error) }),
      );
    } else reply({ id, value });
  } catch (error) {
    reply({ id, error: described(store.errorOf(error)) });
  }
  if (request.op === "close") port.close();
}

function reply(message: Reply): void {
  port.postMessage(message);
}

function described(error: unknown) {
  const { code, message } = StoreError.from(error);
  return { code, message: message.replace(`${code}: `, "") };
}

main();

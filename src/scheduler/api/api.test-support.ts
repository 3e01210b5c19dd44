/** For tests: the API over a scheduler that only records what it is asked. */
import type { TestContext } from "node:test";
import Fastify from "fastify";
import { Status } from "../../wire/status.ts";
import { type BridgeOptions, BridgeSessions, DestinationPolicy } from "../delivery/index.ts";
import { SchedulerError } from "../errors.ts";
import type { SchedulerApi } from "../seam.ts";
import type { CallDetails, CallResult, CallResults, DispatchCall, ListRequest } from "../types.ts";
import { ApiKeys, type SchedulerApiOptions, schedulerApi } from "./index.ts";

export const DISPATCH = "/dispatch.sdk.v1.DispatchService/Dispatch";
export const WAIT = "/dispatch.sdk.v1.DispatchService/Wait";
export const CONTROL = "/dispatch.control.v1.ControlService";
export const KEY = "secret-1";

export const DETAILS: CallDetails = {
  id: "call-1",
  parentId: undefined,
  rootId: "call-1",
  endpoint: "http://localhost:8000",
  function: "greet",
  version: "",
  state: "succeeded",
  createdAtMs: 1_700_000_000_123,
  expiresAtMs: undefined,
  finishedAtMs: 1_700_000_001_000,
  wakeAtMs: undefined,
  attempt: 1,
  failures: 0,
  priority: 0,
  status: Status.OK,
  input: null,
  output: null,
  error: null,
};

/** Knows the call `call-1`, never ends `pending`, and refuses what `failing` says. */
export class RecordingScheduler implements SchedulerApi {
  readonly batches: (readonly DispatchCall[])[] = [];
  readonly lists: ListRequest[] = [];
  details: CallDetails = DETAILS;
  failing: unknown;

  async dispatch(calls: readonly DispatchCall[]): Promise<string[]> {
    this.#check();
    this.batches.push(calls);
    return calls.map((_, index) => `id-${index}`);
  }

  wait(id: string, signal?: AbortSignal): Promise<CallResult> {
    if (id === "pending") {
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    }
    const { output, error } = this.details;
    return this.#known(id, { id, correlationId: 7n, status: Status.OK, output, error });
  }

  async waitMany(ids: readonly string[], signal?: AbortSignal): Promise<CallResults> {
    this.#check();
    const known = ids.filter((id) => id === "call-1");
    const unknown = ids.filter((id) => id !== "call-1" && id !== "pending");
    if (known.length === 0 && unknown.length === 0) await this.wait("pending", signal);
    return { results: await Promise.all(known.map((id) => this.wait(id))), unknown };
  }
  get = (id: string) => this.#known(id, this.details);
  cancel = (id: string) => this.#known(id, this.details);
  retry = (id: string) => this.#known(id, this.details);

  events(id: string) {
    return this.#known(id, [
      { atMs: 5, kind: "attempt_failed", attempt: 1, status: Status.TIMEOUT, message: "slow" } as const,
    ]);
  }

  async list(request: ListRequest) {
    this.#check();
    this.lists.push(request);
    return { calls: [this.details], nextPageToken: "next" };
  }

  async #known<T>(id: string, answer: T): Promise<T> {
    this.#check();
    if (id !== "call-1") throw new SchedulerError("not_found", `no call ${JSON.stringify(id)}`);
    return answer;
  }

  #check(): void {
    if (this.failing !== undefined) throw this.failing;
  }
}

export async function setup(
  t: TestContext,
  options: Partial<SchedulerApiOptions> & { bridgeOptions?: Partial<BridgeOptions> } = {},
) {
  const scheduler = new RecordingScheduler();
  let id = 0;
  const bridge = new BridgeSessions({ newId: () => `request-${++id}`, ...options.bridgeOptions });
  const app = Fastify();
  t.after(() => app.close());
  await app.register(schedulerApi, {
    scheduler: () => scheduler,
    policy: new DestinationPolicy(),
    bridge,
    keys: new ApiKeys({ keys: [KEY] }),
    ...options,
  });
  const authorization = `Bearer ${KEY}`;
  /** A request of a client that has the key. */
  const post = (url: string, payload: Uint8Array | string, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url,
      payload: Buffer.from(payload as string),
      headers: { authorization, "content-type": "application/proto", ...headers },
    });
  const postJson = async (url: string, message: unknown, headers: Record<string, string> = {}) => {
    const response = await post(url, typeof message === "string" ? message : JSON.stringify(message), {
      "content-type": "application/json",
      ...headers,
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  return { scheduler, bridge, app, post, postJson };
}

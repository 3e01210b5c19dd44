import {
  type Change,
  type LoadRequest,
  MemoryStore,
  type OpenOptions,
  type Store,
  type StoreError,
  type StoreSession,
} from "../store/index.ts";
import type { TelemetryEvent } from "../telemetry/events.ts";
import type { Status } from "../wire/status.ts";
import { Scheduler, type SchedulerOptions } from "./index.ts";
import {
  bytesOf,
  failedResponse,
  outputText,
  type ReceivedRun,
  readRunRequest,
} from "./simulation/messages.ts";
import { ProcessClock } from "./simulation/process-clock.ts";
import { settle, VirtualClock } from "./simulation/virtual-clock.ts";
import type { CallResult, Delivery, DispatchCall, Outcome, Run } from "./types.ts";

export type TestFunction = (
  run: ReceivedRun,
  raw: Run,
) => Uint8Array | Outcome | Promise<Uint8Array | Outcome>;

/** A scheduler on a virtual clock, with functions that are closures of the test. */
export class Subject implements Delivery {
  readonly clock = new VirtualClock();
  readonly functions = new Map<string, TestFunction>();
  readonly runs: Run[] = [];
  readonly events: TelemetryEvent[] = [];
  readonly store: Store;
  scheduler!: Scheduler;

  constructor(store: Store = new MemoryStore()) {
    this.store = store;
  }

  #process: ProcessClock | undefined;

  async open(options: Partial<SchedulerOptions> = {}): Promise<this> {
    this.#process = new ProcessClock(this.clock);
    this.scheduler = await this.until(
      Scheduler.open({
        store: this.store,
        delivery: this,
        clock: this.#process,
        random: () => 0.5,
        telemetry: { emit: (event) => this.events.push(event) },
        ...options,
      }),
    );
    return this;
  }

  /** A crash: the process before is forgotten, with all it had under way. */
  async reopen(options: Partial<SchedulerOptions> = {}): Promise<this> {
    this.#process?.kill();
    return await this.open(options);
  }

  async deliver(run: Run): Promise<Outcome> {
    this.runs.push(run);
    const handle = this.functions.get(run.function);
    if (handle === undefined) return { kind: "response", response: failedResponse(15 as Status) };
    const answer = await handle(readRunRequest(run.request), run);
    return answer instanceof Uint8Array ? { kind: "response", response: answer } : answer;
  }

  on(name: string, handle: TestFunction): this {
    this.functions.set(name, handle);
    return this;
  }

  async dispatch(name: string, changes: Partial<DispatchCall> = {}): Promise<string> {
    const [id] = await this.until(this.scheduler.dispatch([call(name, changes)]));
    return id!;
  }

  async result(id: string): Promise<CallResult & { text: string | undefined }> {
    const result = await this.until(this.scheduler.wait(id));
    return { ...result, text: result.output === null ? undefined : outputText(result.output) };
  }

  async stateOf(id: string): Promise<string> {
    return (await this.until(this.scheduler.get(id))).state;
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    for (let idle = 0; idle < 1000; ) {
      await settle();
      if (settled) return await promise;
      idle = (await this.clock.step()) ? 0 : idle + 1;
    }
    throw new Error("nothing happens any more");
  }

  /** What is due now, and nothing later. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
  }

  async close(): Promise<void> {
    await this.until(this.scheduler.close());
  }
}

export function call(name: string, changes: Partial<DispatchCall> = {}): DispatchCall {
  return { endpoint: "bridge://test", function: name, input: bytesOf("input"), ...changes };
}

export function pending(): Promise<never> {
  return new Promise(() => {});
}

/** A memory store that refuses changes, reads or to be opened while it is told to. */
export class RefusingStore extends MemoryStore {
  refuse: StoreError | undefined;
  refuseReads: StoreError | undefined;
  refuseOpening: StoreError | undefined;
  /** Commits wait for it. */
  hold: Promise<void> | undefined;
  /** Reads wait for it. */
  holdReads: Promise<void> | undefined;
  commits = 0;
  checks = 0;

  override async open(options?: OpenOptions): Promise<StoreSession> {
    if (this.refuseOpening !== undefined) throw this.refuseOpening;
    const session = await super.open(options);
    const commit = session.commit.bind(session);
    const load = session.load.bind(session);
    const check = session.check.bind(session);
    session.commit = async (changes: readonly Change[]) => {
      this.commits += 1;
      await this.hold;
      if (this.refuse !== undefined) throw this.refuse;
      return await commit(changes);
    };
    session.check = async () => {
      this.checks += 1;
      await this.hold;
      if (this.refuse !== undefined) throw this.refuse;
      await check();
    };
    session.load = async (requests: readonly LoadRequest[]) => {
      await this.holdReads;
      if (this.refuseReads !== undefined) throw this.refuseReads;
      return await load(requests);
    };
    return session;
  }
}

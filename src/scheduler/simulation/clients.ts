/** Who dispatches, waits, cancels and retries: in spite of every crash. */
import { Status } from "../../wire/status.ts";
import { SchedulerError } from "../errors.ts";
import type { Scheduler } from "../scheduler.ts";
import type { CallResult, DispatchCall } from "../types.ts";
import type { Invariants } from "./invariants.ts";
import { bytesOf, outputText } from "./messages.ts";
import { expectedResult, FAILED, type Program, randomProgram } from "./programs.ts";
import type { SeededRandom } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

interface Root {
  readonly program: Program;
  readonly call: DispatchCall;
  /** What it may come to besides what its program says. */
  cancelled: boolean;
  id: string | undefined;
  result: CallResult | undefined;
}

export class Clients {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #invariants: Invariants;
  readonly #roots: Root[] = [];
  #scheduler: Scheduler | undefined;
  #connection = 0;
  #undecided = 0;

  constructor(clock: VirtualClock, random: SeededRandom, invariants: Invariants) {
    this.#clock = clock;
    this.#random = random;
    this.#invariants = invariants;
  }

  get count(): number {
    return this.#roots.length;
  }

  get isDone(): boolean {
    return this.#undecided === 0;
  }

  start(count: number): void {
    this.#undecided = count;
    for (let left = count; left > 0; ) {
      const size = this.#random.integer(1, Math.min(left, 5));
      left -= size;
      const roots = Array.from({ length: size }, () => this.#newRoot());
      this.#roots.push(...roots);
      void this.#live(roots);
    }
  }

  connect(scheduler: Scheduler): void {
    this.#scheduler = scheduler;
  }

  disconnect(): void {
    this.#connection += 1;
    this.#scheduler = undefined;
  }

  /** Everything acknowledged came to what its program says, once. */
  checkResults(): void {
    for (const root of this.#roots) {
      const { id, result, program, cancelled, call } = root;
      if (id === undefined || result === undefined) {
        this.#invariants.violation(`a call was never decided: ${id}`);
        continue;
      }
      const expected = expectedResult(program);
      const { condemned } = this.#invariants;
      const uncertain =
        expected === undefined || condemned > 0 || cancelled || call.expirationMs !== undefined;
      if (result.status === Status.OK) {
        const value = Number(outputText(result.output ?? new Uint8Array()));
        if (expected !== undefined && value !== expected && condemned === 0) {
          this.#invariants.violation(`${id} came to ${value}, not ${expected}`);
        }
      } else if (expected !== FAILED && !uncertain) {
        this.#invariants.violation(`${id} failed with status ${result.status}, not ${expected}`);
      }
    }
  }

  #newRoot(): Root {
    const random = this.#random;
    const program = randomProgram(random);
    const call: DispatchCall = {
      endpoint: "bridge://simulation",
      function: "simulated",
      input: bytesOf(JSON.stringify(program)),
      idempotencyKey: `root-${this.#roots.length}-${random.next()}`,
      ...(random.chance(0.15) ? { expirationMs: random.integer(1, 3_600_000) } : {}),
      ...(random.chance(0.15) ? { delayMs: random.integer(1, 600_000) } : {}),
      ...(random.chance(0.2) ? { priority: random.integer(-100, 100) } : {}),
    };
    return { program, call, cancelled: false, id: undefined, result: undefined };
  }

  async #live(roots: readonly Root[]): Promise<void> {
    await this.#clock.sleep(this.#random.integer(0, 60_000));
    const ids = await this.#persistently((scheduler) => scheduler.dispatch(roots.map(({ call }) => call)));
    for (let i = 0; i < roots.length; i++) {
      const root = roots[i]!;
      root.id = ids[i]!;
      this.#invariants.acknowledged(root.id);
      void this.#await(root, ids);
      if (this.#random.chance(0.15)) void this.#cancelSometime(root);
    }
  }

  async #await(root: Root, together: readonly string[]): Promise<void> {
    const id = root.id!;
    if (this.#random.chance(0.3)) await this.#clock.sleep(this.#random.integer(0, 3_600_000));
    const result = await this.#resultAmong(id, together);
    const again = await this.#persistently((scheduler) => scheduler.wait(id));
    if (again.status !== result.status || !sameBytes(again.output, result.output)) {
      this.#invariants.violation(`${id} has two results`);
    }
    root.result = result.status !== Status.OK && this.#random.chance(0.5) ? await this.#retried(id) : result;
    this.#undecided -= 1;
  }

  /** As clients wait for many calls: those that have ended are asked for no more. */
  async #resultAmong(id: string, together: readonly string[]): Promise<CallResult> {
    const left = new Set(together);
    for (;;) {
      const { results, unknown } = await this.#persistently((scheduler) => scheduler.waitMany([...left]));
      for (const lost of unknown) this.#invariants.violation(`${lost} is not known any more`);
      for (const result of results) {
        this.#invariants.published(result.id);
        if (!left.delete(result.id)) this.#invariants.violation(`nobody asked for ${result.id}`);
        if (result.id === id) return result;
      }
    }
  }

  /** Asks for a call that ended badly to run again: what it comes to then is its result. */
  async #retried(id: string): Promise<CallResult> {
    await this.#persistently(async (scheduler) => {
      try {
        await scheduler.retry(id);
      } catch (error) {
        // Asked for before a crash, and lives: or ended again since.
        if (!(error instanceof SchedulerError && error.code === "failed_precondition")) throw error;
      }
      return true;
    });
    const result = await this.#persistently((scheduler) => scheduler.wait(id));
    this.#invariants.published(id);
    return result;
  }

  async #cancelSometime(root: Root): Promise<void> {
    await this.#clock.sleep(this.#random.integer(0, 1_200_000));
    root.cancelled = true;
    await this.#persistently((scheduler) => scheduler.cancel(root.id!));
  }

  /** Asks until somebody answers: a process that is killed never does. */
  async #persistently<T>(ask: (scheduler: Scheduler) => Promise<T>): Promise<T> {
    for (;;) {
      const connection = this.#connection;
      const scheduler = this.#scheduler;
      if (scheduler !== undefined) {
        const outcome = await this.#orLost(connection, ask(scheduler));
        if (outcome !== undefined) return outcome;
      }
      await this.#clock.sleep(this.#random.integer(1, 2_000));
    }
  }

  #orLost<T>(connection: number, asked: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        if (connection !== this.#connection) resolve(undefined);
        else cancel = this.#clock.setTimer(this.#clock.now() + LOOK_MS, look);
      };
      let cancel = this.#clock.setTimer(this.#clock.now() + LOOK_MS, look);
      asked.then(
        (answer) => {
          cancel();
          resolve(connection === this.#connection ? answer : undefined);
        },
        (error: unknown) => {
          cancel();
          const passing = error instanceof SchedulerError && error.code === "unavailable";
          if (!passing) this.#invariants.violation(`a client was told: ${error}`);
          resolve(undefined);
        },
      );
    });
  }
}

/** How soon a client notices that its connection is gone. */
const LOOK_MS = 600_000;

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

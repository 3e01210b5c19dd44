/** What must hold whatever goes wrong. */
import type { Change } from "../../store/index.ts";
import type { MemoryStore } from "../../store/memory/store.ts";
import type { Telemetry } from "../../telemetry/events.ts";
import type { SchedulerStats } from "../stats.ts";
import type { Run } from "../types.ts";

export class Invariants {
  readonly violations: string[] = [];
  commits = 0;
  /** Calls ended as the cause of a death: the simulation kills at any moment, so somebody may be alone each time. */
  condemned = 0;
  readonly #data: MemoryStore["data"];
  readonly #attempts = new Map<string, Run>();

  constructor(data: MemoryStore["data"]) {
    this.#data = data;
  }

  violation(message: string): void {
    this.violations.push(message);
  }

  /** The scheduler's own faults are violations, but for those that were put in. */
  readonly telemetry: Telemetry = {
    emit: (event) => {
      if (event.type === "scheduler-call-failed" && event.error.startsWith("ProcessDied"))
        this.condemned += 1;
      if (event.type !== "scheduler-fault" || event.message.includes("simulated")) return;
      this.violation(`fault in ${event.operation}: ${event.message}`);
    },
  };

  /** Only what is durable and has not ended is given out, and no attempt twice; the network may repeat it later. */
  carriedOut(run: Run): void {
    const attempt = `${run.id}/${run.epoch}/${run.attempt}`;
    const known = this.#attempts.get(attempt);
    if (known === run) return;
    if (known !== undefined) this.violation(`attempt ${attempt} is given out twice`);
    this.#attempts.set(attempt, run);
    const id = numberOf(run.id);
    if (this.#data.finished.has(id)) this.violation(`${run.id} runs after its end`);
    else if (!this.#data.live.has(id)) this.violation(`${run.id} runs before it is durable`);
  }

  /** Whoever is told a result can find it in the store. */
  published(id: string): void {
    if (!this.#data.finished.has(numberOf(id))) this.violation(`${id}: a result before it is durable`);
  }

  acknowledged(id: string): void {
    const number = numberOf(id);
    if (!this.#data.live.has(number) && !this.#data.finished.has(number)) {
      this.violation(`${id}: acknowledged before it is durable`);
    }
  }

  /** A call that was stopped leaves nothing below it. */
  committed(changes: readonly Change[]): void {
    this.commits += 1;
    for (const change of changes) {
      if (change.kind !== "finish" || (change.end.state !== "cancelled" && change.end.state !== "expired"))
        continue;
      for (const { call } of this.#data.live.values()) {
        if (call.parentId === change.id || (call.rootId === change.id && call.id !== change.id)) {
          this.violation(`call ${change.id} is ${change.end.state}, call ${call.id} below it lives`);
        }
      }
    }
  }

  checkQuiet(stats: SchedulerStats): void {
    const { liveCalls, readyCalls, runsInFlight, timers, pendingChanges, payloadBytes } = stats;
    const left = { liveCalls, readyCalls, runsInFlight, timers, pendingChanges, payloadBytes };
    for (const [name, count] of Object.entries(left)) {
      if (count !== 0) this.violation(`${count} ${name} are left when every call has ended`);
    }
  }

  checkEmpty(): void {
    const { live, finished, finishedByParent, keys, notes } = this.#data;
    for (const [name, rows] of Object.entries({ live, finished, finishedByParent, keys, notes })) {
      if (rows.size !== 0) this.violation(`${rows.size} rows of ${name} are left after the retention time`);
    }
  }

  describeLive(): string {
    const rows = [...this.#data.live.values()].slice(0, 5);
    return rows
      .map(({ call }) => JSON.stringify({ ...call, correlationId: String(call.correlationId) }))
      .join(" ");
  }
}

function numberOf(id: string): number {
  return Number.parseInt(id.split("-")[1]!, 36);
}

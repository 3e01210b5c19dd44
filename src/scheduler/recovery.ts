/** Takes over what lives in the store. */
import type { StoreSession } from "../store/index.ts";
import type { Call } from "./call/call.ts";
import { hasEnough } from "./call/on-events.ts";
import { fromRecord } from "./call/record.ts";
import type { RunJournal } from "./deaths/journal.ts";
import { judge, type Suspects } from "./deaths/suspects.ts";
import type { Engine } from "./engine.ts";
import { encodeError } from "./wire/error.ts";

export interface Recovered {
  live: number;
  ready: number;
  delayed: number;
  suspended: number;
  cancelling: number;
}

/** What is known of the process's death, if it died. */
export interface Deaths {
  readonly journal: RunJournal;
  readonly processDeathsMax: number;
  readonly suspects: Suspects;
}

/**
 * Reads every live call, finds out who waits for whom, and goes on with those that need not wait: what ran runs
 * again, timers stand where they stood, results that arrived are delivered. Linear in the number of live calls.
 */
export async function recover(session: StoreSession, engine: Engine, deaths: Deaths): Promise<Recovered> {
  const shared = sharing();
  let afterId = 0;
  for (;;) {
    const page = await session.claim(afterId, PAGE);
    if (page.length === 0) break;
    for (const claimed of page) {
      const call = fromRecord(claimed);
      engine.calls.addRecovered({
        ...call,
        endpoint: shared(call.endpoint),
        function: shared(call.function),
        version: shared(call.version),
      });
      connect(engine, call);
    }
    afterId = page.at(-1)!.call.id;
  }
  suspectRuns(session.tag, engine, deaths);
  const counts: Recovered = { live: engine.calls.size, ready: 0, delayed: 0, suspended: 0, cancelling: 0 };
  const nowMs = engine.clock.now();
  for (const id of [...engine.calls.ids()]) {
    const call = engine.calls.peek(id);
    if (call !== undefined && (!engine.calls.isAsleep(id) || isToGoOn(call, nowMs))) {
      const entry = engine.calls.get(id)!;
      if (isRecovered(entry.call)) engine.apply(entry, { type: "recovered" });
    }
    const now = engine.calls.peek(id)?.state as keyof Recovered;
    if (now in counts) counts[now] += 1;
  }
  engine.timers.rearm();
  return counts;
}

/** Before anything runs again: whatever was under way at a death may have been its cause. */
function suspectRuns(tag: string, engine: Engine, { journal, processDeathsMax, suspects }: Deaths): void {
  const { calls } = engine;
  const runnable = (id: number) => {
    const call = calls.peek(id);
    return call?.state === "delayed" || call?.state === "suspended" ? call.attempt : undefined;
  };
  const verdict = judge(journal.read(tag), processDeathsMax, runnable);
  for (const { id, attempt, deaths } of verdict.interrupted) {
    const error = verdict.guilty.has(id) ? encodeError("ProcessDied", guiltText(deaths)) : null;
    engine.apply(calls.get(id)!, { type: "interrupted", attempt, error });
  }
  suspects.add(verdict.suspects);
  journal.begin(tag, verdict.suspects);
  engine.tellInterrupted(verdict.interrupted.length, verdict.guilty.size);
}

function guiltText(deaths: number): string {
  const times = deaths === 1 ? "once" : `${deaths} times`;
  return `the process died ${times} while this call ran, the last time with no other run in it`;
}

const PAGE = 4096;

/** A million rows name a handful of functions: one string for each, not one for each row. */
function sharing(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known === undefined) texts.set(text, text);
    return known ?? text;
  };
}

/** Callers come before their calls: ids grow. */
function connect(engine: Engine, call: Call): void {
  if (call.parentId === 0) return;
  const caller = engine.calls.peek(call.parentId);
  const aboveId = caller === undefined ? call.rootId : call.parentId;
  engine.families.add(aboveId, call.id);
  if (!engine.calls.has(aboveId)) return;
  engine.calls.adopt(aboveId, caller?.generation === call.parentGeneration);
}

/** The other sleepers wait on as they are, their timers set. */
function isToGoOn(call: Call, nowMs: number): boolean {
  if (call.state === "suspended") return hasEnough(call);
  return call.state !== "delayed" || call.wakeAtMs <= nowMs;
}

/** Not yet touched by what happened to a call before it. */
function isRecovered(call: Call): boolean {
  return call.state === "delayed" || call.state === "suspended" || call.state === "cancelling";
}

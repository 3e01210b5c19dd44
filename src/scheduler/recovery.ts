/** Takes over what lives in the store. */
import type { StoreSession } from "../store/index.ts";
import { fromRecord } from "./call/record.ts";
import type { Engine } from "./engine.ts";
import { type Entry, link, newEntry } from "./entry.ts";

export interface Recovered {
  live: number;
  ready: number;
  delayed: number;
  suspended: number;
  cancelling: number;
}

/**
 * Reads every live call, finds out who waits for whom, and tells each that it was recovered: what ran runs
 * again, timers stand where they stood, results that arrived are delivered. Linear in the number of live calls.
 */
export async function recover(session: StoreSession, engine: Engine): Promise<Recovered> {
  const shared = sharing();
  const entries: Entry[] = [];
  let afterId = 0;
  for (;;) {
    const page = await session.claim(afterId, PAGE);
    if (page.length === 0) break;
    for (const claimed of page) {
      const call = fromRecord(claimed);
      const entry = newEntry({
        ...call,
        endpoint: shared(call.endpoint),
        function: shared(call.function),
        version: shared(call.version),
      });
      engine.entries.set(call.id, entry);
      entries.push(entry);
    }
    afterId = page.at(-1)!.call.id;
  }
  for (const entry of entries) connect(engine, entry);
  const counts: Recovered = { live: entries.length, ready: 0, delayed: 0, suspended: 0, cancelling: 0 };
  for (const entry of entries) {
    const { state } = entry.call;
    if (state !== "delayed" && state !== "suspended" && state !== "cancelling") continue;
    engine.apply(entry, { type: "recovered" });
    const now = entry.call.state as keyof Recovered;
    if (now in counts) counts[now] += 1;
  }
  return counts;
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

function connect(engine: Engine, entry: Entry): void {
  const { call } = entry;
  const caller = engine.entries.get(call.parentId);
  const above = caller ?? engine.entries.get(call.rootId);
  if (above === undefined || above === entry) return;
  link(entry, above);
  const awaited = above === caller && caller.call.generation === call.parentGeneration;
  above.call = {
    ...above.call,
    children: above.call.children + 1,
    outstanding: above.call.outstanding + (awaited ? 1 : 0),
  };
}

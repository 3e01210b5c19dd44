/** The state machine for people: docs/states.md holds what this gives. */
import type { CallState } from "../types.ts";
import { STATES } from "./table.ts";

/** Markdown: a diagram, then every state with what can happen there. */
export function describeStates(): string {
  const states = Object.entries(STATES) as [CallState, (typeof STATES)[CallState]][];
  const sections = states.map(([name, row]) => {
    const pairs = Object.entries(row.on).map(
      ([event, pair]) => `| ${event} | ${pair.to.join(", ")} | ${pair.does} |`,
    );
    const table =
      pairs.length === 0
        ? "Nothing leaves it."
        : ["| Event | Then | What it does |", "| --- | --- | --- |", ...pairs].join("\n");
    return `### ${name}\n\n${row.means} Timer: ${row.timer}.\n\n${table}\n`;
  });
  return `${diagram(states)}\n${sections.join("\n")}`;
}

/** Only the changes of state: what leaves a state as it is would hide them. */
function diagram(states: [CallState, (typeof STATES)[CallState]][]): string {
  const arrows = new Map<string, string[]>();
  for (const [from, row] of states) {
    for (const [event, pair] of Object.entries(row.on)) {
      for (const to of pair.to) {
        if (to === from) continue;
        const arrow = `${from} --> ${to}`;
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
      }
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(", ")}`);
  return ["```mermaid", "stateDiagram-v2", "  [*] --> dispatched", ...lines, "```", ""].join("\n");
}

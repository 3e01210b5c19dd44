/** Processor time of a server that is no child of Node's own making, as Linux tells it. */
import { readdirSync, readFileSync } from "node:fs";
import type { Usage } from "../../harness/processes.ts";

/** `USER_HZ`: the unit of times in /proc, the same on every Linux that Node runs on. */
const TICK_MICROS = 10_000;
const PAGE_MIB = 4096 / 2 ** 20;

interface Stat {
  pid: number;
  parent: number;
  ticks: number;
  pages: number;
}

/**
 * Time of a process and its descendants, those that ended among them. Memory is the sum of what each has resident, so
 * that shared pages count more than once. NaN where there is no /proc.
 */
export function treeUsage(pid: number): Usage {
  const all = readStats();
  const tree = new Set([pid]);
  for (let size = 0; size !== tree.size; ) {
    size = tree.size;
    for (const one of all) if (tree.has(one.parent)) tree.add(one.pid);
  }
  const members = all.filter((one) => tree.has(one.pid));
  if (members.length === 0) return { cpuMicros: Number.NaN, rssMiB: Number.NaN };
  const sum = (pick: (one: Stat) => number) => members.reduce((total, one) => total + pick(one), 0);
  return { cpuMicros: sum((one) => one.ticks) * TICK_MICROS, rssMiB: sum((one) => one.pages) * PAGE_MIB };
}

function readStats(): Stat[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      return [parseStat(readFileSync(`/proc/${name}/stat`, "utf8"))];
    } catch {
      // It ended between the listing and the reading.
      return [];
    }
  });
}

/** See proc_pid_stat(5); the name, second, may itself have spaces and parentheses. */
export function parseStat(text: string): Stat {
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  // Fields from the third on: 4 ppid, 14 utime, 15 stime, 16 cutime, 17 cstime, 24 rss.
  const field = (number: number) => fields[number - 3]!;
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ticks: field(14) + field(15) + field(16) + field(17),
    pages: field(24),
  };
}

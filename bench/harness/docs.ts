/** Puts the figures of a result into the documentation, so that none is typed by hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BenchResult, type Measurement, readResult } from "./result.ts";

export const BENCHMARKS_PAGE = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));

/** @throws {Error} when the file is no result, one of the smoke size, or one with errors */
export function updateDocs(file: string): void {
  const result = readResult(file);
  if (result.size !== "real") throw new Error(`${file} is of the smoke size: its figures say nothing`);
  const failed = result.measurements.find((one) => one.errors > 0);
  if (failed !== undefined) throw new Error(`${file}: ${failed.scenario} / ${failed.mode} had errors`);
  writeFileSync(BENCHMARKS_PAGE, replaceResults(readFileSync(BENCHMARKS_PAGE, "utf8"), result));
}

/** The page with these results instead of the last. @throws {Error} when it has no section for results */
export function replaceResults(page: string, result: BenchResult): string {
  return replaceSection(page, "results", renderMarkdown(result));
}

/**
 * The page with a text instead of what stands between `<!-- NAME: start… -->` and `<!-- NAME: end -->`.
 * @throws {Error} when it has no such section
 */
export function replaceSection(page: string, name: string, text: string): string {
  const start = new RegExp(`<!-- ${name}: start\\b[^>]*-->`).exec(page);
  const end = page.indexOf(`<!-- ${name}: end -->`);
  if (start === null || end < start.index) throw new Error(`the page has no section for ${name}`);
  return `${page.slice(0, start.index)}${start[0]}\n\n${text.trimEnd()}\n\n${page.slice(end)}`;
}

function renderMarkdown({ commit, startedAt, machine, seed, measurements }: BenchResult): string {
  const { cpu, cores, memoryMiB, os, node, pinned } = machine;
  const scenarios = Map.groupBy(measurements, (one) => one.scenario);
  return [
    `Commit \`${commit}\`, ${startedAt.slice(0, 10)}, seed ${seed}. ${cpu}, ${cores} cores, ${memoryMiB} MiB, ${os}, ` +
      `Node ${node}, ${pinned ? "server and load generator on different cores" : "nothing pinned to cores"}.`,
    "",
    ...[...scenarios].flatMap(([name, list]) => [`### ${name}`, "", ...renderScenario(list), ""]),
  ].join("\n");
}

function renderScenario(list: readonly Measurement[]): string[] {
  const extras = [...new Set(list.flatMap((one) => Object.keys(one.extra ?? {})))];
  const header = ["mode", "rate", "±", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "generator", ...extras];
  const rows = list.map((one) => [
    one.mode,
    `${Math.round(one.rate.median).toLocaleString("en")} ${one.unit}`,
    `${Math.round(one.rate.relative * 100)} %`,
    number(one.latencyMs?.p50),
    number(one.latencyMs?.p99),
    number(one.cpuMicrosPerUnit),
    one.rssMiB === undefined ? "" : String(Math.round(one.rssMiB)),
    one.generatorLoad === undefined ? "" : `${Math.round(one.generatorLoad * 100)} %`,
    ...extras.map((name) => number(one.extra?.[name])),
  ]);
  const ruler = header.map((_, column) => (column === 0 ? "---" : "--:"));
  return [header, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

const number = (value: number | undefined) =>
  value === undefined ? "" : String(Number(value.toPrecision(3)));

/** Results as text for a terminal. */
import type { Comparison } from "./compare.ts";
import type { Measurement } from "./result.ts";

/** Aligns columns: the first to the left, the others to the right. */
export function renderTable(header: string[], rows: string[][]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(header), ...rows.map(line)].join("\n");
}

export function renderMeasurements(list: readonly Measurement[]): string {
  const number = (value: number | undefined) =>
    value === undefined ? "-" : String(Number(value.toPrecision(3)));
  return renderTable(
    ["scenario / mode", "rate", "unit", "±", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "generator", "errors"],
    list.map((m) => [
      `${m.scenario} / ${m.mode}`,
      Math.round(m.rate.median).toLocaleString("en"),
      m.unit,
      `${Math.round(m.rate.relative * 100)} %`,
      number(m.latencyMs?.p50),
      number(m.latencyMs?.p99),
      number(m.cpuMicrosPerUnit),
      m.rssMiB === undefined ? "-" : String(Math.round(m.rssMiB)),
      m.generatorLoad === undefined ? "-" : `${Math.round(m.generatorLoad * 100)} %`,
      String(m.errors),
    ]),
  );
}

/** The figures that only some scenarios have, a table for each set of names. */
export function renderExtras(list: readonly Measurement[]): string {
  const number = (value: number | undefined) =>
    value === undefined ? "-" : String(Number(value.toPrecision(3)));
  const groups = Map.groupBy(
    list.filter((m) => m.extra !== undefined),
    (m) => Object.keys(m.extra!).sort().join(" "),
  );
  return [...groups.values()]
    .map((group) => {
      const names = Object.keys(group[0]!.extra!);
      const rows = group.map((m) => [
        `${m.scenario} / ${m.mode}`,
        ...names.map((name) => number(m.extra![name])),
      ]);
      return renderTable(["scenario / mode", ...names], rows);
    })
    .join("\n\n");
}

/** Every mode's rate relative to the first mode of its scenario and unit. */
export function renderRatios(list: readonly Measurement[]): string {
  const rows: string[][] = [];
  for (const group of Map.groupBy(list, (m) => `${m.scenario} ${m.unit}`).values()) {
    for (const m of group.slice(1)) {
      const ratio = m.rate.median / group[0]!.rate.median;
      rows.push([`${m.scenario} / ${m.mode}`, `${ratio.toFixed(2)} x`, group[0]!.mode]);
    }
  }
  return rows.length === 0 ? "" : renderTable(["scenario / mode", "ratio", "of"], rows);
}

export function renderComparisons(rows: readonly Comparison[]): string {
  const percent = (value: number) => `${value >= 0 ? "+" : ""}${(value * 100).toFixed(1)} %`;
  return renderTable(
    ["scenario / mode", "before", "after", "unit", "change", "noise", "verdict"],
    rows.map((row) => [
      `${row.scenario} / ${row.mode}`,
      Math.round(row.before).toLocaleString("en"),
      Math.round(row.after).toLocaleString("en"),
      row.unit,
      percent(row.change),
      `±${(row.noise * 100).toFixed(1)} %`,
      row.verdict,
    ]),
  );
}

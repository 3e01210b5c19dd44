/** Writes a result as one HTML page that needs nothing else: charts, tables, machine and method. */
import { readFileSync, writeFileSync } from "node:fs";
import type { BenchResult, Measurement } from "./result.ts";

export function writeReport(file: string, result: BenchResult): void {
  writeFileSync(file, renderReport(result));
}

export function renderReport(result: BenchResult): string {
  const scenarios = Map.groupBy(result.measurements, (measurement) => measurement.scenario);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>dispatch-ts benchmarks, ${escapeHtml(result.commit)}</title><style>${STYLE}</style></head><body><main>
<h1>dispatch-ts benchmarks</h1>
<p>Commit <code>${escapeHtml(result.commit)}</code>, ${escapeHtml(result.startedAt)}, size <em>${result.size}</em>, seed ${result.seed},
took ${Math.round(result.durationSeconds)} s. ${escapeHtml(result.machine.cpu)}, ${result.machine.cores} cores,
${result.machine.memoryMiB} MiB, ${escapeHtml(result.machine.os)}, Node ${escapeHtml(result.machine.node)},
${result.machine.pinned ? "server and load generator pinned to different cores" : "nothing pinned to cores"}.</p>
${[...scenarios].map(([name, list]) => section(name, list)).join("\n")}
</main><script>${chartLibrary()}</script><script>
const data = ${JSON.stringify(result.measurements).replaceAll("<", "\\u003c")};
(${drawCharts.toString()})(data);
</script></body></html>
`;
}

function section(name: string, list: Measurement[]): string {
  const series = list.filter((measurement) => measurement.series !== undefined);
  return `<section><h2>${escapeHtml(name)}</h2>
<div class="chart"><canvas data-scenario="${escapeHtml(name)}" role="img" aria-label="Rates of ${escapeHtml(name)}, as in the table below"></canvas></div>
${series.map((m) => `<div class="chart"><canvas data-series="${escapeHtml(`${m.scenario}/${m.mode}`)}" role="img" aria-label="${escapeHtml(m.mode)} over time"></canvas></div>`).join("")}
<div class="wide"><table><thead><tr><th>mode</th><th>rate</th><th>±</th><th>p50 ms</th><th>p99 ms</th><th>CPU µs</th><th>RSS MiB</th><th>generator</th><th>errors</th><th>more</th></tr></thead>
<tbody>${list.map(row).join("")}</tbody></table></div></section>`;
}

function row(m: Measurement): string {
  const more = Object.entries(m.extra ?? {}).map(([name, value]) => `${name} ${round(value)}`);
  const cells = [
    escapeHtml(m.mode),
    `${Math.round(m.rate.median).toLocaleString("en")} ${escapeHtml(m.unit)}`,
    `${Math.round(m.rate.relative * 100)} %`,
    round(m.latencyMs?.p50),
    round(m.latencyMs?.p99),
    round(m.cpuMicrosPerUnit),
    round(m.rssMiB),
    m.generatorLoad === undefined ? "" : `${Math.round(m.generatorLoad * 100)} %`,
    String(m.errors),
    escapeHtml([...more, m.checksum].join("; ")),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

const round = (value: number | undefined) =>
  value === undefined ? "" : String(Number(value.toPrecision(3)));

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The chart library is inlined, so that the page opens anywhere without a network. */
function chartLibrary(): string {
  return readFileSync(new URL("chart.umd.min.js", import.meta.resolve("chart.js")), "utf8").replaceAll(
    "</script",
    "<\\/script",
  );
}

/** Runs in the page; must not refer to anything outside itself. */
function drawCharts(data: Measurement[]): void {
  // biome-ignore lint/suspicious/noExplicitAny: browser globals, which the type check of a Node project does not know
  const { document, Chart, matchMedia } = globalThis as any;
  const ink = matchMedia("(prefers-color-scheme: dark)").matches ? "#ddd" : "#333";
  Chart.defaults.color = ink;
  Chart.defaults.animation = false;
  for (const canvas of document.querySelectorAll("canvas[data-scenario]")) {
    const list = data.filter((m) => m.scenario === canvas.dataset.scenario);
    new Chart(canvas, {
      type: "bar",
      data: {
        labels: list.map((m) => m.mode),
        datasets: [
          { label: list[0]?.unit, data: list.map((m) => m.rate.median), backgroundColor: "#4a90d9" },
        ],
      },
      options: { indexAxis: "y", maintainAspectRatio: false, plugins: { legend: { position: "bottom" } } },
    });
  }
  for (const canvas of document.querySelectorAll("canvas[data-series]")) {
    const series = data.find((m) => `${m.scenario}/${m.mode}` === canvas.dataset.series)?.series;
    if (series === undefined) continue;
    const line = (label: string, values: number[], axis: string, color: string) => ({
      label,
      data: values,
      yAxisID: axis,
      borderColor: color,
      pointRadius: 0,
      borderWidth: 1.5,
    });
    new Chart(canvas, {
      type: "line",
      data: {
        labels: series.seconds.map((second) => Math.round(second)),
        datasets: [
          line("rate /s", series.rate, "rate", "#4a90d9"),
          line("p99 ms", series.p99Ms, "p99", "#d9534a"),
          line("RSS MiB", series.rssMiB, "rss", "#4ab06a"),
        ],
      },
      options: {
        maintainAspectRatio: false,
        scales: {
          rate: { beginAtZero: true, position: "left" },
          p99: { beginAtZero: true, position: "right" },
          rss: { beginAtZero: true, position: "right" },
        },
      },
    });
  }
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
.chart { position: relative; height: 16rem; margin: 1rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, td:last-child { text-align: left; white-space: normal; }
`;

/** Writes a result as one HTML page that needs nothing else: charts, tables, machine and method. */
import { readFileSync, writeFileSync } from "node:fs";
import type { BenchResult, Measurement, ScenarioNote } from "./result.ts";

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
${[...scenarios]
  .map(([name, list]) =>
    section(
      list,
      result.scenarios?.find((one) => one.name === name),
    ),
  )
  .join("\n")}
</main><script>${chartLibrary()}</script><script>
const data = ${JSON.stringify(result.measurements).replaceAll("<", "\\u003c")};
(${drawRates.toString()})(data);
(${drawSeries.toString()})(data);
</script></body></html>
`;
}

function section(list: Measurement[], note: ScenarioNote | undefined): string {
  const name = escapeHtml(list[0]!.scenario);
  const chart = note?.chart ?? "rate";
  const extras = [...new Set(list.flatMap((m) => Object.keys(m.extra ?? {})))];
  const header = [...COLUMNS, ...extras, "checksum"];
  return `<section><h2>${name}</h2>
${note === undefined ? "" : `<p>Measures ${escapeHtml(note.summary)}. Does not measure ${escapeHtml(note.notMeasured)}.</p>`}
<div class="chart" style="height: ${list.length * 2 + 4.5}rem"><canvas data-scenario="${name}" data-chart="${chart}" role="img" aria-label="${chart} of ${name}, as in the table below"></canvas></div>
${list
  .filter((m) => m.series !== undefined)
  .map(
    (m) =>
      `<div class="chart series"><canvas data-series="${escapeHtml(`${m.scenario}/${m.mode}`)}" role="img" aria-label="${escapeHtml(m.mode)} over time"></canvas></div>`,
  )
  .join("")}
<div class="wide" tabindex="0" role="region" aria-label="Figures of ${name}"><table><thead><tr>${header.map((title) => `<th scope="col">${breakable(escapeHtml(title))}</th>`).join("")}</tr></thead>
<tbody>${list.map((m) => row(m, extras)).join("")}</tbody></table></div></section>`;
}

/** Lets names such as `fsyncsPerUnit` break where a word begins. */
const breakable = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "<wbr>");

const COLUMNS = ["mode", "rate", "±", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "generator", "errors"];

function row(m: Measurement, extras: readonly string[]): string {
  const cells = [
    `${Math.round(m.rate.median).toLocaleString("en")} ${escapeHtml(m.unit)}`,
    `${Math.round(m.rate.relative * 100)} %`,
    round(m.latencyMs?.p50),
    round(m.latencyMs?.p99),
    round(m.cpuMicrosPerUnit),
    m.rssMiB === undefined ? "" : String(Math.round(m.rssMiB)),
    m.generatorLoad === undefined ? "" : `${Math.round(m.generatorLoad * 100)} %`,
    String(m.errors),
    ...extras.map((name) => round(m.extra?.[name])),
    escapeHtml(m.checksum),
  ];
  const failed = m.errors > 0 ? ' class="failed"' : "";
  return `<tr${failed}><th scope="row">${escapeHtml(m.mode)}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
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

/** Runs in the page; must not refer to anything outside itself. Bars with the extremes of the repeats as a line. */
function drawRates(data: Measurement[]): void {
  // biome-ignore lint/suspicious/noExplicitAny: browser globals, which the type check of a Node project does not know
  const { document, Chart, matchMedia } = globalThis as any;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  Chart.defaults.color = dark ? "#ddd" : "#333";
  Chart.defaults.borderColor = dark ? "#fff2" : "#0001";
  Chart.defaults.animation = false;
  const whiskers = {
    id: "whiskers",
    // biome-ignore lint/suspicious/noExplicitAny: an object of the chart library
    afterDatasetsDraw(chart: any) {
      const { ctx, scales, canvas } = chart;
      if (canvas.dataset.chart === "latency") return;
      const list = data.filter((m) => m.scenario === canvas.dataset.scenario);
      ctx.strokeStyle = Chart.defaults.color;
      for (const [index, bar] of chart.getDatasetMeta(0).data.entries()) {
        const { min, max } = list[index]!.rate;
        ctx.beginPath();
        ctx.moveTo(scales.x.getPixelForValue(min), bar.y);
        ctx.lineTo(scales.x.getPixelForValue(max), bar.y);
        ctx.stroke();
      }
    },
  };
  for (const canvas of document.querySelectorAll("canvas[data-scenario]")) {
    const list = data.filter((m) => m.scenario === canvas.dataset.scenario);
    const latency = canvas.dataset.chart === "latency";
    const bars = (label: string | undefined, values: unknown[], backgroundColor: string) => ({
      label,
      data: values,
      backgroundColor,
      maxBarThickness: 22,
    });
    const datasets = latency
      ? [
          bars(
            "p50",
            list.map((m) => m.latencyMs?.p50),
            "#4a90d9",
          ),
          bars(
            "p99",
            list.map((m) => m.latencyMs?.p99),
            "#d9904a",
          ),
        ]
      : [
          bars(
            list[0]?.unit,
            list.map((m) => m.rate.median),
            "#4a90d9",
          ),
        ];
    new Chart(canvas, {
      type: "bar",
      data: { labels: list.map((m) => m.mode), datasets },
      plugins: [whiskers],
      options: {
        indexAxis: "y",
        maintainAspectRatio: false,
        plugins: { legend: { display: latency, position: "bottom" } },
        scales: {
          x: { beginAtZero: true, title: { display: true, text: latency ? "ms" : list[0]?.unit } },
          y: { grid: { display: false } },
        },
      },
    });
  }
}

/** Runs in the page, as {@link drawRates} does. */
function drawSeries(data: Measurement[]): void {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const { document, Chart } = globalThis as any;
  for (const canvas of document.querySelectorAll("canvas[data-series]")) {
    const series = data.find((m) => `${m.scenario}/${m.mode}` === canvas.dataset.series)?.series;
    if (series === undefined) continue;
    const line = (label: string, values: number[], axis: string, color: string) => ({
      label,
      data: values,
      yAxisID: axis,
      borderColor: color,
      backgroundColor: color,
      pointRadius: 0,
      borderWidth: 1.5,
    });
    const axis = (text: string, position: string) => ({
      beginAtZero: true,
      position,
      title: { display: true, text },
      grid: { drawOnChartArea: position === "left" },
    });
    new Chart(canvas, {
      type: "line",
      data: {
        labels: series.seconds.map((second) => Math.round(second * 10) / 10),
        datasets: [
          line("rate", series.rate, "rate", "#4a90d9"),
          line("p99", series.p99Ms, "p99", "#d9534a"),
          line("RSS", series.rssMiB, "rss", "#4ab06a"),
        ],
      },
      options: {
        maintainAspectRatio: false,
        plugins: { legend: { position: "bottom" } },
        scales: {
          x: { title: { display: true, text: "seconds" }, ticks: { maxTicksLimit: 13 } },
          rate: axis("calls/s", "left"),
          p99: axis("p99 ms", "right"),
          rss: axis("RSS MiB", "right"),
        },
      },
    });
  }
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 85rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2.5rem 0 0; }
section p { margin: .2rem 0; }
.chart { position: relative; margin: .5rem 0; }
.series { height: 20rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, td:last-child, th:last-child { text-align: left; }
thead th { white-space: normal; vertical-align: bottom; }
tbody th { font-weight: normal; }
.failed { background: #d9534a44; }
`;

/** The charts of the last minutes. */

import { element } from "/live/format.js";
import uPlot from "/live/uplot.js";

const COLORS = { good: "#2f9e68", bad: "#d9453c", a: "#4a7fe0", b: "#c98a1b", c: "#8a63d2" };

const CHARTS = [
  {
    title: "Runs per second",
    series: [
      { label: "succeeded", color: COLORS.good, of: (frame) => frame.succeeded },
      { label: "failed", color: COLORS.bad, of: (frame) => frame.failed },
      { label: "refused", color: COLORS.b, of: (frame) => frame.rejected },
    ],
  },
  {
    title: "Latency, ms",
    series: [
      { label: "p50", color: COLORS.a, of: (frame) => frame.p50Ms },
      { label: "p99", color: COLORS.b, of: (frame) => frame.p99Ms },
    ],
  },
  {
    title: "Runs waiting and in flight",
    series: [
      { label: "queued", color: COLORS.b, of: (frame) => frame.queued },
      { label: "in flight", color: COLORS.a, of: (frame) => frame.inFlight },
    ],
  },
  {
    title: "Busy, %",
    series: [
      { label: "front", color: COLORS.c, of: (frame) => frame.frontBusy * 100 },
      {
        label: "busiest thread",
        color: COLORS.a,
        of: (frame) => Math.max(0, ...frame.threads.map((one) => one.busy)) * 100,
      },
    ],
  },
  {
    title: "Store: commits per second, and their p99 in ms",
    when: (frame) => frame.scheduler !== undefined,
    series: [
      { label: "commits", color: COLORS.a, of: (frame) => frame.scheduler?.commitsPerSecond ?? null },
      { label: "p99 ms", color: COLORS.b, of: (frame) => frame.scheduler?.commitP99Ms ?? null },
    ],
  },
];

const HEIGHT = 150;

/** Draws into `container`; the result takes the frames to show. */
export function createCharts(container) {
  const drawn = new Map();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const draw = (frames) => {
    for (const chart of CHARTS) {
      if (chart.when !== undefined && !frames.some(chart.when)) continue;
      const data = [
        frames.map((frame) => frame.atMs / 1000),
        ...chart.series.map((one) => frames.map(one.of)),
      ];
      if (!drawn.has(chart)) drawn.set(chart, start(container, chart, dark.matches));
      drawn.get(chart).setData(data);
    }
  };
  dark.addEventListener("change", () => {
    for (const plot of drawn.values()) plot.destroy();
    drawn.clear();
    container.replaceChildren();
  });
  new ResizeObserver(() => {
    for (const plot of drawn.values())
      plot.setSize({ width: widthOf(plot.root.parentElement), height: HEIGHT });
  }).observe(container);
  return draw;
}

function start(container, { title, series }, isDark) {
  const figure = element("figure", {}, element("figcaption", {}, title));
  container.append(figure);
  const ink = isDark ? "#9aa5b4" : "#5b6675";
  const axis = {
    stroke: ink,
    grid: { stroke: isDark ? "#333b47" : "#e4e8ee", width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: widthOf(figure),
      height: HEIGHT,
      legend: { live: false },
      cursor: { show: false },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [axis, { ...axis, size: 48 }],
      series: [
        {},
        ...series.map(({ label, color }) => ({ label, stroke: color, width: 1.5, points: { show: false } })),
      ],
    },
    [[], ...series.map(() => [])],
    figure,
  );
}

const widthOf = (figure) => Math.max(200, figure.clientWidth - 16);

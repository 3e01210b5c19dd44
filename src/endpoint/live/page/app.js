/** The live page: figures from the stream, calls from the Control API. */
import { apiKey } from "/live/api.js";
import { startCalls } from "/live/calls.js";
import { createCharts } from "/live/charts.js";
import { count, duration, element, percent } from "/live/format.js";

const FRAMES_KEPT = 300;
const byId = (id) => document.getElementById(id);

const drawCharts = createCharts(byId("charts"));
let frames = [];

const stream = new EventSource("/live/stream");
stream.addEventListener("history", ({ data }) => {
  frames = JSON.parse(data);
  show();
});
stream.addEventListener("message", ({ data }) => {
  frames = [...frames.slice(1 - FRAMES_KEPT), JSON.parse(data)];
  show();
});
stream.addEventListener("open", () => connection("live", "live"));
stream.addEventListener("error", () => connection("lost", "connection lost, trying again…"));

const key = byId("key");
key.value = apiKey.get();
key.addEventListener("change", () => apiKey.set(key.value.trim()));
byId("key-form").addEventListener("submit", (event) => event.preventDefault());

startCalls();

function connection(state, text) {
  const status = byId("connection");
  status.dataset.state = state;
  status.textContent = text;
}

function show() {
  const frame = frames.at(-1);
  if (frame === undefined) return;
  byId("tiles").replaceChildren(
    ...tiles(frame).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value)),
    ),
  );
  rows(
    "functions",
    frame.functions.map((one) => [one.name, count(one.rate), count(one.failed), duration(one.p99Ms)]),
  );
  const limits = frame.scheduler?.limits ?? [];
  byId("limits-section").hidden = limits.length === 0;
  rows(
    "limits",
    limits.map((one) => [one.function, one.destination, count(one.limit), count(one.inFlight)]),
  );
  if (!document.hidden) drawCharts(frames);
}

function tiles(frame) {
  const heap = frame.threads.reduce((sum, thread) => sum + thread.heapMiB, 0);
  const calls = Object.entries(frame.scheduler?.calls ?? {});
  return [
    ["runs per second", count(frame.succeeded + frame.failed)],
    ["failed per second", count(frame.failed)],
    ["p50", duration(frame.p50Ms)],
    ["p99", duration(frame.p99Ms)],
    ["queued", count(frame.queued)],
    ["in flight", count(frame.inFlight)],
    ["front busy", percent(frame.frontBusy)],
    ["threads", String(frame.threads.length)],
    ["heap of threads", `${Math.round(heap)} MiB`],
    ...calls.map(([state, number]) => [`calls ${state}`, count(number)]),
  ];
}

function rows(id, list) {
  byId(id)
    .querySelector("tbody")
    .replaceChildren(
      ...list.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell)))),
    );
}

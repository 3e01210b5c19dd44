/** The calls of one tree, each with its time as a bar on a common axis. */
import { control } from "/live/api.js";
import { duration, element, tookMs, word } from "/live/format.js";

/** Beyond this a tree is cut; nobody reads more rows. */
const CALLS_MAX = 500;

export async function callTree(info, open) {
  const calls = await wholeTree(info.rootDispatchId || info.dispatchId);
  if (!calls.some((call) => call.dispatchId === info.dispatchId)) calls.push(info);
  const startMs = Math.min(...calls.map((call) => Date.parse(call.creationTime)));
  const endMs = Math.max(...calls.map((call) => Date.parse(call.creationTime) + tookMs(call)));
  const axis = { startMs, lengthMs: Math.max(1, endMs - startMs) };
  const known = new Set(calls.map((call) => call.dispatchId));
  const children = Map.groupBy(calls, (call) =>
    known.has(call.parentDispatchId) ? call.parentDispatchId : "",
  );
  const list = branch("ul", children.get("") ?? [], children, axis, info.dispatchId, open);
  list.classList.add("tree");
  if (calls.length >= CALLS_MAX)
    list.append(element("li", {}, `only the newest ${CALLS_MAX} calls are shown`));
  return list;
}

async function wholeTree(rootDispatchId) {
  const calls = [];
  let pageToken = "";
  do {
    const page = await control("List", { rootDispatchId, pageSize: 500, pageToken });
    calls.push(...(page.calls ?? []));
    pageToken = page.nextPageToken ?? "";
  } while (pageToken !== "" && calls.length < CALLS_MAX);
  return calls;
}

function branch(kind, calls, children, axis, shownId, open) {
  const oldestFirst = [...calls].sort((a, b) => Date.parse(a.creationTime) - Date.parse(b.creationTime));
  return element(kind, {}, ...oldestFirst.map((call) => leaf(call, children, axis, shownId, open)));
}

function leaf(call, children, axis, shownId, open) {
  const state = word(call.state);
  const left = ((Date.parse(call.creationTime) - axis.startMs) / axis.lengthMs) * 100;
  const width = (tookMs(call) / axis.lengthMs) * 100;
  const below = children.get(call.dispatchId);
  return element(
    "li",
    {},
    element(
      "div",
      { class: "row" },
      element(
        "button",
        {
          type: "button",
          class: "link",
          "aria-current": call.dispatchId === shownId && "true",
          onclick: () => open(call.dispatchId),
        },
        `${call.function}, ${state}, ${duration(tookMs(call))}`,
      ),
      element(
        "div",
        { class: `track state-${state}`, "aria-hidden": "true" },
        element("div", { class: "bar", style: `left:${left}%;width:${width}%` }),
      ),
    ),
    below && branch("ol", below, children, axis, shownId, open),
  );
}

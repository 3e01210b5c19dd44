/** One call: what went in, what came out, its story, its tree, and what can be done to it. */
import { control, valuesOf } from "/live/api.js";
import { clock, duration, element, tookMs, word } from "/live/format.js";
import { callTree } from "/live/tree.js";

const ENDED = new Set(["succeeded", "failed", "expired", "cancelled"]);
const RETRIABLE = new Set(["failed", "expired", "cancelled"]);

/** `open` shows another call. */
export async function showDetail(id, open) {
  const section = document.getElementById("detail");
  section.hidden = false;
  try {
    const [{ call }, { events = [] }, values] = await Promise.all([
      control("Get", { dispatchId: id }),
      control("Events", { dispatchId: id }),
      valuesOf(id),
    ]);
    const tree = await callTree(call.info, open);
    section.replaceChildren(...parts(call, values, events, tree, () => showDetail(id, open)));
  } catch (error) {
    section.replaceChildren(
      element("h2", { id: "detail-title" }, "Call"),
      element("p", { role: "alert" }, error.message),
    );
  }
  section.focus({ preventScroll: true });
  section.scrollIntoView({ block: "start" });
}

function parts({ info, result }, values, events, tree, reload) {
  const state = word(info.state);
  return [
    element(
      "h2",
      { id: "detail-title" },
      `${info.function} `,
      element("span", { class: `state-${state}` }, state),
    ),
    element(
      "p",
      {},
      `${info.dispatchId}, created ${clock(info.creationTime)}, ${ENDED.has(state) ? "took" : "for"} ${duration(tookMs(info))}, ${info.attempts ?? 0} runs`,
    ),
    actions(info, state, reload),
    result?.error && failure(result.error),
    value("Output", values.output),
    value("Input", values.input),
    element("h3", {}, "Story"),
    story(events),
    element("h3", {}, "Tree"),
    tree,
  ].filter((part) => part !== undefined);
}

function actions(info, state, reload) {
  const message = element("span", { role: "status" });
  const button = (label, method, enabled, question) =>
    element(
      "button",
      {
        type: "button",
        disabled: !enabled,
        onclick: async (event) => {
          if (question !== undefined && !confirm(question)) return;
          event.target.disabled = true;
          try {
            await control(method, { dispatchId: info.dispatchId });
            await reload();
          } catch (error) {
            message.textContent = error.message;
            event.target.disabled = false;
          }
        },
      },
      label,
    );
  return element(
    "div",
    { class: "actions" },
    button("Retry", "Retry", RETRIABLE.has(state)),
    button("Cancel", "Cancel", !ENDED.has(state), "Cancel this call and every call below it?"),
    element("button", { type: "button", onclick: reload }, "Refresh"),
    message,
  );
}

function failure(error) {
  return element(
    "div",
    {},
    element("h3", {}, "Error"),
    element(
      "pre",
      { class: "status-bad" },
      `${error.type ?? "Error"}: ${error.message ?? ""}${traceback(error)}`,
    ),
  );
}

function traceback({ traceback: base64 }) {
  if (base64 === undefined) return "";
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return `\n\n${new TextDecoder().decode(bytes)}`;
}

function value(title, text) {
  if (text === undefined) return undefined;
  return element("div", {}, element("h3", {}, title), element("pre", {}, text));
}

function story(events) {
  const rows = events.map((event) =>
    element(
      "tr",
      {},
      element("td", {}, clock(event.time)),
      element("td", {}, word(event.type)),
      element("td", {}, event.attempt ? String(event.attempt) : ""),
      element("td", {}, word(event.status)),
      element("td", {}, event.message ?? ""),
    ),
  );
  const head = ["time", "event", "attempt", "status", ""].map((title) =>
    element("th", { scope: "col" }, title),
  );
  return element(
    "div",
    { class: "wide" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)),
  );
}

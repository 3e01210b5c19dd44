/** The list of calls: search, pages, and the way to one call. */
import { control } from "/live/api.js";
import { showDetail } from "/live/detail.js";
import { clock, duration, element, tookMs, word } from "/live/format.js";

const byId = (id) => document.getElementById(id);
const PAGE_SIZE = 50;
let nextPageToken = "";

export function startCalls() {
  const search = byId("search");
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    const id = search.elements.id.value.trim();
    if (id !== "") open(id);
    else load(false);
  });
  byId("more").addEventListener("click", () => load(true));
  window.addEventListener("hashchange", openFromHash);
  load(false);
  openFromHash();
}

/** The address holds the call that is shown, so that it can be sent to a colleague. */
function openFromHash() {
  const id = new URLSearchParams(location.hash.slice(1)).get("call");
  if (id !== null) showDetail(id, open);
}

function open(id) {
  const hash = `#call=${encodeURIComponent(id)}`;
  if (location.hash === hash) openFromHash();
  else location.hash = hash;
}

async function load(isMore) {
  const { elements } = byId("search");
  const state = elements.state.value;
  try {
    const response = await control("List", {
      function: elements.function.value.trim(),
      states: state === "" ? [] : [`CALL_STATE_${state}`],
      pageSize: PAGE_SIZE,
      pageToken: isMore ? nextPageToken : "",
    });
    const calls = response.calls ?? [];
    const body = byId("call-list").querySelector("tbody");
    if (!isMore) body.replaceChildren();
    body.append(...calls.map(row));
    nextPageToken = response.nextPageToken ?? "";
    byId("more").hidden = nextPageToken === "";
    const shown = body.children.length;
    byId("calls-message").textContent =
      shown === 0 ? "No calls found." : `${shown} calls shown, newest first.`;
  } catch (error) {
    byId("calls-message").textContent = error.message;
  }
}

function row(call) {
  return element(
    "tr",
    {},
    element(
      "td",
      {},
      element(
        "button",
        { type: "button", class: "link", onclick: () => open(call.dispatchId) },
        call.function,
      ),
    ),
    element("td", { class: `state-${word(call.state)}` }, word(call.state)),
    element("td", {}, word(call.status)),
    element("td", {}, String(call.attempts ?? 0)),
    element("td", {}, clock(call.creationTime)),
    element("td", {}, duration(tookMs(call))),
    element("td", {}, call.dispatchId),
  );
}

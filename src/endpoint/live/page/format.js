/** Figures and times as people read them. */

export const count = (value) =>
  value >= 100_000
    ? `${(value / 1000).toFixed(0)}k`
    : value >= 10_000
      ? `${(value / 1000).toFixed(1)}k`
      : String(Math.round(value));

export function duration(ms) {
  if (ms === undefined || Number.isNaN(ms)) return "–";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

export const clock = (iso) => (iso === undefined ? "" : new Date(iso).toLocaleTimeString());

/** `CALL_STATE_FAILED` reads as `failed`, `STATUS_TIMEOUT` as `timeout`. */
export const word = (name = "") =>
  name
    .replace(/^(CALL_STATE|STATUS)_/, "")
    .toLowerCase()
    .replaceAll("_", " ");

/** Milliseconds from creation to end, or until now. */
export const tookMs = (call) =>
  (call.endTime === undefined ? Date.now() : Date.parse(call.endTime)) - Date.parse(call.creationTime);

/** A new element with attributes, texts and children. Text never becomes markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

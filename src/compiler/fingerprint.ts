/** Fingerprints of functions: what a snapshot remembers of the code it was taken in. */
import { createHash } from "node:crypto";
import type { Node } from "./ast.ts";

/**
 * Goes up when the compiler lays frames out differently, so that state written before is refused rather than
 * misread.
 */
const LAYOUT_VERSION = 2;

const POSITIONS = new Set(["start", "end", "loc", "range", "raw", "regex", "bigint"]);

/**
 * A fingerprint of a function's text: 12 characters of base64url. Comments, white space, types, lone semicolons and
 * positions do not count; functions nested in it do. `captures` are the labels of what it captures, since they decide the
 * layout of its frame and are written outside of it. `layout` is what its frame holds at each point, so that state
 * can never be misread, whatever a layout depends on.
 */
export function fingerprint(node: Node, captures: readonly string[] = [], layout = ""): string {
  const parts: string[] = [`${LAYOUT_VERSION}`, captures.join(","), layout];
  normalise(node, parts);
  return createHash("sha256").update(parts.join("\u0001")).digest("base64url").slice(0, 12);
}

function normalise(value: unknown, into: string[]): void {
  if (Array.isArray(value)) {
    into.push("[");
    for (const item of value) if (item?.type !== "EmptyStatement") normalise(item, into);
    into.push("]");
  } else if (value instanceof RegExp) {
    into.push(String(value));
  } else if (typeof value === "object" && value !== null) {
    into.push("(");
    for (const [key, field] of Object.entries(value)) {
      if (POSITIONS.has(key) || field === undefined) continue;
      into.push(key);
      normalise(field, into);
    }
    into.push(")");
  } else {
    into.push(typeof value === "bigint" ? `${value}n` : JSON.stringify(value));
  }
}

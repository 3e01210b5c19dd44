/** Values for people and for scripts. */
import { inspect } from "node:util";

/** JSON where JSON can say it, else as Node shows values. */
export function renderValue(value: unknown, hasColors: boolean): string {
  if (value === undefined) return "";
  return isJson(value)
    ? JSON.stringify(value, null, 2)
    : inspect(value, { depth: 10, colors: hasColors, maxArrayLength: 1_000 });
}

/**
 * JSON for scripts, of any value: integers beyond 2^53 and bytes as text (bytes in base64), dates in ISO 8601, maps
 * as lists of pairs, sets as lists.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replacer, 2) ?? "null";
}

function replacer(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  // A Buffer has a toJSON of its own, which ran before this.
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString("base64") : value;
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isJson);
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson);
}

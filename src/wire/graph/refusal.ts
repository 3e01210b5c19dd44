/** What errors call a value that cannot be carried. */
import { types } from "node:util";

export interface Refusal {
  readonly what: string;
  readonly hint?: string;
}

const REGISTER = "Make its class serializable, or carry what it stands for";

export function refusalOf(value: object): Refusal {
  if (types.isProxy(value)) return { what: "a Proxy" };
  if (typeof value === "function") {
    return { what: /^class\b/.test(Function.prototype.toString.call(value)) ? "a class" : "a function" };
  }
  if (types.isModuleNamespaceObject(value)) return { what: "a module namespace" };
  if (types.isPromise(value)) return { what: "a Promise", hint: "Await it first" };
  if (types.isSharedArrayBuffer(value)) return { what: "a SharedArrayBuffer" };
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  const name = constructorNameOf(value);
  if (name === "" || name === "Object" || name === "Iterator" || name === "AsyncIterator") {
    return { what: withArticle(tag === "Object" ? "object with a prototype of its own" : tag) };
  }
  const isPlatform = PLATFORM.has(name) || types.isGeneratorObject(value);
  return isPlatform ? { what: withArticle(name) } : { what: withArticle(name), hint: REGISTER };
}

/** No class of a user: registering it is no way out. */
const PLATFORM = new Set([
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "Promise",
  "SharedArrayBuffer",
]);

function constructorNameOf(value: object): string {
  try {
    const name: unknown = (Object.getPrototypeOf(value) as object).constructor.name;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

function withArticle(noun: string): string {
  return `${/^[AEIOaeio]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** Objects that have a name: constants and imports of compiled modules, and what JavaScript itself provides. */
import { moduleRegistrations, modules } from "../runtime/registry.ts";

export interface BindingName {
  readonly module: string;
  readonly name: string;
}

const bindings = new Map<object | symbol, BindingName>();
/** Modules not looked at yet, or some of whose bindings had no value yet. */
let pending = new Set<string>();
let indexed = 0;

/** The module binding that holds `value`, the one of the module that was loaded first. */
export function bindingOf(value: object | symbol): BindingName | undefined {
  if (indexed !== moduleRegistrations()) startAgain();
  if (pending.size > 0) indexPending();
  return bindings.get(value);
}

function startAgain(): void {
  indexed = moduleRegistrations();
  bindings.clear();
  pending = new Set(modules.keys());
  indexGlobals();
}

function indexPending(): void {
  for (const module of pending) {
    let isComplete = true;
    for (const [name, read] of Object.entries(modules.get(module)!)) {
      const value = readSafely(read);
      if (value === UNREADABLE) isComplete = false;
      else if ((isObject(value) || typeof value === "symbol") && !bindings.has(value))
        bindings.set(value, { module, name });
    }
    if (isComplete) pending.delete(module);
  }
}

const UNREADABLE = Symbol("a binding before its declaration");

function readSafely(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** The value of a binding; undefined when there is no such module or binding. */
export function readBinding({ module, name }: BindingName): unknown {
  const readers = modules.get(module);
  if (!readers || !Object.hasOwn(readers, name)) return undefined;
  return readers[name]!();
}

const GLOBALS =
  "Object Function Array Map Set WeakMap WeakSet Promise Date RegExp Error TypeError RangeError SyntaxError " +
  "ReferenceError EvalError URIError AggregateError String Number Boolean BigInt Symbol Math JSON Reflect Atomics " +
  "Intl ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array " +
  "Float32Array Float64Array BigInt64Array BigUint64Array URL URLSearchParams TextEncoder TextDecoder Buffer " +
  "Iterator parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI " +
  "structuredClone setTimeout clearTimeout setInterval clearInterval setImmediate queueMicrotask fetch console " +
  "process performance crypto AbortController AbortSignal Event EventTarget Headers Request Response FormData Blob " +
  "navigator";

let builtInNames: Map<object, string> | undefined;
let builtIns: Map<string, object> | undefined;

function indexBuiltIns(): { names: Map<object, string>; values: Map<string, object> } {
  if (builtInNames && builtIns) return { names: builtInNames, values: builtIns };
  const names = new Map<object, string>();
  const values = new Map<string, object>();
  const add = (value: unknown, path: string, depth: number) => {
    if (!isObject(value) || names.has(value)) return;
    names.set(value, path);
    values.set(path, value);
    if (depth === 0) return;
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (property && "value" in property) add(property.value, `${path}.${String(key)}`, depth - 1);
    }
  };
  for (const name of GLOBALS.split(" ")) {
    const value: unknown = Reflect.get(globalThis, name);
    const isService = name === "process" || name === "console" || name === "crypto";
    add(value, name, isService ? 1 : 2);
  }
  add(globalThis, "globalThis", 0);
  builtInNames = names;
  builtIns = values;
  return { names, values };
}

/** The other globals, those that a program defines too: `list.push(await x)` holds `list` across the await. */
function globalValue(name: string): object | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
  return isObject(value) ? value : undefined;
}

function indexGlobals(): void {
  globals.clear();
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalValue(name);
    if (value) globals.set(value, name);
  }
}

/** Names of the globals there were when the last module was loaded. */
const globals = new Map<object, string>();

export function builtInName(value: object): string | undefined {
  if (indexed !== moduleRegistrations()) startAgain();
  return indexBuiltIns().names.get(value) ?? globals.get(value);
}

export const builtIn = (name: string): object | undefined =>
  indexBuiltIns().values.get(name) ?? globalValue(name);

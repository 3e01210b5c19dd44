/**
 * The `value` of an error on the wire: enough to make the same error again, with its class, its causes and its own
 * fields. Data only: reading it runs no constructor and no getter.
 *
 * Classes known by name are the built-in ones, those of this package and those given to `registerErrorType`. Of a
 * registered class every field is carried that can be; of others only fields that are plain values (`code`,
 * `status`…): errors of HTTP clients hold requests with credentials, which have no place in a store.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { decodeValue, encodeValue } from "../../wire/values/index.ts";
import { errorLineage, errorTypeName, findErrorClass, hasOwnCodec, isRegistered } from "./error-classes.ts";

/** An error as data. Of its classes, its own first, the first one that is known where it is read counts. */
interface Description {
  readonly type: string;
  readonly classes: readonly string[];
  readonly message: string;
  /** Absent for the error itself, whose stack is `Error.traceback`. */
  readonly stack?: string;
  readonly fields: Record<string, unknown>;
  readonly cause?: Description | { readonly value: unknown };
  readonly errors?: readonly (Description | { readonly value: unknown })[];
}

/** Bytes for `Error.value`; none when the value cannot be carried, and then type and message still tell of it. */
export function encodeError(thrown: unknown): Uint8Array {
  try {
    const described = describe(thrown, new Set());
    return described === undefined ? none : toBinary(AnySchema, encodeValue({ thrown: described }, "error"));
  } catch {
    return none;
  }
}

/** What {@link encodeError} was given, or undefined for bytes that are not its own. */
export function decodeError(bytes: Uint8Array): { thrown: unknown } | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const value = decodeValue(fromBinary(AnySchema, bytes));
    if (!isRecord(value) || !("thrown" in value)) return undefined;
    return { thrown: revive(value.thrown) };
  } catch {
    return undefined;
  }
}

const none = new Uint8Array();
/** Causes of causes, and members of an AggregateError, that are kept. */
const depthMax = 16;
const membersMax = 100;

function describe(thrown: unknown, seen: Set<unknown>): Description | { value: unknown } | undefined {
  if (!(thrown instanceof Error) || hasOwnCodec(thrown))
    return isCarried(thrown) ? { value: thrown } : undefined;
  if (seen.has(thrown) || seen.size >= depthMax) return undefined;
  seen.add(thrown);
  const cause = Object.hasOwn(thrown, "cause") ? describe(thrown.cause, seen) : undefined;
  const { errors } = thrown as { errors?: unknown };
  return {
    type: errorTypeName(thrown),
    classes: errorLineage(thrown),
    message: String(thrown.message),
    ...(seen.size > 1 && typeof thrown.stack === "string" && { stack: thrown.stack.slice(0, 16_384) }),
    fields: ownFields(thrown),
    ...(cause !== undefined && { cause }),
    ...(Array.isArray(errors) && {
      errors: errors.slice(0, membersMax).map((e) => describe(e, new Set(seen)) ?? { value: String(e) }),
    }),
  };
}

function ownFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const all = isRegistered(error);
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (!property.enumerable || !("value" in property) || described.has(name)) continue;
    const { value } = property;
    if (all ? isCarried(value) : isPlain(value)) fields[name] = value;
  }
  return fields;
}

const described: ReadonlySet<string> = new Set(["message", "stack", "cause", "errors", "__proto__"]);

function revive(value: unknown): unknown {
  if (!isRecord(value)) return undefined;
  if ("value" in value) return value.value;
  const { type, classes, message, stack, fields, cause, errors } = value as unknown as Description;
  const error = blank(String(type), Array.isArray(classes) ? classes : [], String(message));
  if (isRecord(fields)) {
    for (const [name, field] of Object.entries(fields)) {
      if (!described.has(name))
        Object.defineProperty(error, name, { ...own, enumerable: true, value: field });
    }
  }
  Object.defineProperty(error, "stack", {
    ...own,
    value: String(stack ?? `${error.name}: ${error.message}`),
  });
  if (cause !== undefined) Object.defineProperty(error, "cause", { ...own, value: revive(cause) });
  if (Array.isArray(errors)) Object.defineProperty(error, "errors", { ...own, value: errors.map(revive) });
  return error;
}

const own = { configurable: true, writable: true, enumerable: false } as const;

/** An error of the first known class, made without running a constructor of the user's. */
function blank(type: string, classes: readonly unknown[], message: string): Error {
  if (classes[0] === "DOMException") return new DOMException(message, type);
  const error = classes.includes("AggregateError") ? new AggregateError([], message) : new Error(message);
  for (const name of classes) {
    const Class = findErrorClass(String(name));
    if (Class === undefined) continue;
    Object.setPrototypeOf(error, Class.prototype);
    break;
  }
  if (type !== error.name) Object.defineProperty(error, "name", { ...own, value: type });
  return error;
}

function isCarried(value: unknown): boolean {
  try {
    encodeValue(value, "value");
    return true;
  } catch {
    return false;
  }
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean", "bigint"].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

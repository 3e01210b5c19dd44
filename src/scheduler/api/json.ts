import {
  create,
  createRegistry,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { type Any, AnySchema, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { OpaqueValueSchema } from "../../wire/gen/dispatch/control/v1/call_info_pb.js";
import { anyTypes } from "../../wire/values/messages.ts";

/**
 * A message as canonical protobuf JSON. A value whose message is not known here, or does not decode, is carried as
 * `dispatch.control.v1.OpaqueValue`: what the scheduler cannot open must not hide the call that carries it.
 */
export function jsonOf<D extends DescMessage>(desc: D, message: MessageShape<D>): JsonValue {
  return toJson(desc, mapAnys(message, readable) as MessageShape<D>, { registry });
}

/** The reverse of `jsonOf`. Throws an Error that says what is wrong with the JSON. */
export function ofJson<D extends DescMessage>(desc: D, json: JsonValue): MessageShape<D> {
  return mapAnys(fromJson(desc, json, { registry }), original) as MessageShape<D>;
}

/** What an Any may hold to be spelled out. The shared types come first; the stand-in is this API's own. */
const registry: Registry = createRegistry(anyTypes, OpaqueValueSchema);

function readable(any: Any): Any {
  if (isKnown(any)) return any;
  const { typeUrl, value } = any;
  return anyPack(OpaqueValueSchema, create(OpaqueValueSchema, { typeUrl, value }));
}

function isKnown(any: Any): boolean {
  // Without a type JSON has no place for the value.
  if (any.typeUrl === "") return any.value.length === 0;
  try {
    toJson(AnySchema, any, { registry });
    return true;
  } catch {
    return false;
  }
}

function original(any: Any): Any {
  const opaque = anyUnpack(any, OpaqueValueSchema);
  return opaque === undefined ? any : create(AnySchema, { typeUrl: opaque.typeUrl, value: opaque.value });
}

/** A copy of a message, or of a part of one, with every Any in it replaced. Anys inside of Anys stay. */
function mapAnys(value: unknown, replace: (any: Any) => Any): unknown {
  if (Array.isArray(value)) return value.map((item) => mapAnys(item, replace));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if ("$typeName" in value && value.$typeName === AnySchema.typeName) return replace(value as Any);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapAnys(item, replace)]));
}

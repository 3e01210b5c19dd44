/** Protobuf messages that travel as themselves: those of Dispatch, and those a user registers. */
import {
  createMutableRegistry,
  type DescMessage,
  fromBinary,
  isMessage,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { type Any, anyOf, typeNameOf, typeUrlOf, ValueError } from "./types.ts";

const registry = createMutableRegistry();

/**
 * Makes messages of these types carry over the wire as themselves.
 *
 * @example registerMessages(InvoiceSchema) // an Invoice can now be an argument and a result
 */
export function registerMessages(...schemas: DescMessage[]): void {
  for (const schema of schemas) registry.add(schema);
}

/** The Any of a protobuf message, or undefined for any other value. An Any stays what it is. */
export function encodeMessage(value: object, path: string): Any | undefined {
  if (!isMessage(value)) return undefined;
  if (value.$typeName === "google.protobuf.Any") return value as Any;
  const schema = registry.getMessage(value.$typeName);
  if (schema === undefined) {
    throw new ValueError(
      `${path}: cannot carry a ${value.$typeName}: call registerMessages with its schema first`,
    );
  }
  return anyOf(typeUrlOf(value.$typeName), toBinary(schema, value));
}

/** The message inside, or undefined when its type is not registered. */
export function decodeMessage(any: Any): Message | undefined {
  const schema = registry.getMessage(typeNameOf(any.typeUrl));
  return schema === undefined ? undefined : fromBinary(schema, any.value);
}

/** Protobuf messages inside an Any: those that users register travel as themselves. */
import {
  createMutableRegistry,
  type DescFile,
  type DescMessage,
  fromBinary,
  isMessage,
  type Message,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { file_dispatch_sdk_node_v1_state } from "../gen/dispatch/sdk/node/v1/state_pb.js";
import { file_dispatch_sdk_node_v1_values } from "../gen/dispatch/sdk/node/v1/values_pb.js";
import { file_dispatch_sdk_python_v1_pickled } from "../gen/dispatch/sdk/python/v1/pickled_pb.js";
import { type Any, anyOf, typeNameOf, typeUrlOf, ValueError } from "./types.ts";

const FILES: DescFile[] = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_dispatch_sdk_node_v1_state,
  file_dispatch_sdk_node_v1_values,
  file_dispatch_sdk_python_v1_pickled,
];

const types = createMutableRegistry(...FILES.flatMap((file) => file.messages));
const registered = new Set<string>();

/** The types that users registered. */
export const registeredMessages = { getMessage: registeredSchema };

/** The types that an Any of ours may hold: what JSON needs to know of to spell it out. */
export const anyTypes: Registry = types;

/**
 * Makes messages of these types carry over the wire as themselves.
 *
 * @example registerMessages(InvoiceSchema) // an Invoice can now be an argument and a result
 */
export function registerMessages(...schemas: DescMessage[]): void {
  for (const schema of schemas) {
    types.add(schema);
    registered.add(schema.typeName);
  }
}

/**
 * The Any of a protobuf message, or undefined for any other value. An Any stays what it is.
 *
 * @throws {ValueError} for a message whose type is not registered, or whose fields are not of their types
 */
export function encodeMessage(value: object, path: string): Any | undefined {
  if (!isMessage(value)) return undefined;
  if (isAny(value)) return value;
  const schema = registeredSchema(value.$typeName);
  if (schema === undefined) {
    throw new ValueError(
      `${path}: cannot carry a ${value.$typeName}: call registerMessages with its schema first`,
    );
  }
  try {
    return anyOf(typeUrlOf(value.$typeName), toBinary(schema, value));
  } catch (error) {
    throw new ValueError(`${path}: cannot carry a ${value.$typeName}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The message inside, or undefined when its type is not registered. */
export function decodeMessage(any: Any): Message | undefined {
  const schema = registeredSchema(typeNameOf(any.typeUrl));
  return schema === undefined ? undefined : fromBinary(schema, any.value);
}

function registeredSchema(typeName: string): DescMessage | undefined {
  return registered.has(typeName) ? types.getMessage(typeName) : undefined;
}

/** Whether it really is one: data that was received may call itself so. */
function isAny(value: Message): value is Any {
  return (
    value.$typeName === "google.protobuf.Any" &&
    "typeUrl" in value &&
    typeof value.typeUrl === "string" &&
    "value" in value &&
    value.value instanceof Uint8Array
  );
}

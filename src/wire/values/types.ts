import type { Any } from "@bufbuild/protobuf/wkt";

/**
 * A `google.protobuf.Any` as the generated code has it. A value of a type this process does not know (Python's
 * `Pickled`, a message of another program) stays such an object, and encodes back to the same bytes.
 */
export type { Any };

/** Thrown for a value that cannot be carried and for bytes that are not the value they claim to be. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  readonly connectCode = "invalid_argument";
}

export function anyOf(typeUrl: string, value: Uint8Array): Any {
  return { $typeName: "google.protobuf.Any", typeUrl, value };
}

const WELL_KNOWN = "type.googleapis.com/google.protobuf.";

export const TYPE_URL = {
  empty: `${WELL_KNOWN}Empty`,
  bool: `${WELL_KNOWN}BoolValue`,
  int64: `${WELL_KNOWN}Int64Value`,
  double: `${WELL_KNOWN}DoubleValue`,
  string: `${WELL_KNOWN}StringValue`,
  bytes: `${WELL_KNOWN}BytesValue`,
  timestamp: `${WELL_KNOWN}Timestamp`,
  duration: `${WELL_KNOWN}Duration`,
  value: `${WELL_KNOWN}Value`,
  arguments: "buf.build/stealthrocket/dispatch-proto/dispatch.sdk.node.v1.Arguments",
  serialized: "buf.build/stealthrocket/dispatch-proto/dispatch.sdk.node.v1.Serialized",
} as const;

/** The full name of the message a type URL names: what follows its last slash. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** The type URL of a message: packages of Dispatch have a prefix of their own. */
export function typeUrlOf(typeName: string): string {
  const prefix = typeName.startsWith("dispatch.sdk.")
    ? "buf.build/stealthrocket/dispatch-proto"
    : "type.googleapis.com";
  return `${prefix}/${typeName}`;
}

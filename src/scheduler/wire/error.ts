import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

/** Encoded dispatch.sdk.v1.Error, for failures that the scheduler itself reports. */
export function encodeError(type: string, message: string): Uint8Array {
  return new BinaryWriter().uint32(10).string(type).uint32(18).string(message).finish();
}

/** `type: message` of an encoded Error, for logs and stories; never throws. */
export function errorText(bytes: Uint8Array): string {
  let type = "";
  let message = "";
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === 2) type = reader.string();
      else if (field === 2 && wireType === 2) message = reader.string();
      else reader.skip(wireType, field);
    }
  } catch {
    return "an error that cannot be read";
  }
  return type === "" ? message : `${type}: ${message}`;
}

import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Encoded dispatch.sdk.v1.Error, for failures that the scheduler itself reports. */
export function encodeError(type: string, message: string): Uint8Array {
  return new BinaryWriter().uint32(10).string(type).uint32(18).string(message).finish();
}

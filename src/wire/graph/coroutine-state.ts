/** `dispatch.sdk.node.v1.CoroutineState` on the wire, for the hot path: see state.proto. */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DELIMITED_3,
  DELIMITED_4,
  DELIMITED_5,
  type MessageReader,
  readMessage,
  readString,
  readTag,
  skipUnknown,
  VARINT_1,
  VARINT_2,
} from "../fields.ts";
import { written } from "../writer.ts";
import { EnvelopeError } from "./envelope-error.ts";

export interface CoroutineState {
  readonly format: number;
  readonly codec: number;
  readonly keyId: string;
  readonly snapshot: Uint8Array;
  readonly mac: Uint8Array;
}

export function writeCoroutineState(state: CoroutineState): Uint8Array {
  return written(writeFields, state);
}

function writeFields(writer: BinaryWriter, { format, codec, keyId, snapshot, mac }: CoroutineState): void {
  writer.uint32(VARINT_1).uint32(format);
  writer.uint32(VARINT_2).int32(codec);
  if (keyId !== "") writer.uint32(DELIMITED_3).string(keyId);
  if (snapshot.length > 0) writer.uint32(DELIMITED_4).bytes(snapshot);
  if (mac.length > 0) writer.uint32(DELIMITED_5).bytes(mac);
}

/** @throws {EnvelopeError} `MALFORMED` */
export function readCoroutineState(bytes: Uint8Array): CoroutineState {
  try {
    return readMessage("CoroutineState", bytes, readFields);
  } catch (cause) {
    throw new EnvelopeError("MALFORMED", (cause as Error).message, { cause });
  }
}

function readFields(reader: MessageReader, end: number): CoroutineState {
  const state = { format: 0, codec: 0, keyId: "", snapshot: new Uint8Array(), mac: new Uint8Array() };
  while (reader.pos < end) {
    const tag = readTag(reader);
    switch (tag) {
      case VARINT_1:
        state.format = reader.uint32();
        break;
      case VARINT_2:
        state.codec = reader.int32();
        break;
      case DELIMITED_3:
        state.keyId = readString(reader);
        break;
      case DELIMITED_4:
        state.snapshot = reader.bytes() as Uint8Array<ArrayBuffer>;
        break;
      case DELIMITED_5:
        state.mac = reader.bytes() as Uint8Array<ArrayBuffer>;
        break;
      default:
        skipUnknown(reader, tag, 5);
    }
  }
  return state;
}

/** The arguments of a call as its one input. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import { type Any, anyOf, TYPE_URL, typeNameOf, ValueError } from "./types.ts";

const FIELD_1 = (1 << 3) | WireType.LengthDelimited;
const FIELD_2 = (2 << 3) | WireType.LengthDelimited;

/**
 * One argument travels as its plain Any, so that functions in other languages can be called; none or several as
 * `dispatch.sdk.node.v1.Arguments`.
 *
 * @throws {ValueError} naming the argument that cannot be carried, e.g. `arguments[1].socket: cannot carry a Socket`
 */
export function encodeArguments(args: readonly unknown[]): Any {
  if (args.length === 1) return encodeValue(args[0], "arguments[0]");
  const writer = new BinaryWriter();
  for (const [index, argument] of args.entries()) {
    const any = encodeValue(argument, `arguments[${index}]`);
    writer.uint32(FIELD_1).fork();
    writer.uint32(FIELD_1).string(any.typeUrl);
    if (any.value.length > 0) writer.uint32(FIELD_2).bytes(any.value);
    writer.join();
  }
  return anyOf(TYPE_URL.arguments, writer.finish());
}

/**
 * The arguments inside a call's input: of `Arguments` all, of anything else the one value. An absent input is none.
 *
 * @throws {ValueError} when the bytes are not what they claim to be
 */
export function decodeArguments(input: Any | undefined): unknown[] {
  if (input === undefined) return [];
  if (typeNameOf(input.typeUrl) !== typeNameOf(TYPE_URL.arguments)) return [decodeValue(input)];
  try {
    return readAnys(input.value).map(decodeValue);
  } catch (error) {
    if (error instanceof ValueError) throw error;
    throw new ValueError(`cannot read arguments: malformed bytes (${(error as Error).message})`, {
      cause: error,
    });
  }
}

function readAnys(bytes: Uint8Array): Any[] {
  const reader = new BinaryReader(bytes);
  const list: Any[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field !== 1 || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      continue;
    }
    list.push(readAny(new BinaryReader(reader.bytes())));
  }
  return list;
}

function readAny(reader: BinaryReader): Any {
  let typeUrl = "";
  let value = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.LengthDelimited) typeUrl = reader.string();
    else if (field === 2 && type === WireType.LengthDelimited) value = Uint8Array.from(reader.bytes());
    else reader.skip(type, field);
  }
  return anyOf(typeUrl, value);
}

/** The arguments of a call as its one input. */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DELIMITED_1,
  DELIMITED_2,
  expectEnd,
  MessageReader,
  readEnd,
  readString,
  readTag,
  skipUnknown,
} from "../fields.ts";
import { written } from "../writer.ts";
import { decodeValue } from "./decode.ts";
import { encodeValue } from "./encode.ts";
import { type Any, anyOf, TYPE_URL, typeNameOf, ValueError } from "./types.ts";

/** Arguments of one call at the most: calling a function with many more would end the stack. */
export const ARGUMENTS_MAX = 10_000;

/**
 * One argument travels as its plain Any, so that functions in other languages can be called; none or several as
 * `dispatch.sdk.node.v1.Arguments`. So `f()` is an empty `Arguments`, `f(null)` an Empty and `f(undefined)` a
 * `Serialized`: each comes back as it was called. An object passed twice arrives as two.
 *
 * @throws {ValueError} naming the argument that cannot be carried, e.g. `arguments[1].socket: cannot carry a Socket`
 */
export function encodeArguments(args: readonly unknown[]): Any {
  if (args.length === 1) {
    const only = encodeValue(args[0], "arguments[0]");
    // An Any that was handed over and is passed on may be such a list itself: one argument, not several.
    if (typeNameOf(only.typeUrl) !== typeNameOf(TYPE_URL.arguments)) return only;
  }
  if (args.length > ARGUMENTS_MAX) {
    throw new ValueError(`arguments: cannot carry ${args.length}, ${ARGUMENTS_MAX} are the most`);
  }
  // Array.from, because a hole is an argument too: undefined.
  const anys = Array.from(args, (argument, index) => encodeValue(argument, `arguments[${index}]`));
  return anyOf(TYPE_URL.arguments, written(argumentsFields, anys));
}

/**
 * The arguments inside a call's input: of `Arguments` all, of anything else the one value. An absent input is none.
 *
 * @throws {ValueError} when the bytes are not what they claim to be
 */
export function decodeArguments(input: Any | undefined): unknown[] {
  if (input === undefined) return [];
  if (typeNameOf(input.typeUrl) !== typeNameOf(TYPE_URL.arguments)) return [decodeValue(input)];
  return readArguments(input.value).map(decodeValue);
}

function argumentsFields(writer: BinaryWriter, anys: readonly Any[]): void {
  for (const any of anys) {
    writer.uint32(DELIMITED_1).fork();
    writer.uint32(DELIMITED_1).string(any.typeUrl);
    if (any.value.length > 0) writer.uint32(DELIMITED_2).bytes(any.value);
    writer.join();
  }
}

function readArguments(bytes: Uint8Array): Any[] {
  const reader = new MessageReader(bytes);
  const anys: Any[] = [];
  try {
    while (reader.pos < reader.len) {
      const tag = readTag(reader);
      if (tag !== DELIMITED_1) skipUnknown(reader, tag, 1);
      else if (anys.push(readArgument(reader, readEnd(reader, reader.len))) > ARGUMENTS_MAX) {
        throw new Error(`more than ${ARGUMENTS_MAX} of them`);
      }
    }
    expectEnd(reader, reader.len);
  } catch (error) {
    throw new ValueError(`cannot read arguments: malformed bytes (${(error as Error).message})`, {
      cause: error,
    });
  }
  return anys;
}

function readArgument(reader: MessageReader, end: number): Any {
  let typeUrl = "";
  let value: Uint8Array = new Uint8Array();
  while (reader.pos < end) {
    const tag = readTag(reader);
    if (tag === DELIMITED_1) typeUrl = readString(reader);
    else if (tag === DELIMITED_2) value = reader.bytes();
    else skipUnknown(reader, tag, 2);
  }
  expectEnd(reader, end);
  return anyOf(typeUrl, value);
}

/**
 * Messages in the JSON form of the Connect protocol, for clients that send `application/json`.
 * Source: https://connectrpc.com/docs/protocol; https://protobuf.dev/programming-guides/json
 */
import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError } from "./connect-error.ts";
import { anyTypes } from "./values/messages.ts";

/**
 * The wire bytes of a message given as JSON. Fields that are not known are ignored, as they are in protobuf.
 *
 * @throws {ConnectError} invalid_argument when it is no JSON or not this message, with what and where; also for an
 *   Any of a type this process does not know, whose JSON cannot be turned into bytes
 */
export function bytesOfJson(schema: DescMessage, body: Uint8Array): Uint8Array {
  return toBinary(schema, messageOfJson(schema, body));
}

/** Like {@link bytesOfJson}, to the generated message. */
export function messageOfJson<D extends DescMessage>(schema: D, body: Uint8Array): MessageShape<D> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return fromJsonString(schema, text, { ignoreUnknownFields: true, registry: anyTypes });
  } catch (error) {
    throw new ConnectError("invalid_argument", `malformed JSON ${schema.name}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * The JSON of a message given as wire bytes.
 *
 * @throws {ConnectError} unimplemented for what has no JSON form: an Any of a type this process does not know, a
 *   `google.protobuf.Value` that is NaN. The client gets it by asking for `application/proto`.
 */
export function jsonOfBytes(schema: DescMessage, bytes: Uint8Array): string {
  let message: MessageShape<DescMessage>;
  try {
    message = fromBinary(schema, bytes);
  } catch (error) {
    throw new ConnectError("internal", `malformed ${schema.name}`, { cause: error });
  }
  return jsonOfMessage(schema, message);
}

/** Like {@link jsonOfBytes}, from the generated message. */
export function jsonOfMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): string {
  try {
    return JSON.stringify(toJson(schema, message, { registry: anyTypes }));
  } catch (error) {
    const why = `${schema.name} has no JSON form, ask for application/proto: ${messageOf(error)}`;
    throw new ConnectError("unimplemented", why, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

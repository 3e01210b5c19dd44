export { decodeArguments, encodeArguments } from "./arguments.ts";
export { decodeValue } from "./decode.ts";
export { Duration } from "./duration.ts";
export { encodeValue } from "./encode.ts";
export { registerMessages } from "./messages.ts";
export { type Any, ValueError } from "./types.ts";

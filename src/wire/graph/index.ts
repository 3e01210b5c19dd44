export {
  type AnyClass,
  ClassRegistry,
  registerSerializable,
  type SerializableOptions,
  serializableClasses,
} from "./classes.ts";
export { type DecodeGraphOptions, decodeGraph } from "./decode.ts";
export { type EncodeGraphOptions, encodeGraph } from "./encode.ts";
export { type EnvelopeKeys, type EnvelopeOptions, StateEnvelope } from "./envelope.ts";
export { EnvelopeError, type EnvelopeErrorCode } from "./envelope-error.ts";
export { CannotCarryError, GraphError, type GraphErrorCode } from "./error.ts";
export type { DecodeHooks, EncodeHooks, HeadValue, NodeDescription, TrailStep } from "./hooks.ts";
export type { GraphLimits } from "./limits.ts";
export type { MessageTypes } from "./messages.ts";

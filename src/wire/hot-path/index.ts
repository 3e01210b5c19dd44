export { WireFormatError } from "../fields.ts";
export { readAny, writeAny } from "./any.ts";
export { checkedAny, checkedError } from "./check.ts";
export {
  type AnyBytes,
  type AnySource,
  type Call,
  type CallError,
  type CallResult,
  call,
  callError,
  callResult,
  type DispatchRequest,
  type DispatchResponse,
  type Exit,
  type Poll,
  type PollResult,
  poll,
  pollResult,
  type RunRequest,
  type RunResponse,
  runRequest,
  runResponse,
  type Time,
  type TraceContext,
} from "./messages.ts";
export { peekRunRequest, type RunRequestHead } from "./peek.ts";
export {
  readCallResultMessage,
  readDispatchRequest,
  readDispatchResponse,
  readRunRequest,
  readRunResponse,
} from "./read.ts";
export { durationOf, isTimestamp, millisecondsOf, timestampOf } from "./time.ts";
export {
  type MalformedResult,
  readWaitManyRequest,
  readWaitManyResponse,
  type WaitManyRequest,
  type WaitManyResponse,
  writeWaitManyRequest,
} from "./wait-many.ts";
export {
  writeCallResult,
  writeDispatchRequest,
  writeDispatchResponse,
  writeRunRequest,
  writeRunResponse,
} from "./write.ts";

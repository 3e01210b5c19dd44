export { Batch } from "./batch.ts";
export { Call, type CallInit } from "./call.ts";
export { CallResult } from "./call-result.ts";
export type { CallDetail, CallInfo, CallStateName } from "./client/call-info.ts";
export { Client, type DispatchId, type DispatchOptions } from "./client/client.ts";
export { ClientError } from "./client/client-error.ts";
export { type ClientClock, systemClock } from "./client/clock.ts";
export type { WaitOptions } from "./client/control.ts";
export type { ClientOptions } from "./client/options.ts";
export { dispatch } from "./dispatch.ts";
export { type HostDefaults, setHostDefaults } from "./environment.ts";
export {
  AnyException,
  CancelledError,
  ConfigurationError,
  DispatchError,
  DNSError,
  HTTPError,
  IncompatibleStateError,
  InvalidArgumentError,
  InvalidResponseError,
  NotFoundError,
  PermanentError,
  PermissionDeniedError,
  TCPError,
  TemporaryError,
  ThrottleError,
  TimeoutError,
  TLSError,
  UnauthenticatedError,
} from "./errors/dispatch-error.ts";
export { registerErrorClass } from "./errors/error-classes.ts";
export { errorFromWire, errorToWire, RemoteError } from "./errors/error-wire.ts";
export { registerErrorType, registerOutputType, statusOfError, statusOfOutput } from "./errors/status-of.ts";
export { AsyncFunction, type Implementation } from "./functions/async-function.ts";
export { BlockingFunction, type BlockingOptions } from "./functions/blocking-function.ts";
export type { FunctionOptions } from "./functions/function-options.ts";
export { PrimitiveFunction, type PrimitiveFunctionType } from "./functions/primitive-function.ts";
export { outputOfThrown, plainDriver, type RunDriver, setRunDriver } from "./functions/run-driver.ts";
export { Reset, TailCall } from "./functions/tail-call.ts";
export { Input } from "./input.ts";
export { Output, type PollInit } from "./output.ts";
export { defaultRegistry, setDefaultRegistry } from "./registry/default-registry.ts";
export { findFunction, openRegistries, run } from "./registry/open-registries.ts";
export { type FunctionDescription, Registry, type RegistryOptions } from "./registry/registry.ts";
export { FatalError, type RunOptions } from "./registry/run.ts";
export { currentRun, enterRun, type RunContext } from "./run-context.ts";
export {
  type CallOptions,
  type CallScope,
  currentScope,
  type DurableCall,
  enterScope,
  type RetryOptions,
} from "./scope.ts";
export {
  type RunningService,
  registerServiceStarter,
  type ServiceOptions,
  type ServiceStarter,
  setInsideService,
} from "./service-seam.ts";

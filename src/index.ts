export type { CallOptions, RetryOptions } from "./sdk/scope.ts";

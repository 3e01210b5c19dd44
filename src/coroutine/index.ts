export { call, callWith, sleep } from "./call.ts";
export { all, allSettled, any, gather, race } from "./runtime/combinators.ts";
export { runtimeUrl } from "./runtime-url.ts";

export { PoolClosedError, PoolFullError, ThreadStartError } from "./errors.ts";
export { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from "./options.ts";
export { type PoolDependencies, type RunOptions, RunPool } from "./pool.ts";
export type { FunctionInfo } from "./protocol.ts";
export type { PoolSnapshot, ThreadSnapshot } from "./snapshot.ts";
export { coroutineSetup, type ThreadCode, threadCode } from "./thread-code.ts";

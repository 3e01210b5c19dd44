export { type CompiledModule, compile, type SourceMap } from "./compile.ts";
export { CompileError, type CompileErrorCode } from "./compile-error.ts";
export type { CompileOptions, ResumableFunction, SuspensionPoint } from "./context.ts";
export {
  type CompilerHook,
  type CompilerHookOptions,
  fileFilter,
  RUNTIME_SPECIFIER,
  registerCompiler,
} from "./hooks.ts";
export { moduleIdOf } from "./module-id.ts";
export { compileFile, withInlineMap } from "./transform.ts";

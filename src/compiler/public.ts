/** `dispatch-ts/compiler`: for build tools and for looking at what the compiler makes. */

export * from "./describe-file.ts";
export * from "./index.ts";
export { dispatchCompiler, type PluginOptions } from "./plugin.ts";

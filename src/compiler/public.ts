/** `dispatch-ts/compiler`: for build tools and for looking at what the compiler makes. */
export * from "./index.ts";
export { describeFile, dispatchCompiler, type PluginOptions } from "./plugin.ts";

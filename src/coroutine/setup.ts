/**
 * Prepares a thread for durable coroutines: modules that it imports from now on are compiled, and runs of their
 * functions are suspended and resumed. A setup module of pool threads.
 */
import { fileURLToPath } from "node:url";
import { registerCompiler } from "../compiler/index.ts";
import { setRunDriver } from "../sdk/index.ts";
import type { Notice } from "../telemetry/endpoint-events.ts";
import { CoroutineDriver } from "./driver/driver.ts";
import { type LeftBehind, noticesOf } from "./driver/left-behind.ts";
import { runtimeUrl } from "./runtime-url.ts";
import { type Environment, setupOptionsFrom } from "./setup-options.ts";

let isInstalled = false;

/**
 * May be called again: options then replace those of before, but for `packages`.
 *
 * @param notice tells the operator what functions left behind. Default: `process.emitWarning`.
 * @throws ConfigurationError
 */
export function setup(env: Environment, notice?: (notice: Omit<Notice, "type">) => void): void {
  const { packages = [], ...driverOptions } = setupOptionsFrom(env);
  // Processes that functions start have no use for them.
  for (const secret of ["DISPATCH_STATE_KEYS", "DISPATCH_LOCAL_STATE_KEY"]) delete process.env[secret];
  const onLeftBehind = notice && ((left: LeftBehind) => noticesOf(left).forEach(notice));
  setRunDriver(new CoroutineDriver({ ...driverOptions, ...(onLeftBehind && { onLeftBehind }) }));
  if (isInstalled) return;
  isInstalled = true;
  process.setSourceMapsEnabled(true);
  registerCompiler({ runtimeUrl, packages, exclude: ownCode() });
}

/** This package's own modules: the runtime must not run on itself. Examples beside them are compiled. */
function ownCode(): string[] {
  return ["../", "../../workers/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
}

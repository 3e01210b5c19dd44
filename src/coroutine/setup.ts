/**
 * Prepares a thread for durable coroutines: modules that it imports from now on are compiled, and runs of their
 * functions are suspended and resumed. A setup module of pool threads.
 */
import { fileURLToPath } from "node:url";
import { registerCompiler } from "../compiler/index.ts";
import { setRunDriver } from "../sdk/index.ts";
import { CoroutineDriver } from "./driver/driver.ts";
import { runtimeUrl } from "./runtime-url.ts";
import { type Environment, setupOptionsFrom } from "./setup-options.ts";

let isInstalled = false;

/** May be called again: options then replace those of before, but for `packages`. @throws ConfigurationError */
export function setup(env: Environment): void {
  const { packages = [], ...driverOptions } = setupOptionsFrom(env);
  // Processes that functions start have no use for them.
  for (const secret of ["DISPATCH_STATE_KEYS", "DISPATCH_LOCAL_STATE_KEY"]) delete process.env[secret];
  setRunDriver(new CoroutineDriver(driverOptions));
  if (isInstalled) return;
  isInstalled = true;
  process.setSourceMapsEnabled(true);
  registerCompiler({ runtimeUrl, packages, exclude: ownCode() });
}

/** This package's own modules: the runtime must not run on itself. Examples beside them are compiled. */
function ownCode(): string[] {
  return ["../", "../../workers/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
}

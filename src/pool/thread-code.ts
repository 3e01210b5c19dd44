import { fileURLToPath } from "node:url";

/** Where the code of the threads is. */
export interface ThreadCode {
  /** Path of the entry that Piscina loads. */
  readonly worker: string;
  /** URL of the module whose `createRunner` runs requests. */
  readonly runner: string;
  /** URLs of modules whose `setup()` prepares a thread before functions are loaded. */
  readonly setupModules: readonly string[];
  /**
   * How long the setup modules may take to shut down in a thread that is ended in order, milliseconds. 0: they are not
   * told, and it is ended at once.
   */
  readonly shutdownMs: number;
}

// A build rewrites the endings of imports, but not of file names in strings.
const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Compiles what a thread imports, and makes durable functions coroutines. */
export const coroutineSetup: string = new URL(`../coroutine/setup.${ending}`, import.meta.url).href;

/** The threads of this package, running functions made with its SDK; from source as from a build. */
export function threadCode(setupModules: readonly string[] = [coroutineSetup], shutdownMs = 0): ThreadCode {
  return {
    worker: fileURLToPath(new URL(`../../workers/thread.${ending}`, import.meta.url)),
    runner: new URL(`../../workers/sdk-runner.${ending}`, import.meta.url).href,
    setupModules,
    shutdownMs,
  };
}

/**
 * User modules that import `dispatch-ts` get the very package that runs them, whichever copy their own node_modules
 * would have given: functions registered in another copy would be invisible here.
 */
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const PACKAGE = "dispatch-ts";
/** Sources and built code lie the same, only with another ending. */
const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

export function importSelf(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const url = ownModule(specifier);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
}

/** `dispatch-ts` is src/index, `dispatch-ts/testing` is src/testing/index. */
function ownModule(specifier: string): string | undefined {
  if (specifier !== PACKAGE && !specifier.startsWith(`${PACKAGE}/`)) return undefined;
  const path = specifier === PACKAGE ? "" : `${specifier.slice(PACKAGE.length + 1)}/`;
  const url = new URL(`../src/${path}index${ENDING}`, import.meta.url);
  return existsSync(fileURLToPath(url)) ? url.href : undefined;
}

/**
 * Modules of users import `dispatch-ts` by name. Wherever they lie, they must get the very package that runs them:
 * a second copy would have registries of its own, and their functions would be registered where nobody looks.
 */
import { registerHooks } from "node:module";

const NAME = "dispatch-ts";
const fromSource = import.meta.url.endsWith(".ts");

let isInstalled = false;

/** Resolves `dispatch-ts` and its subpaths to this package, in this thread, from now on. May be called again. */
export function resolveOwnPackage(): void {
  if (isInstalled) return;
  isInstalled = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== NAME && !specifier.startsWith(`${NAME}/`)) return nextResolve(specifier, context);
      // As if a module of this package had asked: a package may import itself by name.
      return nextResolve(specifier, {
        ...context,
        parentURL: import.meta.url,
        conditions: fromSource ? [...context.conditions, "dispatch-source"] : context.conditions,
      });
    },
  });
}

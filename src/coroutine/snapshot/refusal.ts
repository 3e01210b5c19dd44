import { IncompatibleStateError } from "../../sdk/index.ts";

/** The state fits other code than this. */
export function incompatible(why: string): never {
  throw new IncompatibleStateError(`the saved state does not fit this code: ${why}`);
}

/** The state was not written like this. */
export function corrupt(why: string): never {
  throw new IncompatibleStateError(`the saved state cannot be read: ${why}`);
}

/**
 * The face of the package: the SDK's, with what the coroutine runtime adds. Beside `index.ts`, since the SDK itself
 * does not know of coroutines.
 */
import { all, allSettled, any, gather, race, sleep } from "./coroutine/index.ts";
import { dispatch as sdk } from "./sdk/index.ts";

export const dispatch = { ...sdk, all, allSettled, any, gather, race, sleep };

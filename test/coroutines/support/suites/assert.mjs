// node:assert, but for what awaits: native code that awaits a coroutine cannot be suspended with it.
import strict from "node:assert/strict";

async function rejects(promise, expected) {
  let error;
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (caught) {
    error = { caught };
  }
  strict.throws(() => {
    if (error) throw error.caught;
  }, expected);
}

const assert = Object.assign((...args) => strict(...args), strict, { rejects });
export const { AssertionError } = strict;
export default assert;

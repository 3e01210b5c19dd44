/** A runner that does nothing: what is left is the pool's own cost. */
import type { CreateRunner } from "../../workers/runner.ts";

export const createRunner: CreateRunner = async () => ({
  functions: [{ name: "trivial", kind: "primitive" }],
  run: (request) => request.slice(),
});

import type { Route } from "./route.ts";

/** Runs of one function that this process may have at a time, whatever endpoint its calls name it by. */
export class SharedLimit {
  readonly max: number;
  readonly routes = new Set<Route>();
  inFlight = 0;

  constructor(max: number) {
    this.max = max;
  }
}

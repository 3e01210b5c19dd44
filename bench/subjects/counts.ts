/** Calls that each of the durable functions makes; apart from them, so that reading it registers nothing. */
export const STEPS = 10;
export const CHILDREN = 100;

/** How durable functions are suspended and resumed. */
import type { OptionSpec } from "../option-spec.ts";

export const coroutineOptions = [
  {
    name: "compilePackages",
    type: "list",
    default: [],
    group: "coroutines",
    doc: "Packages of node_modules whose async functions can be suspended too, such as p-map. They must be ES modules.",
  },
  {
    name: "hotCoroutinesMax",
    type: "integer",
    default: 1_000,
    min: 0,
    max: 1_000_000,
    group: "coroutines",
    doc: "Suspended coroutines each thread keeps in memory in case their next run comes to it. 0 decodes every state, as tests should; very high holds memory for functions that wait long.",
  },
  {
    name: "stateBytesMax",
    type: "integer",
    default: 16 * 1024 * 1024,
    min: 1_024,
    max: 64 * 1024 * 1024,
    group: "coroutines",
    doc: "Bytes of saved state beyond which a function fails with PERMANENT_ERROR, before compression. Must fit into a request together with the results.",
  },
  {
    name: "stateKeys",
    type: "list",
    default: [],
    secret: true,
    group: "coroutines",
    doc: "Keys that encrypt saved states (AES-256-GCM), each as id:base64 of 32 bytes. The first one encrypts, all of them decrypt: put a new key in front, remove the old one once no state under it is left. Default: states are not encrypted.",
  },
  {
    name: "stateKeysOptional",
    type: "boolean",
    default: false,
    group: "coroutines",
    doc: "With stateKeys: states that are not encrypted are still read, for the time after encryption was turned on. Whoever can write states to the scheduler can then write any state.",
  },
] as const satisfies readonly OptionSpec[];

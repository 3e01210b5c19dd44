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
    absent: "a key of this installation, made at the first start, authenticates states",
    secret: true,
    group: "coroutines",
    doc: "Keys that encrypt and authenticate saved states (AES-256-GCM), each as id:base64 of 32 bytes. The first one seals, all of them open: put a new key in front, remove the old one once no state under it is left. `dispatch keys state` makes one. Machines that resume each other's functions need the same keys. Without any, states are authenticated with the key in state.key beside the store; where that file is, states under it open beside stateKeys too.",
  },
] as const satisfies readonly OptionSpec[];

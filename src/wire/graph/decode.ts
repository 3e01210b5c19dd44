/** Bytes into value graphs. */
import { type ClassRegistry, serializableClasses } from "./classes.ts";
import { GraphError } from "./error.ts";
import type { GraphNode } from "./graph-node.ts";
import type { DecodeHooks } from "./hooks.ts";
import type { GraphLimits } from "./limits.ts";
import { GraphMaker } from "./make.ts";
import type { MessageTypes } from "./messages.ts";
import { parseGraph } from "./parse.ts";
import { statesInOrder } from "./states.ts";

export interface DecodeGraphOptions extends GraphLimits {
  /** For the nodes that the hooks of the writer described; without them such nodes are refused. */
  readonly hooks?: DecodeHooks | undefined;
  /** Classes of which instances may be made. Default: those given to `registerSerializable`. */
  readonly classes?: ClassRegistry;
  /** Types of protobuf messages that may be made. Default: none. */
  readonly messages?: MessageTypes | undefined;
}

/**
 * The value that {@link encodeGraph} wrote. The bytes may come from anywhere: nothing but `fromState` of registered
 * classes and the hooks is called, no prototype but those of built-in and registered classes is set, and memory stays
 * in proportion to the bytes.
 *
 * @throws {GraphError} `MALFORMED`, `UNSUPPORTED_VERSION`, `UNKNOWN_CLASS`, `CLASS_FAILED`, `LIMIT_EXCEEDED`. What the
 *   hooks throw comes through.
 */
export function decodeGraph(bytes: Uint8Array, options: DecodeGraphOptions = {}): unknown {
  const graph = parseGraph(bytes, options.classes ?? serializableClasses, options, (name) =>
    symbolByHooks(name, options.hooks),
  );
  return new GraphMaker(graph, options.hooks, options.messages).make(graph.root);
}

/**
 * Looks for a state of a class that refers back to its own instance, which nobody could read back.
 *
 * @param onCycle called with the number of such an instance
 */
export function checkStates(
  bytes: Uint8Array,
  classes: ClassRegistry,
  limits: GraphLimits,
  onCycle: (number: number) => void,
): void {
  // Which symbol a name stands for makes no difference here.
  const graph = parseGraph(bytes, classes, limits, Symbol);
  statesInOrder(graph, (node: GraphNode) => onCycle(graph.nodes.indexOf(node)));
}

function symbolByHooks(name: string, hooks: DecodeHooks | undefined): symbol {
  if (hooks?.symbolOfName) return hooks.symbolOfName(name);
  throw new GraphError("UNKNOWN_CLASS", `nothing here knows the symbol ${name}`);
}

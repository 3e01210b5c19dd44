/** Nodes into objects: each allocated once, then filled, so that cycles close. */
import { allocateBuiltin } from "./allocate.ts";
import { malformed } from "./byte-reader.ts";
import type { RegisteredClass, StateCodec } from "./classes.ts";
import { GraphError } from "./error.ts";
import { closeTo, fillBuiltin } from "./fill.ts";
import { KIND_HOOK, KIND_STATE } from "./format.ts";
import { ALLOCATED, ALLOCATING, FILLED, GraphNode } from "./graph-node.ts";
import type { DecodeHooks, HeadValue } from "./hooks.ts";
import type { MessageTypes } from "./messages.ts";
import type { ParsedGraph } from "./parse.ts";
import { statesInOrder } from "./states.ts";

/** How deep a node of the hooks may need another to be allocated, and that a third. */
const ALLOCATION_DEPTH_MAX = 1000;

export class GraphMaker {
  readonly nodes: readonly GraphNode[];
  readonly slots: readonly unknown[];
  readonly messages: MessageTypes | undefined;
  readonly #hooks: DecodeHooks | undefined;
  #allocationDepth = 0;
  #fromHook: { readonly error: unknown } | undefined;

  constructor(graph: ParsedGraph, hooks: DecodeHooks | undefined, messages: MessageTypes | undefined) {
    this.nodes = graph.nodes;
    this.slots = graph.slots;
    this.messages = messages;
    this.#hooks = hooks;
  }

  /** @throws {GraphError} and whatever the hooks throw */
  make(root: unknown): unknown {
    try {
      this.#makeStates();
      // Children mostly have larger numbers than what holds them: from the end, few allocations need another first.
      for (let number = this.nodes.length - 1; number >= 0; number--) {
        this.allocated(this.nodes[number] as GraphNode);
      }
      for (const node of this.nodes) this.#fill(node);
      for (const node of this.nodes) if (node.level > 0) closeTo(node.level, node.value as object);
      return this.valueOf(root);
    } catch (error) {
      if (error instanceof GraphError || this.#fromHook?.error === error) throw error;
      throw malformed(String(error), error);
    }
  }

  /** What a slot stands for; an object maybe not filled yet. */
  valueOf(slot: unknown): unknown {
    return slot instanceof GraphNode ? (slot.value ?? this.allocated(slot)) : slot;
  }

  allocated(node: GraphNode): object {
    if (node.value !== undefined) return node.value;
    if (node.stage === ALLOCATING) throw malformed("an object that is needed to make itself");
    node.stage = ALLOCATING;
    node.value = node.kind >= KIND_HOOK ? this.#allocateByHook(node) : allocateBuiltin(this, node);
    node.stage = ALLOCATED;
    return node.value;
  }

  #fill(node: GraphNode): void {
    if (node.stage === FILLED) return;
    node.stage = FILLED;
    if (node.kind < KIND_HOOK) {
      fillBuiltin(this, node);
      return;
    }
    const children = this.slots.slice(node.start, node.start + node.count);
    for (let index = 0; index < children.length; index++) children[index] = this.valueOf(children[index]);
    this.#calling(() =>
      this.#hooks?.fill(
        node.value as object,
        node.kind - KIND_HOOK,
        node.head as readonly HeadValue[],
        children,
      ),
    );
  }

  #allocateByHook(node: GraphNode): object {
    const hooks = this.#hooks;
    if (hooks === undefined) {
      throw new GraphError("UNKNOWN_CLASS", `nothing here reads objects of kind ${node.kind - KIND_HOOK}`);
    }
    if (++this.#allocationDepth > ALLOCATION_DEPTH_MAX) {
      throw new GraphError(
        "LIMIT_EXCEEDED",
        `more than ${ALLOCATION_DEPTH_MAX} objects that need each other`,
      );
    }
    const child = (index: number) => {
      if (!(index >= 0 && index < node.count)) return undefined;
      return this.valueOf(this.slots[node.start + index]);
    };
    const kind = node.kind - KIND_HOOK;
    const value = this.#calling(() =>
      hooks.allocate(kind, node.head as readonly HeadValue[], child, node.count),
    );
    this.#allocationDepth--;
    return value;
  }

  /** Marks what a hook throws, to let it through. */
  #calling<T>(hook: () => T): T {
    try {
      return hook();
    } catch (error) {
      this.#fromHook ??= { error };
      throw error;
    }
  }

  /** `fromState` needs its state whole, so what states refer to comes first. */
  #makeStates(): void {
    if (!this.nodes.some((node) => node.kind === KIND_STATE)) return;
    const order = statesInOrder(this, () => {
      throw malformed("a state that refers to its own instance");
    });
    for (const node of order) {
      this.#fillFrom(this.slots[node.start]);
      node.value = instanceOf(node, this.valueOf(this.slots[node.start]));
      node.stage = FILLED;
    }
  }

  #fillFrom(slot: unknown): void {
    const pending = [slot];
    while (pending.length > 0) {
      const node = pending.pop();
      if (!(node instanceof GraphNode) || node.stage === FILLED) continue;
      this.allocated(node);
      this.#fill(node);
      for (let index = 0; index < node.count; index++) pending.push(this.slots[node.start + index]);
      const end = node.propertiesStart + node.propertyCount * 2;
      for (let index = node.propertiesStart + 1; index < end; index += 2) pending.push(this.slots[index]);
    }
  }
}

function instanceOf(node: GraphNode, state: unknown): object {
  const { name, codec } = node.ofClass as RegisteredClass;
  let instance: unknown;
  try {
    instance = (codec as StateCodec).fromState(state);
  } catch (cause) {
    throw new GraphError("CLASS_FAILED", `fromState of ${name} threw: ${String(cause)}`, { cause });
  }
  if ((typeof instance !== "object" && typeof instance !== "function") || instance === null) {
    throw new GraphError("CLASS_FAILED", `fromState of ${name} gave no object`);
  }
  return instance;
}

/** In which order instances of classes with `fromState` can be made. */
import { KIND_STATE } from "./format.ts";
import { GraphNode } from "./graph-node.ts";
import type { ParsedGraph } from "./parse.ts";

interface Visit {
  readonly node: GraphNode;
  readonly number: number;
  /** The smallest visit that can be reached from here and is still open. */
  low: number;
  /** How many of its slots were followed. */
  followed: number;
  open: boolean;
  refersToItself: boolean;
}

/**
 * The nodes with a state of their own, each after those that its state refers to. Tarjan's algorithm, without
 * recursion: a strongly connected component that holds such a node and anything else is a cycle nobody can make.
 *
 * @param onCycle called with a node whose state refers back to it
 */
export function statesInOrder(
  { nodes, slots }: Pick<ParsedGraph, "nodes" | "slots">,
  onCycle: (node: GraphNode) => void,
): GraphNode[] {
  const visits = new Map<GraphNode, Visit>();
  const order: GraphNode[] = [];
  const component: Visit[] = [];
  const path: Visit[] = [];

  const enter = (node: GraphNode) => {
    const visit = {
      node,
      number: visits.size,
      low: visits.size,
      followed: 0,
      open: true,
      refersToItself: false,
    };
    visits.set(node, visit);
    component.push(visit);
    path.push(visit);
  };

  const leave = (visit: Visit) => {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
    if (visit.low !== visit.number) return;
    close(visit);
  };

  /** The component that was entered with this visit is complete. */
  const close = (first: Visit) => {
    const isCycle = component.at(-1) !== first || first.refersToItself;
    for (let member = component.pop(); member !== undefined; member = component.pop()) {
      member.open = false;
      if (member.node.kind === KIND_STATE) {
        if (isCycle) onCycle(member.node);
        order.push(member.node);
      }
      if (member === first) return;
    }
  };

  for (const node of nodes) {
    if (node.kind !== KIND_STATE || visits.has(node)) continue;
    enter(node);
    while (path.length > 0) {
      const visit = path.at(-1) as Visit;
      const slot = slotOf(visit.node, visit.followed++);
      if (slot < 0) leave(visit);
      else if (slots[slot] instanceof GraphNode) {
        const seen = visits.get(slots[slot]);
        if (seen === undefined) enter(slots[slot]);
        else if (seen.open) visit.low = Math.min(visit.low, seen.number);
        if (seen === visit) visit.refersToItself = true;
      }
    }
  }
  return order;
}

/** The index of the n-th slot that holds a value of the node, or -1 behind the last. */
function slotOf(node: GraphNode, n: number): number {
  if (n < node.count) return node.start + n;
  const property = n - node.count;
  return property < node.propertyCount ? node.propertiesStart + property * 2 + 1 : -1;
}

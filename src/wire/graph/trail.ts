/** How a node was reached. Found only when it is refused, so that writing does not pay for it. */
import type { NodeDescription, TrailStep } from "./hooks.ts";

export interface Reached {
  readonly nodes: readonly object[];
  readonly parents: readonly number[];
  readonly current: number;
  readonly descriptions: ReadonlyMap<number, NodeDescription>;
}

/** The steps from the root to the current node. */
export function trailTo(reached: Reached): TrailStep[] {
  const steps: TrailStep[] = [];
  for (let number = reached.current; number > 0; ) {
    const parent = reached.parents[number] as number;
    if (parent < 0) break;
    const holder = reached.nodes[parent] as object;
    steps.push({ holder, label: labelOf(reached, parent, reached.nodes[number] as object) });
    number = parent;
  }
  return steps.reverse();
}

function labelOf(reached: Reached, parent: number, child: object): string {
  const description = reached.descriptions.get(parent);
  if (description !== undefined) {
    const index = description.children.indexOf(child);
    return description.labels?.[index] ?? `[${index}]`;
  }
  const holder = reached.nodes[parent] as object;
  return labelInCollection(holder, child) ?? labelOfProperty(holder, child) ?? "";
}

function labelInCollection(holder: object, child: object): string | undefined {
  if (holder instanceof Map) {
    let index = 0;
    for (const [key, value] of holder) {
      if (value === child)
        return `.get(${typeof key === "string" ? JSON.stringify(key) : printed(key, index)})`;
      if (key === child) return `.keys[${index}]`;
      index++;
    }
  }
  if (holder instanceof Set) {
    const index = [...holder].indexOf(child);
    if (index >= 0) return `.values[${index}]`;
  }
  return undefined;
}

function printed(key: unknown, index: number): string {
  return typeof key === "object" || typeof key === "function" ? `key ${index}` : String(key);
}

function labelOfProperty(holder: object, child: object): string | undefined {
  for (const key of Reflect.ownKeys(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property?.value === child) return propertyLabel(key);
    if (property?.get === child) return `${propertyLabel(key)} (getter)`;
    if (property?.set === child) return `${propertyLabel(key)} (setter)`;
  }
  return undefined;
}

export function propertyLabel(key: string | symbol): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  if (/^(0|[1-9]\d*)$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * The dead zone of let, const, class and parameters: which references may meet a variable before it has its value.
 * Compiled code keeps variables in frames and boxes, where JavaScript would not notice by itself.
 */
import type { Identifier, Pattern } from "acorn";
import type { Node } from "./ast.ts";
import type { FunctionInfo, Variable } from "./scope.ts";

/** From where on a variable of a pattern has its value, and the stretches after that where it still has none. */
export interface Binding {
  readonly id: Identifier;
  readonly boundAt: number;
  readonly deadIn: readonly Node[];
}

/** The variables of a pattern. Defaults around a part, and the initialiser, run before the part is bound. */
export function bindingsOf(pattern: Pattern, init: Node | null | undefined): Binding[] {
  return collect(pattern, init ? [init] : [], 0, []);
}

function collect(pattern: Pattern, deadIn: readonly Node[], boundAt: number, into: Binding[]): Binding[] {
  switch (pattern.type) {
    case "Identifier":
      into.push({ id: pattern, boundAt: Math.max(boundAt, pattern.end), deadIn });
      break;
    case "ObjectPattern":
      for (const part of pattern.properties) {
        const inner = part.type === "RestElement" ? part.argument : part.value;
        collect(inner, deadIn, part.type === "Property" ? part.key.end : 0, into);
      }
      break;
    case "ArrayPattern":
      for (const part of pattern.elements) if (part) collect(part, deadIn, 0, into);
      break;
    case "AssignmentPattern":
      collect(pattern.left, [...deadIn, pattern.right], 0, into);
      break;
    case "RestElement":
      collect(pattern.argument, deadIn, 0, into);
      break;
  }
  return into;
}

/** A place where a variable is read or assigned. */
export interface Use {
  readonly id: Identifier;
  readonly variable: Variable;
  /** Function directly inside the variable's own through which it is captured; null in the function itself. */
  readonly captor: FunctionInfo | null;
}

/** live: it has its value. dead: it never has. maybe: that must be looked at when the code runs. */
export type Zone = "live" | "dead" | "maybe";

export function zoneOf({ id, variable, captor }: Use): Zone {
  if (variable.neverBound) return "dead";
  if (variable.boundAt === 0) return "live";
  if (!captor) {
    if (isBefore(variable, id.start)) return "dead";
    return isSkippable(variable, id.start) ? "maybe" : "live";
  }
  // A closure may run as soon as it exists: a declared one from the start of its block.
  if (captor.hoisted && captor.scope.parent === variable.scope) {
    return variable.kind === "param" ? "live" : "maybe";
  }
  const position = captor.hoisted ? captor.scope.parent!.start : captor.node.start;
  // `const f = () => f()`: nothing runs between the making of the closure and the binding.
  if (variable.init === captor.node) return "live";
  return isBefore(variable, position) || isSkippable(variable, position) ? "maybe" : "live";
}

const contains = (node: Node, position: number): boolean => position >= node.start && position < node.end;

function isBefore({ boundAt, deadIn }: Variable, position: number): boolean {
  return position < boundAt || deadIn.some((node) => contains(node, position));
}

/** A case label may have jumped over the declaration, for all but the code of the same case. */
const isSkippable = ({ switchCase }: Variable, position: number): boolean =>
  switchCase !== null && !contains(switchCase, position);

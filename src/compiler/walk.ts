/** Walking over ESTree nodes without knowing their types. */
import type { Identifier, Pattern, VariableDeclaration } from "acorn";
import type { FunctionNode, Node } from "./ast.ts";

/** Fields that hold no child nodes, and positions. */
const NOT_CHILDREN = new Set(["type", "start", "end", "loc", "range", "raw", "value_", "regex", "bigint"]);

/** The direct children of a node, in source order of their fields. */
export function* children(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (NOT_CHILDREN.has(key)) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item;
    } else if (isNode(value)) {
      yield value;
    }
  }
}

/** A copy of `node` whose direct children are replaced by what `replace` gives for them. */
export function mapChildren<T extends Node>(node: T, replace: (child: Node) => Node): T {
  const copy: Record<string, unknown> = { ...node };
  for (const [key, value] of Object.entries(node)) {
    if (NOT_CHILDREN.has(key)) continue;
    if (Array.isArray(value)) copy[key] = value.map((item) => (isNode(item) ? replace(item) : item));
    else if (isNode(value)) copy[key] = replace(value);
  }
  return copy as unknown as T;
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"
  );
}

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

export const isUsing = (node: Node): node is VariableDeclaration =>
  node.type === "VariableDeclaration" && (node.kind === "using" || node.kind === "await using");

export const isClass = (node: Node): boolean =>
  node.type === "ClassDeclaration" || node.type === "ClassExpression";

/** The identifiers a pattern binds or assigns, in order. Targets such as `a.b` bind nothing. */
export function patternIdentifiers(pattern: Pattern | null, into: Identifier[] = []): Identifier[] {
  switch (pattern?.type) {
    case "Identifier":
      into.push(pattern);
      break;
    case "ObjectPattern":
      for (const part of pattern.properties) {
        patternIdentifiers(part.type === "RestElement" ? part.argument : part.value, into);
      }
      break;
    case "ArrayPattern":
      for (const part of pattern.elements) patternIdentifiers(part, into);
      break;
    case "AssignmentPattern":
      patternIdentifiers(pattern.left, into);
      break;
    case "RestElement":
      patternIdentifiers(pattern.argument, into);
      break;
  }
  return into;
}

/** Whether `found` holds for a node of the tree, nested functions and classes left out. */
export function containsOutsideFunctions(node: Node, found: (node: Node) => boolean): boolean {
  if (found(node)) return true;
  for (const child of children(node)) {
    if (!isFunction(child) && !isClass(child) && containsOutsideFunctions(child, found)) return true;
  }
  return false;
}

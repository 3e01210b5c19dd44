/**
 * Rewrites expressions that hold no suspension point: variables to their storage, closures to their factories,
 * `this`, `arguments` and `super` where the code moved, and the methods of Promise.
 */
import type {
  AssignmentExpression,
  CallExpression,
  Expression,
  FunctionExpression,
  Identifier,
  MemberExpression,
  ObjectExpression,
  Pattern,
  Property,
  SpreadElement,
  TaggedTemplateExpression,
  UpdateExpression,
} from "acorn";
import { propertyName } from "../analyze.ts";
import {
  at,
  call,
  identifier,
  literal,
  member,
  type Node,
  runtimeCall,
  runtimeMember,
  sequence,
  thisExpression,
  voidZero,
} from "../ast.ts";
import { type CodeContext, variableReference } from "../context.ts";
import { thisOwner } from "../plan.ts";
import { mapChildren } from "../walk.ts";
import { accessorObject } from "./accessors.ts";
import { superHome } from "./classes.ts";
import { closure, functionInPlace, moduleClass } from "./closures.ts";
import { rewritePattern } from "./patterns.ts";

export function rewrite(node: Expression, cx: CodeContext): Expression {
  switch (node.type) {
    case "Identifier":
      return rewriteIdentifier(node, cx);
    case "Literal":
    case "MetaProperty":
      return node;
    case "ThisExpression":
      return at(thisValue(cx), node);
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return closure(node, cx);
    case "ClassExpression":
      return cx.fn.isModule && !cx.module.functionOf(node).inLoop ? moduleClass(node, cx) : closure(node, cx);
    case "AwaitExpression":
    case "YieldExpression":
      if (cx.fn.isModule) return rewriteChildren(node, cx);
      return cx.module.fail(
        "AWAIT_IN_CLASS",
        "await or yield in the head of a class; compute the value before the class",
        node,
      );
    case "ObjectExpression":
      return rewriteObject(node, cx);
    case "AssignmentExpression":
      return rewriteAssignment(node, cx);
    case "UpdateExpression":
      return rewriteUpdate(node, cx);
    case "MemberExpression":
      return rewriteMember(node, cx);
    case "NewExpression":
      if (isGlobalPromise(node.callee, cx) && node.arguments.length === 1) {
        return at(call(runtimeMember("newPromise"), rewriteArguments(node.arguments, cx)), node);
      }
      return rewriteChildren(node, cx);
    case "CallExpression":
      return rewriteCall(node, cx);
    case "TaggedTemplateExpression": {
      const tag = rewrite(node.tag, cx);
      return { ...rewriteChildren(node, cx), tag: unbound(node.tag, tag) } as TaggedTemplateExpression;
    }
    default:
      return rewriteChildren(node, cx);
  }
}

/** Rewrites the children of a node whose own kind needs no change. */
export function rewriteChildren<T extends Node>(node: T, cx: CodeContext): T {
  return mapChildren(node, (child) => {
    switch (child.type) {
      case "PrivateIdentifier":
      case "Super":
      case "TemplateElement":
        return child;
      case "SpreadElement":
      case "TemplateLiteral":
        return rewriteChildren(child, cx);
      default:
        return rewrite(child as Expression, cx);
    }
  });
}

export function rewriteArguments(
  args: readonly (Expression | SpreadElement)[],
  cx: CodeContext,
): (Expression | SpreadElement)[] {
  return args.map((arg) => (arg.type === "SpreadElement" ? rewriteChildren(arg, cx) : rewrite(arg, cx)));
}

function rewriteIdentifier(node: Identifier, cx: CodeContext): Expression {
  if (cx.module.analysis.argumentsOf.has(node)) return at(argumentsValue(cx), node);
  const variable = cx.module.variable(node);
  if (!variable) return node;
  if (isDeadZone(node, cx)) return at(runtimeCall("deadZone", [literal(node.name)]), node);
  return at(variableReference(variable), node);
}

/** A variable read before its declaration in the same function: always a ReferenceError. */
function isDeadZone(node: Identifier, cx: CodeContext): boolean {
  const variable = cx.module.variable(node);
  if (!variable || variable.fn !== cx.fn || cx.fn.isModule || variable.inSwitch) return false;
  return (variable.kind === "let" || variable.kind === "const") && node.start < variable.initialisedAt;
}

export function thisValue(cx: CodeContext): Expression {
  if (cx.machine) return identifier("$$this");
  if (cx.fn.arrow && !thisOwner(cx.fn)) return voidZero();
  return cx.thisName === null ? thisExpression() : identifier(cx.thisName);
}

export function argumentsValue(cx: CodeContext): Expression {
  return identifier(cx.machine || cx.fn.arrow ? "$$args" : "arguments");
}

/** A variable that became a property of a box must not become the `this` of its call. */
export function unbound(original: Node, rewritten: Expression): Expression {
  return original.type === "Identifier" && rewritten.type === "MemberExpression"
    ? sequence([literal(0), rewritten])
    : rewritten;
}

const PROMISE_METHODS = new Set([
  "all",
  "allSettled",
  "any",
  "race",
  "resolve",
  "reject",
  "withResolvers",
  "try",
]);

export function isGlobalPromise(node: Node, cx: CodeContext): boolean {
  return (
    node.type === "Identifier" && node.name === "Promise" && !cx.module.variable(node) && !cx.fn.isModule
  );
}

function rewriteMember(node: MemberExpression, cx: CodeContext): Expression {
  if (node.object.type === "Super") return rewriteSuperMember(node, cx);
  if (
    isGlobalPromise(node.object, cx) &&
    !node.computed &&
    node.property.type === "Identifier" &&
    PROMISE_METHODS.has(node.property.name)
  ) {
    return at(member(runtimeMember("promises"), node.property.name), node);
  }
  return {
    ...node,
    object: rewrite(node.object, cx),
    property:
      node.computed && node.property.type !== "PrivateIdentifier"
        ? rewrite(node.property, cx)
        : node.property,
  };
}

/** `super` works by itself in methods; code that moved out of one looks the property up in the home object. */
export const movesSuper = (cx: CodeContext): boolean => cx.machine !== null || cx.fn.arrow;

function rewriteSuperMember(node: MemberExpression, cx: CodeContext): Expression {
  const { property } = node;
  if (property.type === "PrivateIdentifier") throw new Error("super.#name is not JavaScript");
  const key = node.computed ? rewrite(property, cx) : literal((property as Identifier).name);
  if (!movesSuper(cx)) return node.computed ? { ...node, property: key } : node;
  return at(runtimeCall("superGet", [superHome(node, cx), key, thisValue(cx)]), node);
}

function rewriteCall(node: CallExpression, cx: CodeContext): Expression {
  const { callee } = node;
  const args = rewriteArguments(node.arguments, cx);
  if (callee.type === "Super") return { ...node, arguments: args };
  if (callee.type === "MemberExpression" && callee.object.type === "Super" && movesSuper(cx)) {
    return at(call(member(rewrite(callee, cx), "call"), [thisValue(cx), ...args]), node);
  }
  const iterator = heldIterator(node, cx);
  if (iterator) return iterator;
  if (isBind(node)) {
    const target = rewrite((callee as MemberExpression).object as Expression, cx);
    return at(call(runtimeMember("bindCall"), [target, ...args]), node);
  }
  if (callee.type === "Identifier" && callee.name === "eval" && !cx.module.variable(callee)) {
    cx.module.fail(
      "DIRECT_EVAL",
      "eval can see local variables; write (0, eval)(code) for a global one",
      node,
    );
  }
  return { ...node, callee: unbound(callee, rewrite(callee, cx)), arguments: args };
}

/**
 * `x.values()`, `x.entries()`, `x.keys()` and `x[Symbol.iterator]()` whose result is kept give an iterator that can be
 * saved. Where the result is used up at once, by a spread or a call, the native one is faster.
 */
function heldIterator(node: CallExpression, cx: CodeContext): Expression | null {
  const { callee } = node;
  if (!cx.module.analysis.held.has(node) || cx.fn.isModule || node.arguments.length > 0 || node.optional)
    return null;
  if (callee.type !== "MemberExpression" || callee.object.type === "Super" || callee.optional) return null;
  const name = iteratorMethod(callee, cx);
  return name === null
    ? null
    : at(runtimeCall("heldIterator", [rewrite(callee.object, cx), literal(name)]), node);
}

function iteratorMethod({ computed, property }: MemberExpression, cx: CodeContext): string | null {
  if (!computed) {
    return property.type === "Identifier" && ["values", "keys", "entries"].includes(property.name)
      ? property.name
      : null;
  }
  const isSymbolIterator =
    property.type === "MemberExpression" &&
    property.object.type === "Identifier" &&
    property.object.name === "Symbol" &&
    !cx.module.variable(property.object) &&
    property.property.type === "Identifier" &&
    property.property.name === "iterator";
  return isSymbolIterator ? "Symbol.iterator" : null;
}

/** `f.bind(...)`: a native bound function would hide what it was made of. */
function isBind({ callee, optional }: CallExpression): boolean {
  return (
    callee.type === "MemberExpression" &&
    callee.object.type !== "Super" &&
    !callee.computed &&
    !callee.optional &&
    !optional &&
    callee.property.type === "Identifier" &&
    callee.property.name === "bind"
  );
}

export function rewriteObject(node: ObjectExpression, cx: CodeContext): Expression {
  const accessors = node.properties.filter((one) => one.type === "Property" && one.kind !== "init");
  // As closures they can be saved; where they cannot become closures, only those that capture have to.
  const isWanted = cx.machine !== null && accessors.length > 0 && hasPlainKeys(node);
  if (isWanted || accessors.some((one) => needsFactory(one as Property, cx))) return accessorObject(node, cx);
  return { ...node, properties: node.properties.map((one) => rewriteProperty(one, cx)) };
}

/** Neither spreads nor computed keys, and no name twice but for a getter and its setter. */
function hasPlainKeys({ properties }: ObjectExpression): boolean {
  const kinds = new Map<string, Property["kind"] | "both">();
  return properties.every((one) => {
    const name = one.type === "Property" && !one.computed ? propertyName(one.key) : null;
    if (name === null) return false;
    const { kind } = one as Property;
    const before = kinds.get(name);
    kinds.set(name, before === undefined ? kind : "both");
    return (
      before === undefined || (before !== "both" && before !== "init" && kind !== "init" && before !== kind)
    );
  });
}

/** An accessor that captures variables whose place changes when the function is resumed. */
function needsFactory(accessor: Property, cx: CodeContext): boolean {
  const fn = cx.module.functionOf(accessor.value);
  return (cx.machine !== null || cx.fn.arrow) && fn.captures.length > 0;
}

export function rewriteProperty(node: Property | SpreadElement, cx: CodeContext): Property | SpreadElement {
  if (node.type === "SpreadElement") return rewriteChildren(node, cx);
  const key = node.computed ? rewrite(node.key, cx) : node.key;
  if (node.kind !== "init") {
    return { ...node, key, value: functionInPlace(node.value as FunctionExpression, cx) };
  }
  return { ...node, key, value: rewrite(node.value, cx), method: false, shorthand: false };
}

/** What assigning to a constant does: evaluate the right side, then throw. */
export function constantError(id: Identifier): Expression {
  return at(runtimeCall("constantError", [literal(id.name)]), id);
}

function rewriteAssignment(node: AssignmentExpression, cx: CodeContext): Expression {
  const right = rewrite(node.right, cx);
  if (node.left.type === "Identifier") {
    if (cx.module.variable(node.left)?.isConstant) return sequence([right, constantError(node.left)]);
    return { ...node, left: rewriteTarget(node.left, cx), right };
  }
  return { ...node, left: rewriteTarget(node.left, cx), right };
}

/** The target of an assignment: a variable, a property, or a pattern of them. */
export function rewriteTarget(target: Pattern, cx: CodeContext): Pattern {
  if (target.type === "Identifier") {
    const variable = cx.module.variable(target);
    return variable ? (at(variableReference(variable), target) as Pattern) : target;
  }
  return target.type === "MemberExpression" ? (rewrite(target, cx) as Pattern) : rewritePattern(target, cx);
}

function rewriteUpdate(node: UpdateExpression, cx: CodeContext): Expression {
  if (node.argument.type === "Identifier" && cx.module.variable(node.argument)?.isConstant) {
    return constantError(node.argument);
  }
  return { ...node, argument: rewriteTarget(node.argument as Pattern, cx) as Expression };
}

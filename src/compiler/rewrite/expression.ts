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
  LogicalOperator,
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
  assign,
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
import { closure, functionInPlace, moduleClass } from "./closures.ts";
import { rewritePattern } from "./patterns.ts";
import { boundTo, isSuperMember, movesSuper, rewriteSuperMember, superKey, superTarget } from "./super.ts";

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
    case "BinaryExpression": {
      const made = rewriteChildren(node, cx);
      // The printer leaves out the parentheses of `(-a) ** b`, which has none of its own.
      const needsGroup = made.operator === "**" && made.left.type === "UnaryExpression";
      return needsGroup ? { ...made, left: sequence([made.left as Expression]) } : made;
    }
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
      if (isSuperMember(node.tag) && movesSuper(cx)) {
        return { ...rewriteChildren(node, cx), tag: boundTo(rewrite(node.tag, cx), cx) };
      }
      const tag = rewrite(node.tag, cx);
      const isMethod = node.tag.type === "MemberExpression";
      return { ...rewriteChildren(node, cx), tag: isMethod ? tag : unbound(tag) } as TaggedTemplateExpression;
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
  if (isDead(node, cx)) return at(deadZone(node), node);
  const value = at(variableReference(variable), node);
  return isGuarded(node, cx) ? at(runtimeCall("live", [value, literal(node.name)]), node) : value;
}

/** A variable that never has a value where it is read: always a ReferenceError. */
export const isDead = (node: Identifier, cx: CodeContext): boolean => cx.module.analysis.dead.has(node);

/** A variable that may have no value yet. */
export const isGuarded = (node: Identifier, cx: CodeContext): boolean => cx.module.analysis.guarded.has(node);

const isConstantTarget = (node: Identifier, cx: CodeContext): boolean =>
  cx.module.analysis.constantTargets.has(node);

export const deadZone = (id: Identifier): Expression => runtimeCall("deadZone", [literal(id.name)]);

export function thisValue(cx: CodeContext): Expression {
  if (cx.machine) return identifier("$$this");
  if (cx.fn.arrow && !thisOwner(cx.fn)) return voidZero();
  return cx.thisName === null ? thisExpression() : identifier(cx.thisName);
}

export function argumentsValue(cx: CodeContext): Expression {
  return identifier(cx.machine || cx.fn.arrow ? "$$args" : "arguments");
}

/** What a callee that was no member expression became: a property of a box must not be the `this` of its call. */
export const unbound = (rewritten: Expression): Expression =>
  rewritten.type === "MemberExpression" ? sequence([literal(0), rewritten]) : rewritten;

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

function rewriteCall(node: CallExpression, cx: CodeContext): Expression {
  const { callee } = node;
  const args = rewriteArguments(node.arguments, cx);
  if (callee.type === "Super") return { ...node, arguments: args };
  if (isSuperMember(callee) && movesSuper(cx)) {
    const method = { ...member(rewrite(callee, cx), "call"), optional: node.optional };
    return at(call(method, [thisValue(cx), ...args]), node);
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
  const target = rewrite(callee, cx);
  return { ...node, callee: callee.type === "MemberExpression" ? target : unbound(target), arguments: args };
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
  const { left } = node;
  if (left.type === "Identifier") {
    if (node.operator === "=") return assignVariable(left, right, cx, node);
    if (isConstantTarget(left, cx)) return changeConstant(node, left, right, cx);
    if (isDead(left, cx) || isGuarded(left, cx)) {
      return sequence([rewrite(left, cx), { ...node, left: plainTarget(left, cx), right }]);
    }
  }
  return { ...node, left: rewriteTarget(left, cx), right };
}

/** `name = value`: the value is there before it turns out that the variable cannot be assigned. */
export function assignVariable(id: Identifier, value: Expression, cx: CodeContext, source: Node): Expression {
  if (isDead(id, cx)) return sequence([value, at(deadZone(id), id)]);
  const guarded = isGuarded(id, cx)
    ? runtimeCall("assignable", [value, variableReference(cx.module.variable(id)!), literal(id.name)])
    : value;
  if (isConstantTarget(id, cx)) return sequence([guarded, constantError(id)]);
  return at(assign(plainTarget(id, cx), guarded), source);
}

/** `constant += value`, or `constant ??= value`, which may leave it as it is. */
function changeConstant(
  node: AssignmentExpression,
  id: Identifier,
  right: Expression,
  cx: CodeContext,
): Expression {
  const failing = sequence([right, constantError(id)]);
  if (!/^(&&|\|\||\?\?)=$/.test(node.operator)) return sequence([rewrite(id, cx), failing]);
  const operator = node.operator.slice(0, -1) as LogicalOperator;
  return { ...node, type: "LogicalExpression", operator, left: rewrite(id, cx), right: failing };
}

function plainTarget(id: Identifier, cx: CodeContext): Pattern {
  const variable = cx.module.variable(id);
  if (isConstantTarget(id, cx)) return constantTarget(id);
  return variable ? (at(variableReference(variable), id) as Pattern) : id;
}

/** Assigning to it throws. */
const constantTarget = (id: Identifier): Pattern =>
  at(member(runtimeMember("constants"), literal(id.name), true), id);

/** The target of an assignment: a variable, a property, or a pattern of them. */
export function rewriteTarget(target: Pattern, cx: CodeContext): Pattern {
  if (target.type === "Identifier") {
    if (isDead(target, cx)) return member(deadZone(target), "value") as Pattern;
    const plain = plainTarget(target, cx);
    if (!isGuarded(target, cx) || plain.type !== "MemberExpression") return plain;
    const box = sequence([rewrite(target, cx), plain.object as Expression]);
    return { ...plain, object: box };
  }
  if (target.type !== "MemberExpression") return rewritePattern(target, cx);
  if (isSuperMember(target) && movesSuper(cx)) return superTarget(target, superKey(target, cx), cx);
  return rewrite(target, cx) as Pattern;
}

function rewriteUpdate(node: UpdateExpression, cx: CodeContext): Expression {
  const { argument } = node;
  if (argument.type !== "Identifier") {
    return { ...node, argument: rewriteTarget(argument as Pattern, cx) as Expression };
  }
  if (isDead(argument, cx)) return deadZone(argument);
  const update = isConstantTarget(argument, cx)
    ? constantError(argument)
    : { ...node, argument: plainTarget(argument, cx) as Expression };
  return isGuarded(argument, cx) ? sequence([rewrite(argument, cx), update]) : update;
}

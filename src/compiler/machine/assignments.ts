/** Assignments and destructuring with a suspension point inside. */
import type {
  ArrayPattern,
  AssignmentExpression,
  BinaryOperator,
  Expression,
  MemberExpression,
  ObjectPattern,
  Pattern,
} from "acorn";
import {
  array,
  assign,
  at,
  binary,
  call,
  copyOf,
  identifier,
  literal,
  member,
  runtimeCall,
  statement,
  voidZero,
} from "../ast.ts";
import { assignVariable, rewrite, rewriteTarget } from "../rewrite/expression.ts";
import { superKey, superTarget } from "../rewrite/super.ts";
import { flatten, shortCircuits } from "./expressions.ts";
import { Label } from "./instructions.ts";
import type { Machine } from "./machine.ts";

export function flattenAssignment(machine: Machine, node: AssignmentExpression): Expression {
  const { left } = node;
  if (left.type === "Identifier") {
    if (node.operator === "=") return assignVariable(left, flatten(machine, node.right), machine.cx, node);
    const read = () => rewrite(left, machine.cx);
    return assignTo(machine, node, read, () => rewriteTarget(left, machine.cx));
  }
  if (left.type === "MemberExpression") {
    const target = memberTarget(machine, left, machine.module.suspends(node.right));
    if (node.operator !== "=" && !machine.module.suspends(node.right)) {
      return { ...node, left: target(), right: rewrite(node.right, machine.cx) };
    }
    return assignTo(machine, node, target, target);
  }
  if (!machine.module.suspends(left)) {
    const value = flatten(machine, node.right);
    return at(assign(rewriteTarget(left, machine.cx), value), node);
  }
  const value = machine.keep(flatten(machine, node.right));
  flattenPattern(machine, left, value);
  return value;
}

/** Assigns the right side, which may suspend, to a target that `read` and `write` make anew each time. */
function assignTo(
  machine: Machine,
  node: AssignmentExpression,
  read: () => Expression,
  write: () => Pattern,
): Expression {
  const { operator } = node;
  if (operator === "=") return at(assign(write(), flatten(machine, node.right)), node);
  const before = machine.temporary();
  machine.set(before, read());
  if (operator === "&&=" || operator === "||=" || operator === "??=") {
    const end = new Label();
    machine.branch(shortCircuits(operator, before), end);
    machine.set(before, flatten(machine, node.right));
    machine.statement(statement(assign(write(), identifier(before))));
    machine.mark(end);
    return identifier(before);
  }
  const right = flatten(machine, node.right);
  const combined = binary(operator.slice(0, -1) as BinaryOperator, identifier(before), right);
  return at(assign(write(), combined), node);
}

/** The object and key of a property to assign, evaluated once. */
function memberTarget(machine: Machine, left: MemberExpression, keeps: boolean): () => MemberExpression {
  const { module } = machine;
  if (left.object.type === "Super") return superMemberTarget(machine, left, keeps);
  const isComputed = left.computed && left.property.type !== "PrivateIdentifier";
  let inner = flatten(machine, left.object);
  if (keeps || (isComputed && module.suspends(left.property))) {
    inner = machine.keep(inner, module.suspends(left.object) ? null : left.object);
  }
  let key = left.property;
  if (isComputed) {
    key = flatten(machine, left.property as Expression);
    if (keeps) key = machine.keep(key, module.suspends(left.property) ? null : left.property);
  }
  return () => at({ ...left, object: copyOf(inner), property: key }, left);
}

export function superMemberTarget(
  machine: Machine,
  left: MemberExpression,
  keeps: boolean,
): () => MemberExpression {
  const { property, computed } = left;
  let key = computed ? flatten(machine, property as Expression) : superKey(left, machine.cx);
  if (keeps && computed) key = machine.keep(key, machine.module.suspends(property) ? null : property);
  return () => superTarget(left, copyOf(key), machine.cx);
}

/** Destructuring whose keys, defaults or targets suspend. `value` may be read several times. */
export function flattenPattern(machine: Machine, pattern: Pattern, value: Expression): void {
  const { module, cx } = machine;
  if (pattern.type === "AssignmentPattern") {
    const chosen = machine.temporary();
    const end = new Label();
    machine.set(chosen, value);
    machine.branch(binary("!==", identifier(chosen), voidZero()), end);
    machine.set(chosen, flatten(machine, pattern.right));
    machine.mark(end);
    flattenPattern(machine, pattern.left, identifier(chosen));
    return;
  }
  if (!module.suspends(pattern)) {
    machine.statement(statement(assign(rewriteTarget(pattern, cx), value)));
    return;
  }
  switch (pattern.type) {
    case "MemberExpression": {
      const target = memberTarget(machine, pattern, false);
      machine.statement(statement(assign(target(), value)));
      return;
    }
    case "ObjectPattern":
      flattenObjectPattern(machine, pattern, value);
      return;
    case "ArrayPattern":
      flattenArrayPattern(machine, pattern, value);
  }
}

/** Takes one item after the other, as JavaScript does: defaults and targets run in between. */
function flattenArrayPattern(machine: Machine, pattern: ArrayPattern, value: Expression): void {
  const iterator = machine.named("it");
  machine.set(iterator, runtimeCall("iterate", [value]));
  machine.closingOnFailure(iterator, () => {
    machine.control.push({ type: "iterator", name: iterator });
    for (const part of pattern.elements) {
      if (part?.type === "RestElement") {
        bindPart(machine, part.argument, runtimeCall("restItems", [identifier(iterator)]));
      } else {
        const item = runtimeCall("nextItem", [identifier(iterator)]);
        if (part) bindPart(machine, part, item);
        else machine.effect(item);
      }
    }
    machine.control.pop();
  });
  machine.effect(call(member(identifier(iterator), "$$close"), []));
}

function flattenObjectPattern(machine: Machine, pattern: ObjectPattern, value: Expression): void {
  machine.effect(runtimeCall("checkDestructurable", [value]));
  const keys: Expression[] = [];
  for (const part of pattern.properties) {
    if (part.type === "RestElement") {
      bindPart(machine, part.argument, runtimeCall("restOf", [copyOf(value), array(keys.map(copyOf))]));
      continue;
    }
    let key: Expression = part.key;
    if (part.computed) key = machine.keep(flatten(machine, part.key));
    else if (part.key.type === "Identifier") key = literal(part.key.name);
    keys.push(key);
    bindPart(machine, part.value, member(copyOf(value), copyOf(key), true));
  }
}

function bindPart(machine: Machine, part: Pattern, value: Expression): void {
  const target = part.type === "AssignmentPattern" ? part.left : part;
  if (target.type === "MemberExpression") {
    bindMember(machine, target, part, value);
    return;
  }
  const isPlain = part.type === "Identifier" && !machine.module.suspends(part);
  if (isPlain) machine.statement(statement(assign(rewriteTarget(part, machine.cx), value)));
  else flattenPattern(machine, part, machine.keep(value));
}

/** Object and key of the target come before the value is read, and its default after that. */
function bindMember(machine: Machine, target: MemberExpression, part: Pattern, value: Expression): void {
  const write = memberTarget(machine, target, true);
  const chosen = machine.temporary();
  machine.set(chosen, value);
  if (part.type === "AssignmentPattern") {
    const end = new Label();
    machine.branch(binary("!==", identifier(chosen), voidZero()), end);
    machine.set(chosen, flatten(machine, part.right));
    machine.mark(end);
  }
  machine.statement(statement(assign(write(), identifier(chosen))));
}

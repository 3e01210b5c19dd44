/** Calls and optional chains with a suspension point inside. */
import type { CallExpression, Expression, MemberExpression, NewExpression } from "acorn";
import {
  at,
  call,
  copyOf,
  identifier,
  ifThen,
  isNullish,
  literal,
  member,
  type Node,
  runtimeCall,
  runtimeMember,
  statement,
  voidZero,
} from "../ast.ts";
import { superHome } from "../rewrite/classes.ts";
import { isGlobalPromise, rewrite, unbound } from "../rewrite/expression.ts";
import { isSuperMember } from "../rewrite/super.ts";
import { flatten, flattenArguments } from "./expressions.ts";
import { Label } from "./instructions.ts";
import type { Machine } from "./machine.ts";

export function flattenCall(machine: Machine, node: CallExpression): Expression {
  const { module, cx } = machine;
  const { callee } = node;
  const argsSuspend = node.arguments.some((one) => module.suspends(one));
  if (callee.type === "Super") {
    return module.fail("AWAIT_IN_SUPER_CALL", "await in the arguments of super(); compute them before", node);
  }
  if (callee.type === "ChainExpression" && callee.expression.type === "MemberExpression") {
    return callOfChain(machine, node, callee.expression);
  }
  if (callee.type !== "MemberExpression") {
    let target = flatten(machine, callee);
    if (argsSuspend) target = machine.keep(target, module.suspends(callee) ? null : callee);
    return at(
      { ...node, callee: unbound(target), arguments: flattenArguments(machine, node.arguments) },
      node,
    );
  }
  if (callee.object.type === "Super") {
    const key = callee.computed
      ? flatten(machine, callee.property as Expression)
      : literal((callee.property as { name: string }).name);
    const got = runtimeCall("superGet", [superHome(node, cx), key, identifier("$$this")]);
    const target = argsSuspend ? machine.keep(got) : got;
    const args = flattenArguments(machine, node.arguments);
    return at(call(member(target, "call"), [identifier("$$this"), ...args]), node);
  }
  if (isGlobalPromise(callee.object, cx) && !callee.computed) {
    const target = rewrite(callee, cx);
    return { ...node, callee: target, arguments: flattenArguments(machine, node.arguments) };
  }
  const target = receiver(machine, callee, argsSuspend);
  if (argsSuspend) checkReceiver(machine, target, callee.object);
  return at({ ...node, callee: target, arguments: flattenArguments(machine, node.arguments) }, node);
}

/** `(o?.m)(...)`: the method of `o`, or a call of undefined; the arguments come first in either case. */
function callOfChain(machine: Machine, node: CallExpression, chain: MemberExpression): Expression {
  const self = machine.temporary();
  const method = machine.temporary();
  const missing = new Label();
  const end = new Label();
  const link = flattenChain(machine, chain, missing) as MemberExpression;
  machine.set(self, link.object as Expression);
  machine.set(method, { ...link, object: identifier(self) }, chain);
  machine.jump(end);
  machine.mark(missing);
  machine.set(method, voidZero());
  machine.mark(end);
  const args = flattenArguments(machine, node.arguments);
  return at(runtimeCall("callMethod", [identifier(method), identifier(self), ...args]), node);
}

/** The member expression of a method call, its object and key kept when something suspends after them. */
function receiver(machine: Machine, callee: MemberExpression, keeps: boolean): MemberExpression {
  const { module } = machine;
  const source = callee.object as Expression;
  let inner = flatten(machine, source);
  const isComputed = callee.computed && callee.property.type !== "PrivateIdentifier";
  if (keeps || (isComputed && module.suspends(callee.property))) {
    inner = machine.keep(inner, module.suspends(source) ? null : source);
  }
  if (!isComputed) return { ...callee, object: inner };
  const keySource = callee.property as Expression;
  let key = flatten(machine, keySource);
  if (keeps) key = machine.keep(key, keySource);
  return { ...callee, object: inner, property: key };
}

/** A method of null fails before the arguments are evaluated. */
function checkReceiver(machine: Machine, target: MemberExpression, source: Node): void {
  const variable = source.type === "Identifier" ? machine.module.variable(source) : undefined;
  const isSafe =
    source.type === "ThisExpression" ||
    (source.type === "Identifier" && (!variable || variable.scope.kind === "module"));
  if (isSafe) return;
  const read = { ...target, object: copyOf(target.object as Expression) };
  machine.statement(ifThen(isNullish(copyOf(target.object as Expression)), statement(read)));
}

export function flattenNew(machine: Machine, node: NewExpression): Expression {
  const { cx } = machine;
  if (isGlobalPromise(node.callee, cx)) {
    return at(call(runtimeMember("newPromise"), flattenArguments(machine, node.arguments)), node);
  }
  const callee = machine.keep(flatten(machine, node.callee), node.callee);
  return { ...node, callee, arguments: flattenArguments(machine, node.arguments) };
}

/** An optional chain: jumps to `missing` where a link is null. */
export function flattenChain(machine: Machine, node: Expression, missing: Label): Expression {
  if (node.type === "MemberExpression" && node.object.type !== "Super") {
    return chainMember(machine, node, missing);
  }
  if (node.type === "CallExpression") return chainCall(machine, node, missing);
  return flatten(machine, node);
}

function chainMember(machine: Machine, node: MemberExpression, missing: Label): Expression {
  const source = node.object as Expression;
  let inner = flattenChain(machine, source, missing);
  if (node.optional) {
    inner = machine.keep(inner, source);
    machine.branch(isNullish(copyOf(inner)), missing);
  }
  if (!node.computed || node.property.type === "PrivateIdentifier") {
    return at({ ...member(inner, node.property), loc: null }, node);
  }
  if (machine.module.suspends(node.property)) inner = machine.keep(inner);
  return at(member(inner, flatten(machine, node.property), true), node);
}

function chainCall(machine: Machine, node: CallExpression, missing: Label): Expression {
  const { callee } = node;
  const argsSuspend = node.arguments.some((one) => machine.module.suspends(one));
  if (callee.type !== "MemberExpression" || callee.object.type === "Super") {
    let target = flattenChain(machine, callee as Expression, missing);
    if (argsSuspend || node.optional) target = machine.keep(target, callee);
    if (node.optional) machine.branch(isNullish(copyOf(target)), missing);
    if (isSuperMember(callee)) {
      const args = flattenArguments(machine, node.arguments);
      return at(call(member(target, "call"), [identifier("$$this"), ...args]), node);
    }
    return at(call(unbound(target), flattenArguments(machine, node.arguments)), node);
  }
  const source = callee.object;
  let inner = flattenChain(machine, source, missing);
  if (callee.optional || argsSuspend || node.optional || machine.module.suspends(callee.property)) {
    inner = machine.keep(inner, source);
  }
  if (callee.optional) machine.branch(isNullish(copyOf(inner)), missing);
  const isComputed = callee.computed && callee.property.type !== "PrivateIdentifier";
  let key = callee.property;
  if (isComputed) {
    key = flatten(machine, callee.property as Expression);
    if (argsSuspend || node.optional) key = machine.keep(key);
  }
  const target = (): MemberExpression => at({ ...member(copyOf(inner), key, isComputed) }, callee);
  if (node.optional) machine.branch(isNullish(target()), missing);
  else if (argsSuspend && !callee.optional) checkReceiver(machine, target(), source);
  return at(call(target(), flattenArguments(machine, node.arguments)), node);
}

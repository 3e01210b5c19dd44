/**
 * Expressions with a suspension point inside. What is evaluated before the point is kept in temporaries, in the
 * order of evaluation; what remains is an expression without a suspension, to be evaluated right away.
 */
import type {
  ChainExpression,
  ConditionalExpression,
  Expression,
  ImportExpression,
  LogicalExpression,
  MemberExpression,
  ObjectExpression,
  Property,
  SpreadElement,
  TaggedTemplateExpression,
  UpdateExpression,
  YieldExpression,
} from "acorn";
import { propertyName } from "../analyze.ts";
import {
  array,
  at,
  call,
  identifier,
  isNullish,
  literal,
  member,
  type Node,
  not,
  object,
  runtimeCall,
  spread,
  voidZero,
} from "../ast.ts";
import { superHome } from "../rewrite/classes.ts";
import { rewrite, rewriteArguments, rewriteObject, rewriteProperty, unbound } from "../rewrite/expression.ts";
import { boundTo, isSuperMember, superKey } from "../rewrite/super.ts";
import { flattenAssignment, superMemberTarget } from "./assignments.ts";
import { flattenCall, flattenChain, flattenNew } from "./calls.ts";
import { Label } from "./instructions.ts";
import type { Machine } from "./machine.ts";

export function flatten(machine: Machine, node: Expression): Expression {
  const { cx } = machine;
  if (!machine.module.suspends(node)) return rewrite(node, cx);
  switch (node.type) {
    case "AwaitExpression": {
      const result = machine.temporary();
      machine.suspend("await", flatten(machine, node.argument), result, node);
      return identifier(result);
    }
    case "YieldExpression":
      return node.delegate ? flattenYieldStar(machine, node) : flattenYield(machine, node);
    case "ParenthesizedExpression":
      return flatten(machine, node.expression);
    case "SequenceExpression":
      for (const one of node.expressions.slice(0, -1)) machine.effect(flatten(machine, one));
      return flatten(machine, node.expressions.at(-1)!);
    case "BinaryExpression": {
      if (node.left.type === "PrivateIdentifier") return { ...node, right: flatten(machine, node.right) };
      const [left, right] = flattenAll(machine, [node.left, node.right]);
      return { ...node, left: left!, right: right! };
    }
    case "UnaryExpression":
      if (node.operator === "delete" && node.argument.type === "MemberExpression") {
        return { ...node, argument: flattenMember(machine, node.argument) };
      }
      if (node.operator === "delete" && node.argument.type === "ChainExpression") {
        // Where a link is missing there is nothing to delete.
        return optional(machine, node, literal(true), (missing) => ({
          ...node,
          argument: flattenChain(machine, (node.argument as ChainExpression).expression, missing),
        }));
      }
      return { ...node, argument: flatten(machine, node.argument) };
    case "UpdateExpression":
      return flattenUpdate(machine, node);
    case "LogicalExpression":
      return flattenLogical(machine, node);
    case "ConditionalExpression":
      return flattenConditional(machine, node);
    case "ArrayExpression":
      return at(array(flattenItems(machine, node.elements)), node);
    case "ObjectExpression":
      return flattenObject(machine, node);
    case "TemplateLiteral":
      return { ...node, expressions: flattenAll(machine, node.expressions) };
    case "TaggedTemplateExpression":
      return flattenTagged(machine, node);
    case "MemberExpression":
      return flattenMember(machine, node);
    case "CallExpression":
      return flattenCall(machine, node);
    case "NewExpression":
      return flattenNew(machine, node);
    case "ImportExpression":
      return flattenImport(machine, node);
    case "ChainExpression":
      return optional(machine, node, voidZero(), (missing) =>
        flattenChain(machine, node.expression, missing),
      );
    case "AssignmentExpression":
      return flattenAssignment(machine, node);
    default:
      return machine.module.fail(
        "UNSUPPORTED_SYNTAX",
        `await inside a ${node.type}; move it to a statement before`,
        node,
      );
  }
}

function flattenImport(machine: Machine, node: ImportExpression): Expression {
  const parts = node.options ? [node.source, node.options] : [node.source];
  const [source, options = null] = flattenAll(machine, parts);
  return { ...node, source: source!, options };
}

/** The value of an optional chain, or another one where a link is missing. */
function optional(
  machine: Machine,
  node: Expression,
  otherwise: Expression,
  chain: (missing: Label) => Expression,
): Expression {
  const result = machine.temporary();
  const end = new Label();
  const missing = new Label();
  machine.set(result, chain(missing), node);
  machine.jump(end);
  machine.mark(missing);
  machine.set(result, otherwise);
  machine.mark(end);
  return identifier(result);
}

/** A list evaluated from left to right: what comes before the last suspension is kept. */
export function flattenItems(
  machine: Machine,
  nodes: readonly (Expression | SpreadElement | null)[],
): (Expression | SpreadElement | null)[] {
  const last = nodes.findLastIndex((node) => machine.module.suspends(node));
  return nodes.map((node, index) => {
    if (!node) return null;
    if (index > last) {
      return node.type === "SpreadElement"
        ? rewriteArguments([node], machine.cx)[0]!
        : rewrite(node, machine.cx);
    }
    const isSpread = node.type === "SpreadElement";
    const inner = isSpread ? node.argument : node;
    const value = flatten(machine, inner);
    if (index === last) return isSpread ? spread(value) : value;
    if (!isSpread) return machine.keep(value, inner);
    // The items are read now: they may change during the suspension.
    const items = machine.temporary();
    machine.set(items, array([spread(value)]), node);
    return spread(identifier(items));
  });
}

export const flattenAll = (machine: Machine, nodes: readonly Expression[]): Expression[] =>
  flattenItems(machine, nodes) as Expression[];

export const flattenArguments = (
  machine: Machine,
  nodes: readonly (Expression | SpreadElement)[],
): (Expression | SpreadElement)[] => flattenItems(machine, nodes) as (Expression | SpreadElement)[];

function flattenYield(machine: Machine, node: YieldExpression): Expression {
  const argument = node.argument ? flatten(machine, node.argument) : voidZero();
  const result = machine.temporary();
  machine.suspend("yield", argument, result, node);
  return identifier(result);
}

/**
 * `yield*`: a loop that passes values, errors and returns on to the inner iterator. Each step of an asynchronous
 * one is awaited.
 */
function flattenYieldStar(machine: Machine, node: YieldExpression): Expression {
  const isAsync = machine.fn.async;
  const inner = machine.named("it");
  const mode = machine.temporary();
  const sent = machine.temporary();
  const top = new Label();
  const end = new Label();
  const source = flatten(machine, node.argument!);
  machine.set(inner, runtimeCall(isAsync ? "delegateAsync" : "delegate", [source]), node);
  machine.set(mode, literal(0));
  machine.set(sent, voidZero());
  machine.mark(top);
  const step = call(member(identifier(inner), "$$step"), [identifier(mode), identifier(sent)]);
  if (isAsync) {
    const result = machine.temporary();
    machine.suspend("await", step, result, node);
    machine.branch(call(member(identifier(inner), "$$accept"), [identifier(result)]), end, node);
  } else {
    machine.branch(step, end, node);
  }
  machine.emit({
    op: "yield",
    argument: member(identifier(inner), "$$value"),
    result: sent,
    mode,
    onReturn: null,
    source: node,
    point: 0,
    live: [],
  });
  machine.jump(top);
  machine.mark(end);
  const returned = machine.leave({ kind: "return", value: member(identifier(inner), "$$value") });
  machine.statement({
    start: -1,
    end: -1,
    type: "IfStatement",
    test: member(identifier(inner), "$$returned"),
    consequent: { start: -1, end: -1, type: "BlockStatement", body: returned },
    alternate: null,
  });
  const value = machine.temporary();
  machine.set(value, member(identifier(inner), "$$value"));
  return identifier(value);
}

export function flattenMember(machine: Machine, node: MemberExpression): MemberExpression {
  const { property } = node;
  if (node.object.type === "Super") {
    const key = node.computed ? flatten(machine, property as Expression) : superKey(node, machine.cx);
    const got = runtimeCall("superGet", [superHome(node, machine.cx), key, identifier("$$this")]);
    return got as unknown as MemberExpression;
  }
  if (!node.computed || property.type === "PrivateIdentifier") {
    return { ...node, object: flatten(machine, node.object) };
  }
  const [inner, key] = flattenAll(machine, [node.object, property]);
  return { ...node, object: inner!, property: key! };
}

function flattenUpdate(machine: Machine, node: UpdateExpression): Expression {
  const argument = node.argument as MemberExpression;
  if (isSuperMember(argument)) return { ...node, argument: superMemberTarget(machine, argument, false)() };
  const target = flattenMember(machine, argument);
  const key = target.computed ? machine.keep(target.property as Expression) : target.property;
  return {
    ...node,
    argument: { ...target, object: machine.keep(target.object as Expression), property: key },
  };
}

function flattenLogical(machine: Machine, node: LogicalExpression): Expression {
  const result = machine.temporary();
  const end = new Label();
  machine.set(result, flatten(machine, node.left), node.left);
  machine.branch(shortCircuits(node.operator, result), end);
  machine.set(result, flatten(machine, node.right), node.right);
  machine.mark(end);
  return identifier(result);
}

/** Whether a logical operator keeps its left side. */
export function shortCircuits(operator: string, left: string): Expression {
  if (operator.startsWith("&&")) return not(identifier(left));
  return operator.startsWith("||") ? identifier(left) : not(isNullish(identifier(left)));
}

function flattenConditional(machine: Machine, node: ConditionalExpression): Expression {
  const result = machine.temporary();
  const otherwise = new Label();
  const end = new Label();
  machine.branch(not(flatten(machine, node.test)), otherwise, node.test);
  machine.set(result, flatten(machine, node.consequent), node.consequent);
  machine.jump(end);
  machine.mark(otherwise);
  machine.set(result, flatten(machine, node.alternate), node.alternate);
  machine.mark(end);
  return identifier(result);
}

function flattenTagged(machine: Machine, node: TaggedTemplateExpression): Expression {
  let tag: Expression;
  if (isSuperMember(node.tag)) {
    tag = boundTo(machine.keep(flatten(machine, node.tag)), machine.cx);
  } else if (node.tag.type === "MemberExpression") {
    const target = flattenMember(machine, node.tag);
    const key = target.computed ? machine.keep(target.property as Expression) : target.property;
    tag = { ...target, object: machine.keep(target.object as Expression), property: key };
  } else {
    tag = unbound(machine.keep(flatten(machine, node.tag), node.tag));
  }
  return {
    ...node,
    tag,
    quasi: { ...node.quasi, expressions: flattenAll(machine, node.quasi.expressions) },
  };
}

/** An object literal, built in pieces: what comes before a suspension is an object that the next piece spreads. */
function flattenObject(machine: Machine, node: ObjectExpression): Expression {
  const last = node.properties.findLastIndex((one) => machine.module.suspends(one));
  if (node.properties.some((one) => one.type === "Property" && one.kind !== "init")) {
    const properties = node.properties.map((one, index) => (index > last ? one : keptProperty(machine, one)));
    return rewriteObject({ ...node, properties }, machine.cx);
  }
  let built: Expression | null = null;
  let pending: (Property | SpreadElement)[] = [];
  let prototype: Property | null = null;
  const piece = () => object([...(built ? [spread(built)] : []), ...pending]);
  const flush = () => {
    if (pending.length === 0) return;
    const name = machine.temporary();
    machine.set(name, piece(), node);
    built = identifier(name);
    pending = [];
  };
  node.properties.forEach((one, index) => {
    if (index <= last && setsPrototype(one)) {
      // A piece would lose it when the next one spreads it: it is set on the last.
      flush();
      prototype = { ...one, value: machine.keep(flatten(machine, one.value), one.value) };
      return;
    }
    if (index > last || !machine.module.suspends(one)) {
      pending.push(rewriteProperty(one, machine.cx));
      return;
    }
    flush();
    if (one.type === "SpreadElement") {
      pending.push(spread(flatten(machine, one.argument)));
      return;
    }
    let key = one.computed ? flatten(machine, one.key) : one.key;
    if (one.computed && machine.module.suspends(one.value)) key = machine.keep(key, one.key);
    pending.push({ ...one, key, value: flatten(machine, one.value), shorthand: false });
  });
  if (prototype) pending.push(prototype);
  return at(piece(), node as Node as ObjectExpression);
}

/** A property whose key and value are evaluated now, for a literal with accessors: those cannot be spread. */
function keptProperty(machine: Machine, one: Property | SpreadElement): Property | SpreadElement {
  if (one.type === "SpreadElement") {
    return at(spread(machine.keep(object([spread(flatten(machine, one.argument))]))), one);
  }
  const key = one.computed ? machine.keep(flatten(machine, one.key), one.key) : one.key;
  if (one.kind !== "init" || one.method) return { ...one, key };
  return { ...one, key, value: machine.keep(flatten(machine, one.value), one.value), shorthand: false };
}

function setsPrototype(one: Property | SpreadElement): one is Property {
  if (one.type !== "Property" || one.computed || one.shorthand || one.method || one.kind !== "init")
    return false;
  return propertyName(one.key) === "__proto__";
}

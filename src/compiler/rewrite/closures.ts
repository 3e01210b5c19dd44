/**
 * Closures. A function made inside another is lifted to a factory at the top of the module that takes what the
 * function captures, and every function it makes is tagged with its descriptor and the captured values: that is
 * what a snapshot saves of it, and what restores it.
 */
import type {
  ClassExpression,
  Expression,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  Pattern,
  Property,
  Statement,
} from "acorn";
import {
  array,
  assign,
  at,
  block,
  type ClassNode,
  call,
  copyOf,
  declare,
  type FunctionNode,
  functionExpression,
  identifier,
  isBindingName,
  isUndefined,
  literal,
  member,
  method,
  type Node,
  object,
  property,
  propertyKey,
  returnStatement,
  runtimeCall,
  runtimeMember,
  spread,
  statement,
  thisExpression,
  voidZero,
} from "../ast.ts";
import type { CodeContext } from "../context.ts";
import { fingerprint } from "../fingerprint.ts";
import { Machine } from "../machine/machine.ts";
import { thisOwner } from "../plan.ts";
import type { FunctionInfo } from "../scope.ts";
import { boxDeclaration, enterBody } from "./boxes.ts";
import { classNode, hasPrivateMembers, hasPrivateStatics, headToEvaluate } from "./classes.ts";
import { argumentsValue, rewrite, thisValue } from "./expression.ts";
import { containsClosure } from "./loops.ts";
import { declareByAssignment, rewritePattern } from "./patterns.ts";
import { rewriteList } from "./statement.ts";

/** The expression that makes the closure (or nested class): a call of its factory. */
export function closure(node: FunctionNode | ClassNode, cx: CodeContext): Expression {
  const { module } = cx;
  const fn = module.functionOf(node);
  checkClosure(fn, cx);
  const n = module.unique();
  const factoryName = `$$c${n}`;
  const descriptorName = `$$d${n}`;

  const params = fn.captures.map((capture) => capture.name);
  const args: Expression[] = params.map((name) => identifier(name));
  const labels = fn.captures.map((capture) => capture.label);
  if (fn.capturesThis) {
    params.push("$$this");
    args.push(thisValue(cx));
    labels.push("this");
  }
  if (fn.capturesArguments) {
    params.push("$$args");
    args.push(argumentsValue(cx));
    labels.push("arguments");
  }

  const isClass = fn.kind === "class";
  const head = new Map<Node, string>();
  if (isClass) {
    headToEvaluate(node as ClassNode, cx).forEach((part, index) => {
      const isKey = part !== (node as ClassNode).superClass;
      const name = isKey ? `$$k${index}` : "$$super";
      const value = rewrite(part, cx);
      head.set(part, name);
      params.push(name);
      args.push(isKey ? runtimeCall("propertyKey", [value]) : value);
      labels.push(isKey ? "computed key" : "extends");
    });
  }
  const isSingle = cx.fn.isModule && !fn.inLoop && params.length === 0;
  const inner = isClass
    ? classNode(node as ClassNode, { ...cx, fn, machine: null, thisName: null }, "ClassExpression", {
        head,
        isSingle,
      })
    : closureFunction(node as FunctionNode, fn, cx);
  const body = factoryBody(at(inner as Expression, node as Node), fn, cx, (made) =>
    runtimeCall("closure", [made, identifier(descriptorName), array(params.map((name) => identifier(name)))]),
  );
  const factory = functionExpression(
    factoryName,
    params.map((name) => identifier(name)),
    body,
  );
  // A registered function has none of its own; the one it is registered under tells more in stack traces.
  const name = fn.name ?? fn.label;
  const descriptor = object([
    property("id", literal(module.functionId(fn))),
    property("fingerprint", literal(fingerprint(node, labels))),
    property("labels", array(labels.map(literal))),
    ...(isSingle ? [property("single", literal(true))] : []),
    ...(isSingle && name !== null ? [property("name", literal(name))] : []),
    ...(isClass ? [property("isClass", literal(true))] : []),
    ...(isClass && hasPrivateMembers(node as ClassNode) ? [property("hasPrivates", literal(true))] : []),
    ...(isClass && hasPrivateStatics(node as ClassNode)
      ? [property("hasPrivateStatics", literal(true))]
      : []),
  ]);
  const usesPrivateName = fn.usesPrivateName && !isClass;
  const made = usesPrivateName ? literal(null) : identifier(factoryName);
  module.descriptors.push(
    declare("const", descriptorName, runtimeCall("closureDescriptor", [descriptor, made])),
  );
  if (usesPrivateName) {
    module.factories.push(declare("let", factoryName));
    module
      .classBodyOf(fn, "PRIVATE_NAME_IN_NESTED_CLASS", PRIVATE_NAME_HELP)
      .push(
        statement(assign(identifier(factoryName), factory)),
        statement(assign(member(identifier(descriptorName), "make"), identifier(factoryName))),
      );
  } else {
    module.factories.push({ ...factory, type: "FunctionDeclaration" } as FunctionDeclaration);
  }
  return at(call(factoryName, args), node);
}

export const PRIVATE_NAME_HELP =
  "an async function, generator or closure that uses a private name of a class inside a function; move the class " +
  "to the top level of the module";

function checkClosure(fn: FunctionInfo, cx: CodeContext): void {
  if (fn.usesNewTarget && (fn.arrow || fn.isResumable)) {
    cx.module.fail(
      "NEW_TARGET",
      "new.target in an arrow, async function or generator; read it before",
      fn.node,
    );
  }
  if (fn.kind === "object-method" && fn.usesSuper) {
    cx.module.fail("SUPER_IN_OBJECT_METHOD", "super in a method of an object literal; use a class", fn.node);
  }
}

function closureFunction(node: FunctionNode, fn: FunctionInfo, cx: CodeContext): Expression {
  const type = node.type === "FunctionDeclaration" ? "FunctionExpression" : node.type;
  const made = functionNode(node, fn, { ...cx, thisName: fn.arrow ? "$$this" : null }, type) as Expression;
  if (fn.kind !== "object-method") return made;
  // A method is not a constructor and has no prototype: keep it one.
  const name = fn.name ?? "";
  const value = { ...(made as FunctionExpression), type: "FunctionExpression" as const, id: null };
  return pick(method(name, value), name);
}

/** Reads the only property of an object literal: gives a function its name without binding it. */
function pick(one: Property, name: string): Expression {
  const key = propertyKey(name);
  return member(object([one]), key, key.type === "Literal");
}

/** The statements of a factory, keeping the name JavaScript would have given the function. */
function factoryBody(
  made: Expression,
  fn: FunctionInfo,
  cx: CodeContext,
  tag: (made: Expression) => Expression,
): Statement[] {
  // A registered function has none of its own; the one it is registered under tells more in stack traces.
  const name = fn.name ?? fn.label;
  const named = (made as Partial<FunctionExpression>).id != null || made.type === "MemberExpression";
  if (name === null || named) return [returnStatement(tag(made))];
  const { globals, module } = cx.module.analysis;
  const isFree =
    isBindingName(name) &&
    !name.startsWith("$$") &&
    !fn.captures.some((capture) => capture.name === name) &&
    !globals.has(name) &&
    (fn.namesModuleConstant || !module.scope.variables.has(name));
  if (!isFree) return [returnStatement(tag(pick(property(name, made), name)))];
  return [declare("const", name, made), returnStatement(tag(identifier(name)))];
}

/** A function that stays where it stands: methods, accessors and functions at the top level of the module. */
export function functionInPlace(
  node: FunctionExpression,
  cx: CodeContext,
  bindsInBody = false,
): FunctionExpression {
  const fn = cx.module.functionOf(node);
  const outer = { ...cx, thisName: null };
  return at(functionNode(node, fn, outer, "FunctionExpression", bindsInBody) as FunctionExpression, node);
}

/** A class at the top level of the module stays where it stands. */
export const moduleClass = (node: ClassNode, cx: CodeContext): ClassExpression =>
  classNode(node, cx, node.type) as ClassExpression;

/**
 * The function itself: rewritten when it is synchronous, a starter of its state machine when it is resumable.
 * `bindsInBody`: what binding its parameters runs is to be code of its body.
 */
export function functionNode(
  node: FunctionNode,
  fn: FunctionInfo,
  outer: CodeContext,
  type: FunctionNode["type"],
  bindsInBody = false,
): FunctionNode {
  if (fn.isResumable && !endsAtOnce(node, fn, outer)) return starter(node, fn, outer, type);
  const cx: CodeContext = { ...outer, fn, machine: null };
  // A closure in a default value may share a parameter: its box must exist before the parameters do.
  const apart =
    (fn.scope.boxName !== "" && node.params.some(containsClosure)) ||
    (bindsInBody && node.params.some((param) => param.type !== "Identifier"));
  const names = node.params.map((_, index) => `$$p${index}`);
  const params = apart
    ? starterParams(node, names)
    : node.params.map((param) => rewritePattern(param, cx, true));
  const box = fn.scope.boxName ? [boxDeclaration(fn.scope, !apart)] : [];
  if (apart)
    box.push(...node.params.flatMap((param, index) => bindParam(param, identifier(names[index]!), cx)));
  let body: Statement[] | Expression;
  if (node.body.type !== "BlockStatement") {
    const value = rewrite(node.body, cx);
    body = box.length > 0 || fn.async ? [...box, returnStatement(fn.async ? settled(value) : value)] : value;
  } else {
    const directives = node.body.body.filter(isDirective);
    const rest = node.body.body.filter((one) => !isDirective(one));
    body = [...directives, ...box, ...enterBody(node.body, cx), ...rewriteList(rest, cx)];
  }
  if (fn.async) body = settling(body as Statement[]);
  return {
    ...node,
    type,
    id: ownName(node, fn),
    params,
    body: Array.isArray(body) ? at(block(body), node.body) : body,
    async: false,
    expression: !Array.isArray(body),
  } as FunctionNode;
}

/** An async function without an await: it runs to its end when it is called, and needs no state machine. */
function endsAtOnce(node: FunctionNode, fn: FunctionInfo, { module }: CodeContext): boolean {
  // A default value or pattern that fails must reject the promise, and runs outside of the function's body.
  if (fn.generator || node.params.some((param) => param.type !== "Identifier")) return false;
  if (node.body.type !== "BlockStatement") return !module.suspends(node.body);
  return !node.body.body.some((one) => module.suspends(one));
}

/** What an async function without an await returns. */
export const settled = (value: Expression): Expression => runtimeCall("fulfilled", [value]);

/** `try { body; return fulfilled() } catch (e) { return rejected(e) }` */
function settling(body: Statement[]): Statement[] {
  const nowhere = { start: -1, end: -1 };
  return [
    {
      ...nowhere,
      type: "TryStatement",
      block: block([...body, returnStatement(settled(voidZero()))]),
      handler: {
        ...nowhere,
        type: "CatchClause",
        param: identifier("$$x"),
        body: block([returnStatement(runtimeCall("rejected", [identifier("$$x")]))]),
      },
      finalizer: null,
    },
  ];
}

const isDirective = (one: Statement): boolean =>
  one.type === "ExpressionStatement" && one.directive !== undefined;

const ownName = (node: FunctionNode, fn: FunctionInfo): Identifier | null =>
  node.id ? at(identifier(fn.selfVariable?.output ?? node.id.name), node.id) : null;

/** Binds one parameter, taken under another name, to its variables. */
function bindParam(param: Pattern, value: Expression, cx: CodeContext): Statement[] {
  const target = param.type === "RestElement" ? param.argument : param;
  // The body may declare variables and functions of the same names.
  if (target.type !== "AssignmentPattern") return declareByAssignment(target, value, cx, "var");
  const chosen = withDefault(value, rewrite(target.right, cx));
  return declareByAssignment(target.left, chosen, cx, "var");
}

/** `value === undefined ? fallback : value` */
export const withDefault = (value: Expression, fallback: Expression): Expression => ({
  start: -1,
  end: -1,
  type: "ConditionalExpression",
  test: isUndefined(value),
  consequent: fallback,
  alternate: copyOf(value),
});

/** A function that makes the frame of its state machine, fills in what is live at the start, and runs it. */
function starter(
  node: FunctionNode,
  fn: FunctionInfo,
  outer: CodeContext,
  type: FunctionNode["type"],
): FunctionNode {
  const { module } = outer;
  if (fn.usesNewTarget) checkClosure(fn, outer);
  const frameName = `$$F${module.unique()}`;
  const { frame, slots, locals, paramNames } = new Machine(module, fn).compile(node, frameName);
  if (fn.usesPrivateName || fn.usesSuper) {
    const code = fn.usesPrivateName ? "PRIVATE_NAME_IN_NESTED_CLASS" : "SUPER_IN_NESTED_CLASS";
    const help = fn.usesPrivateName ? PRIVATE_NAME_HELP : SUPER_HELP;
    module.classBodyOf(fn, code, help).push(statement(assign(identifier(frameName), frame)));
    module.descriptors.push(declare("let", frameName));
  } else {
    module.descriptors.push(declare("const", frameName, frame));
  }

  const kind = fn.generator ? (fn.async ? "AsyncGeneratorFrame" : "GeneratorFrame") : "Task";
  const args = [identifier(frameName), ...(locals ? [identifier("$$l")] : [])];
  const made = { ...call(runtimeMember(kind), args), type: "NewExpression" } as unknown as Expression;
  const body: Statement[] = locals ? [declare("const", "$$l", call(locals, []))] : [];
  const fill = (slot: string, value: Expression) => {
    if (slots.has(slot)) body.push(statement(assign(member(identifier("$$l"), slot), value)));
  };
  for (const name of paramNames) fill(name, identifier(name));
  for (const { name } of fn.captures) fill(name, identifier(name));
  fill("$$this", fn.arrow ? capturedThis(fn, outer) : thisExpression());
  fill("$$args", fn.arrow ? identifier("$$args") : array([spread(identifier("arguments"))]));
  if (fn.selfVariable) fill(fn.selfVariable.output, identifier(fn.selfVariable.output));
  body.push(returnStatement(runtimeCall(fn.generator ? "startGenerator" : "start", [made])));
  return {
    ...functionExpression(null, starterParams(node, paramNames), body),
    type,
    id: ownName(node, fn),
  } as FunctionNode;
}

export const SUPER_HELP =
  "super in an async method or closure of a class inside a function; move the class to the top level of the module";

function capturedThis(fn: FunctionInfo, outer: CodeContext): Expression {
  if (!thisOwner(fn)) return voidZero();
  return outer.thisName === null ? thisExpression() : identifier(outer.thisName);
}

/** Parameters as the source has them for `length`: defaults and patterns are taken apart inside the machine. */
function starterParams(node: FunctionNode, names: readonly string[]): Pattern[] {
  return node.params.map((param, index): Pattern => {
    const name = identifier(names[index]!);
    const nowhere = { start: -1, end: -1 };
    if (param.type === "RestElement") return { ...nowhere, type: "RestElement", argument: name };
    if (param.type === "AssignmentPattern") {
      return { ...nowhere, type: "AssignmentPattern", left: name, right: voidZero() };
    }
    return copyOf(name);
  });
}

/** Statements with a suspension point inside, taken apart into instructions. */
import type {
  BlockStatement,
  ClassDeclaration,
  FunctionDeclaration,
  IfStatement,
  LabeledStatement,
  ReturnStatement,
  Statement,
  SwitchStatement,
  TryStatement,
  VariableDeclaration,
} from "acorn";
import { assign, at, binary, identifier, literal, not, statement, voidZero } from "../ast.ts";
import { variableReference } from "../context.ts";
import { rewritePattern } from "../rewrite/patterns.ts";
import { declaredClass, declaredFunction, rewriteStatement } from "../rewrite/statement.ts";
import { containsOutsideFunctions, isUsing } from "../walk.ts";
import { flattenPattern } from "./assignments.ts";
import { disposing, resource } from "./disposal.ts";
import { flatten } from "./expressions.ts";
import { Label } from "./instructions.ts";
import { flattenDoWhile, flattenFor, flattenForEach, flattenWhile } from "./loops.ts";
import type { Machine } from "./machine.ts";

/** A list of statements: its function declarations first, as JavaScript hoists them. */
export function flattenList(machine: Machine, statements: readonly Statement[]): void {
  for (const one of statements) if (one.type === "FunctionDeclaration") hoistFunction(machine, one);
  for (const one of statements) if (one.type !== "FunctionDeclaration") flattenStatement(machine, one);
}

function hoistFunction(machine: Machine, node: FunctionDeclaration): void {
  const variable = machine.module.variable(node.id)!;
  if (variable.storage !== "shared") machine.use(variable.output);
  machine.statement(declaredFunction(node, machine.cx));
}

export function flattenStatement(machine: Machine, node: Statement): void {
  machine.beginning = node;
  switch (node.type) {
    // These are taken apart even without a suspension: their variables are the step function's own.
    case "ReturnStatement":
      flattenReturn(machine, node);
      return;
    case "BreakStatement":
    case "ContinueStatement": {
      const target = machine.jumpTarget(node);
      if (target) machine.leaveBy(machine.leave({ kind: "jump", ...target }), node);
      else machine.statement(node);
      return;
    }
    case "VariableDeclaration":
      flattenDeclaration(machine, node);
      return;
    case "ClassDeclaration":
      flattenClass(machine, node);
      return;
    case "ThrowStatement":
      machine.leaveBy([{ ...node, argument: flatten(machine, node.argument) }]);
      return;
  }
  if (!machine.module.suspends(node) && !leavesIteratorThroughTry(machine, node)) {
    machine.statements(rewriteStatement(node, machine.cx));
    return;
  }
  switch (node.type) {
    case "ExpressionStatement":
      machine.effect(flatten(machine, node.expression));
      return;
    case "BlockStatement":
      flattenBlock(machine, node);
      return;
    case "IfStatement":
      flattenIf(machine, node);
      return;
    case "LabeledStatement":
      flattenLabeled(machine, node);
      return;
    case "WhileStatement":
      flattenWhile(machine, node);
      return;
    case "DoWhileStatement":
      flattenDoWhile(machine, node);
      return;
    case "ForStatement":
      flattenFor(machine, node);
      return;
    case "ForInStatement":
    case "ForOfStatement":
      flattenForEach(machine, node);
      return;
    case "SwitchStatement":
      flattenSwitch(machine, node);
      return;
    case "TryStatement":
      flattenTry(machine, node);
      return;
    default:
      machine.module.fail(
        "UNSUPPORTED_SYNTAX",
        `await inside a ${node.type}; move it to a statement before`,
        node,
      );
  }
}

/**
 * A native try statement that is left early inside a for-of in flight would close the iterator before its finally
 * block runs, or catch an error of closing it.
 */
function leavesIteratorThroughTry(machine: Machine, node: Statement): boolean {
  if (!machine.control.some((entry) => entry.type === "iterator")) return false;
  const leaves = (one: { type: string }) => /^(Return|Break|Continue)Statement$/.test(one.type);
  return containsOutsideFunctions(
    node,
    (inner) => inner.type === "TryStatement" && containsOutsideFunctions(inner, leaves),
  );
}

function flattenReturn(machine: Machine, node: ReturnStatement): void {
  let value = node.argument ? flatten(machine, node.argument) : voidZero();
  if (node.argument && machine.fn.async && machine.fn.generator) {
    const result = machine.temporary();
    machine.suspend("await", value, result, node);
    value = identifier(result);
  }
  machine.leaveBy(machine.leave({ kind: "return", value }), node);
}

export function flattenBlock(machine: Machine, node: BlockStatement): void {
  machine.enterScope(machine.module.scopeOf(node));
  disposing(machine, node.body, () => flattenList(machine, node.body));
}

export function flattenDeclaration(machine: Machine, node: VariableDeclaration): void {
  for (const declarator of node.declarations) {
    const { id, init } = declarator;
    machine.usePattern(id);
    if (id.type !== "Identifier") {
      const value = flatten(machine, init!);
      if (machine.module.suspends(id)) flattenPattern(machine, id, machine.keep(value));
      else machine.statement(at(statement(assign(rewritePattern(id, machine.cx), value)), declarator));
      continue;
    }
    // `var x;` keeps what x has; `let x;` in a loop starts afresh.
    if (!init && node.kind === "var") continue;
    const variable = machine.module.variable(id)!;
    let value = init ? flatten(machine, init) : voidZero();
    if (isUsing(node)) value = resource(machine, node.kind, value);
    if (variable.storage !== "shared") machine.set(variable.output, value, declarator);
    else machine.statement(at(statement(assign(variableReference(variable) as never, value)), declarator));
  }
}

function flattenClass(machine: Machine, node: ClassDeclaration): void {
  const variable = machine.module.variable(node.id)!;
  if (variable.storage !== "shared") machine.use(variable.output);
  machine.statement(declaredClass(node, machine.cx));
}

function flattenIf(machine: Machine, node: IfStatement): void {
  const otherwise = new Label();
  const end = new Label();
  const test = flatten(machine, node.test);
  machine.branch(not(test), node.alternate ? otherwise : end, node.test);
  flattenStatement(machine, node.consequent);
  if (node.alternate) {
    machine.jump(end);
    machine.mark(otherwise);
    flattenStatement(machine, node.alternate);
  }
  machine.mark(end);
}

function flattenLabeled(machine: Machine, node: LabeledStatement): void {
  machine.pendingLabels.push(node.label.name);
  if (/For|While|Labeled/.test(node.body.type)) {
    flattenStatement(machine, node.body);
    return;
  }
  const end = new Label();
  machine.pushTarget("block", machine.takeLabels(), end);
  flattenStatement(machine, node.body);
  machine.control.pop();
  machine.mark(end);
}

function flattenSwitch(machine: Machine, node: SwitchStatement): void {
  const scope = machine.module.scopeOf(node);
  const labels = machine.takeLabels();
  const subject = machine.temporary();
  machine.set(subject, flatten(machine, node.discriminant), node.discriminant);
  machine.enterScope(scope);
  for (const one of node.cases) {
    for (const inner of one.consequent) {
      if (inner.type === "FunctionDeclaration") hoistFunction(machine, inner);
    }
  }
  const end = new Label();
  const starts = node.cases.map(() => new Label());
  let fallback = end;
  node.cases.forEach((one, index) => {
    if (!one.test) {
      fallback = starts[index]!;
      return;
    }
    const test = flatten(machine, one.test);
    machine.branch(binary("===", identifier(subject), test), starts[index]!, one.test);
  });
  machine.jump(fallback);
  machine.pushTarget("switch", labels, end);
  node.cases.forEach((one, index) => {
    machine.mark(starts[index]!);
    for (const inner of one.consequent) {
      if (inner.type !== "FunctionDeclaration") flattenStatement(machine, inner);
    }
  });
  machine.control.pop();
  machine.mark(end);
}

function flattenTry(machine: Machine, node: TryStatement): void {
  const outer = machine.handler;
  const after = new Label();
  const caught = new Label();
  const entry = node.finalizer ? machine.finallyEntry() : null;
  const failed = new Label();
  failed.used = entry !== null;
  if (entry) machine.control.push(entry);
  const aroundCatch = entry ? failed : outer;

  machine.handler = node.handler ? caught : aroundCatch;
  caught.used = node.handler != null;
  flattenBlock(machine, node.block);
  machine.handler = aroundCatch;
  if (node.handler) {
    const { param, body } = node.handler;
    machine.jump(after);
    machine.mark(caught);
    machine.enterScope(machine.module.scopeOf(node.handler));
    if (param) {
      machine.usePattern(param);
      if (machine.module.suspends(param)) flattenPattern(machine, param, machine.keep(identifier("$$v")));
      else if (param.type === "Identifier" && machine.module.variable(param)!.storage !== "shared") {
        machine.set(machine.module.variable(param)!.output, identifier("$$v"));
      } else machine.statement(statement(assign(rewritePattern(param, machine.cx), identifier("$$v"))));
    }
    flattenBlock(machine, body);
    machine.mark(after);
  }
  if (entry) {
    machine.control.pop();
    machine.set(entry.value, voidZero());
    machine.set(entry.reason, literal(0));
    machine.jump(entry.label);
    machine.handler = outer;
    machine.mark(failed);
    machine.set(entry.value, identifier("$$v"));
    machine.set(entry.reason, literal(1));
    machine.mark(entry.label);
    flattenBlock(machine, node.finalizer!);
    machine.dispatchFinally(entry);
  }
  machine.handler = outer;
}

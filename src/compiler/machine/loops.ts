/** Loops with a suspension point inside. */
import type {
  DoWhileStatement,
  Expression,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  WhileStatement,
} from "acorn";
import { assign, binary, call, identifier, literal, member, not, runtimeCall, statement } from "../ast.ts";
import { boxCopy, boxValue } from "../rewrite/boxes.ts";
import { rewriteTarget } from "../rewrite/expression.ts";
import { containsClosure } from "../rewrite/loops.ts";
import type { Scope } from "../scope.ts";
import { isUsing } from "../walk.ts";
import { flattenPattern } from "./assignments.ts";
import { resource, withDisposals } from "./disposal.ts";
import { flatten } from "./expressions.ts";
import { Label } from "./instructions.ts";
import type { Machine } from "./machine.ts";
import { flattenDeclaration, flattenStatement } from "./statements.ts";

export function flattenWhile(machine: Machine, node: WhileStatement): void {
  const top = new Label();
  const end = new Label();
  const labels = machine.takeLabels();
  machine.mark(top);
  const test = flatten(machine, node.test);
  const isEndless = node.test.type === "Literal" && node.test.value === true;
  if (!isEndless) machine.branch(not(test), end, node.test);
  machine.pushTarget("loop", labels, end, top);
  flattenStatement(machine, node.body);
  machine.control.pop();
  machine.jump(top);
  machine.mark(end);
}

export function flattenDoWhile(machine: Machine, node: DoWhileStatement): void {
  const top = new Label();
  const next = new Label();
  const end = new Label();
  const labels = machine.takeLabels();
  machine.mark(top);
  machine.pushTarget("loop", labels, end, next);
  flattenStatement(machine, node.body);
  machine.control.pop();
  machine.mark(next);
  machine.branch(flatten(machine, node.test), top, node.test);
  machine.mark(end);
}

export function flattenFor(machine: Machine, node: ForStatement): void {
  const { init } = node;
  if (init?.type !== "VariableDeclaration" || !isUsing(init)) {
    loopOf(machine, node);
    return;
  }
  // Disposed of once, when the loop is left. V8 13.6 does it after each iteration too where the loop has a closure.
  const labels = machine.takeLabels();
  withDisposals(machine, init.kind === "await using" ? init : null, () => {
    machine.pendingLabels = labels;
    loopOf(machine, node);
  });
}

function loopOf(machine: Machine, node: ForStatement): void {
  const scope = machine.module.scopeOf(node)!;
  const labels = machine.takeLabels();
  machine.enterScope(scope);
  if (node.init?.type === "VariableDeclaration") flattenDeclaration(machine, node.init);
  else if (node.init) machine.effect(flatten(machine, node.init));
  if (scope.boxName && node.init && containsClosure(node.init)) copyBox(machine, scope);
  const top = new Label();
  const next = new Label();
  const end = new Label();
  machine.mark(top);
  if (node.test) machine.branch(not(flatten(machine, node.test)), end, node.test);
  machine.pushTarget("loop", labels, end, next);
  flattenStatement(machine, node.body);
  machine.control.pop();
  machine.mark(next);
  if (scope.boxName) copyBox(machine, scope);
  if (node.update) machine.effect(flatten(machine, node.update));
  machine.jump(top);
  machine.mark(end);
}

function copyBox(machine: Machine, scope: Scope): void {
  const copy = boxCopy(scope);
  if (copy.type === "AssignmentExpression") machine.set(scope.boxName, copy.right);
}

export function flattenForEach(machine: Machine, node: ForOfStatement | ForInStatement): void {
  const labels = machine.takeLabels();
  const iterator = machine.named("it");
  machine.set(iterator, iteratorOf(machine, node), node.right);
  if (node.type === "ForOfStatement" && node.await) {
    forAwait(machine, node, iterator, labels);
    return;
  }

  const top = new Label();
  const end = new Label();
  machine.mark(top);
  machine.branch(not(call(member(identifier(iterator), "$$step"), [])), end, node.right);
  // Leaving by break, return or an outer continue closes the iterator; the loop's own continue does not.
  machine.closingOnFailure(iterator, () => {
    machine.pushTarget("loop", labels, end);
    machine.control.push({ type: "iterator", name: iterator });
    machine.pushTarget("loop", labels, null, top);
    iteration(machine, node, member(identifier(iterator), "$$value"));
    machine.control.length -= 3;
    machine.jump(top);
  });
  machine.mark(end);
}

/**
 * Iterators of the runtime, which can be saved. `x.entries()`, `x.keys()` and `x.values()` in the head of a loop
 * keep x instead of a native iterator.
 */
function iteratorOf(machine: Machine, node: ForOfStatement | ForInStatement): Expression {
  if (node.type === "ForInStatement") return runtimeCall("keysIn", [flatten(machine, node.right)]);
  if (node.await) return runtimeCall("asyncIterate", [flatten(machine, node.right)]);
  const { right } = node;
  if (
    right.type === "CallExpression" &&
    right.arguments.length === 0 &&
    !right.optional &&
    right.callee.type === "MemberExpression" &&
    !right.callee.computed &&
    right.callee.object.type !== "Super" &&
    right.callee.property.type === "Identifier" &&
    ["entries", "keys", "values"].includes(right.callee.property.name)
  ) {
    const receiver = flatten(machine, right.callee.object);
    return runtimeCall("iterateMethod", [receiver, literal(right.callee.property.name)]);
  }
  return runtimeCall("iterate", [flatten(machine, right)]);
}

/** `for await`: each step and the closing are awaited, the closing as a finally block. */
function forAwait(machine: Machine, node: ForOfStatement, iterator: string, labels: readonly string[]): void {
  const top = new Label();
  const end = new Label();
  const next = new Label();
  const failed = new Label();
  const outer = machine.handler;
  const entry = machine.finallyEntry();
  machine.mark(top);
  const result = machine.temporary();
  machine.suspend("await", call(member(identifier(iterator), "$$next"), []), result, node.right);
  machine.effect(runtimeCall("checkIteratorResult", [identifier(result)]));
  machine.branch(member(identifier(result), "done"), end);
  machine.pushTarget("loop", labels, end);
  machine.control.push(entry);
  machine.pushTarget("loop", labels, null, next);
  machine.handler = failed;
  failed.used = true;
  iteration(machine, node, member(identifier(result), "value"));
  machine.control.pop();
  machine.mark(next);
  machine.handler = outer;
  machine.jump(top);
  machine.control.length -= 2;
  machine.mark(failed);
  machine.set(entry.value, identifier("$$v"));
  machine.set(entry.reason, literal(1));
  machine.mark(entry.label);
  const closed = machine.temporary();
  const isFailing = binary("===", identifier(entry.reason), literal(1));
  const close = runtimeCall("asyncClose", [identifier(iterator), isFailing]);
  machine.suspend("await", close, closed, node.right);
  machine.effect(runtimeCall("checkClosed", [identifier(closed), isFailing]));
  machine.dispatchFinally(entry);
  machine.mark(end);
}

function iteration(machine: Machine, node: ForOfStatement | ForInStatement, item: Expression): void {
  const body = () => flattenStatement(machine, node.body);
  const { left } = node;
  if (left.type !== "VariableDeclaration" || !isUsing(left)) {
    bindItem(machine, node, item);
    body();
    return;
  }
  const { kind } = left;
  withDisposals(machine, kind === "await using" ? left : null, () => {
    bindItem(machine, node, resource(machine, kind, item));
    body();
  });
}

/** Gives the loop's variable the item of this iteration. */
function bindItem(machine: Machine, node: ForOfStatement | ForInStatement, item: Expression): void {
  const { module, cx } = machine;
  const scope = module.scopeOf(node)!;
  if (scope.boxName) machine.set(machine.use(scope.boxName), boxValue(scope));
  const { left } = node;
  const target = left.type === "VariableDeclaration" ? left.declarations[0]!.id : left;
  if (left.type === "VariableDeclaration") {
    machine.enterScopeVariables(scope);
    machine.usePattern(target);
  }
  if (module.suspends(target)) {
    flattenPattern(machine, target, machine.keep(item));
    return;
  }
  if (left.type === "VariableDeclaration" && target.type === "Identifier") {
    const variable = module.variable(target)!;
    if (variable.storage !== "shared") {
      machine.set(variable.output, item, target);
      return;
    }
  }
  machine.statement(statement(assign(rewriteTarget(target, cx), item)));
}

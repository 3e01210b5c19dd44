/** `using` and `await using` in code with a suspension point: what they declare is disposed of as the block is left. */
import type { Expression, Statement, VariableDeclaration } from "acorn";
import {
  call,
  identifier,
  ifThen,
  literal,
  member,
  not,
  runtimeCall,
  throwStatement,
  voidZero,
} from "../ast.ts";
import { isUsing } from "../walk.ts";
import { Label } from "./instructions.ts";
import type { Machine } from "./machine.ts";

/** Compiles a list of statements that may declare resources. */
export function disposing(machine: Machine, statements: readonly Statement[], make: () => void): void {
  const declarations = statements.filter(isUsing);
  if (declarations.length === 0) make();
  else {
    const awaiting = declarations.find(({ kind }) => kind === "await using");
    withDisposals(machine, awaiting ?? null, make);
  }
}

/**
 * `try { make } finally { dispose }`, where an error of disposing joins the one that left the block. `awaiting` is
 * the declaration by which disposing is awaited, null where there is none.
 */
export function withDisposals(
  machine: Machine,
  awaiting: VariableDeclaration | null,
  make: () => void,
): void {
  const outer = machine.handler;
  const outerDisposals = machine.disposals;
  const name = machine.named("using");
  const entry = machine.finallyEntry();
  const failed = new Label();
  failed.used = true;
  machine.set(name, runtimeCall("disposals", []));
  machine.disposals = name;
  machine.control.push(entry);
  machine.handler = failed;
  make();
  machine.control.pop();
  machine.disposals = outerDisposals;
  machine.set(entry.value, voidZero());
  machine.set(entry.reason, literal(0));
  machine.jump(entry.label);
  machine.handler = outer;
  machine.mark(failed);
  machine.set(entry.value, identifier("$$v"));
  machine.effect(method(name, "$$fail", [identifier(entry.value)]));
  machine.set(entry.reason, literal(1));
  machine.mark(entry.label);
  dispose(machine, name, awaiting);
  const hasFailed = member(identifier(name), "failed");
  machine.statement(ifThen(hasFailed, throwStatement(member(identifier(name), "error"))));
  machine.dispatchFinally(entry);
}

function dispose(machine: Machine, name: string, awaiting: VariableDeclaration | null): void {
  if (!awaiting) {
    machine.effect(method(name, "$$step", []));
    return;
  }
  const top = new Label();
  const end = new Label();
  const failed = new Label();
  const outer = machine.handler;
  machine.mark(top);
  machine.branch(not(method(name, "$$step", [])), end);
  failed.used = true;
  machine.handler = failed;
  const awaited = machine.temporary();
  machine.suspend("await", member(identifier(name), "$$value"), awaited, awaiting);
  machine.handler = outer;
  machine.jump(top);
  machine.mark(failed);
  machine.effect(method(name, "$$fail", [identifier("$$v")]));
  machine.jump(top);
  machine.mark(end);
}

/** The value of a resource, kept to be disposed of. */
export function resource(machine: Machine, kind: VariableDeclaration["kind"], value: Expression): Expression {
  return method(machine.disposals!, "$$add", [value, literal(kind === "await using")]);
}

const method = (name: string, key: string, args: Expression[]): Expression =>
  call(member(identifier(name), key), args);

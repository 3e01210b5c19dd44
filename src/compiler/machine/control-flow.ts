/** Break, continue and return out of what encloses them: iterators are closed and finally blocks passed through. */
import type { BreakStatement, ContinueStatement, Expression, Statement } from "acorn";
import {
  assign,
  block,
  call,
  identifier,
  ifThen,
  literal,
  member,
  type Node,
  returnStatement,
  statement,
  throwStatement,
  voidZero,
} from "../ast.ts";
import { InstructionWriter } from "./instruction-writer.ts";
import { type Control, type FinallyControl, Label, type Leaving } from "./instructions.ts";

export class ControlFlow extends InstructionWriter {
  readonly control: Control[] = [];
  /** Labels of the statement about to be compiled. */
  pendingLabels: string[] = [];
  /** Local that holds the resources of the block. */
  disposals: string | null = null;

  suspend(
    op: "await" | "yield" | "start",
    argument: Expression,
    result: string | null,
    source: Node | null,
  ): void {
    const onReturn = op === "await" ? null : this.yieldReturn();
    this.emit({ op, argument, result, mode: null, onReturn, source, point: 0, live: [] });
  }

  /** Statements that leave a generator whose user called `return()`. */
  yieldReturn(): { statements: Statement[]; targets: Label[] } {
    const outer = this.openTargets;
    this.openTargets = [];
    const statements = this.leave({ kind: "return", value: identifier("$$v") });
    const targets = this.openTargets;
    this.openTargets = outer;
    return { statements, targets };
  }

  /** Compiles code whose jumps to the entry stay native. */
  nativeControl<T>(type: "loop" | "switch" | "block", make: () => T): T {
    const labels = this.pendingLabels;
    this.pendingLabels = [];
    this.control.push({ type, labels, breakTo: null, continueTo: null, native: true });
    const made = make();
    this.control.pop();
    return made;
  }

  nativeBlock<T>(make: () => T): T {
    return this.nativeControl("block", make);
  }

  finallyEntry(): FinallyControl {
    const label = new Label();
    const reason = this.named("k");
    const value = this.named("x");
    label.assigned = [reason, value];
    return { type: "finally", exits: new Map(), reason, value, label };
  }

  /** Closes an iterator when the code that `make` compiles throws; the error wins over one of closing. */
  closingOnFailure(iterator: string, make: () => void): void {
    const outer = this.handler;
    const failed = new Label();
    const after = new Label();
    failed.used = true;
    this.handler = failed;
    make();
    this.handler = outer;
    this.jump(after);
    this.mark(failed);
    const error = this.temporary();
    this.set(error, identifier("$$v"));
    this.effect(call(member(identifier(iterator), "$$abort"), []));
    this.leaveBy([throwStatement(identifier(error))]);
    this.mark(after);
  }

  takeLabels(): string[] {
    const labels = this.pendingLabels;
    this.pendingLabels = [];
    return labels;
  }

  pushTarget(
    type: "loop" | "switch" | "block",
    labels: readonly string[],
    breakTo: Label | null,
    continueTo: Label | null = null,
  ): void {
    this.control.push({ type, labels, breakTo, continueTo, native: false });
  }

  /** Where a break or continue goes; null when it stays inside native code. */
  jumpTarget(node: BreakStatement | ContinueStatement): { depth: number; label: Label } | null {
    const isContinue = node.type === "ContinueStatement";
    const name = node.label?.name;
    for (let depth = this.control.length - 1; depth >= 0; depth--) {
      const entry = this.control[depth]!;
      if (entry.type === "iterator" || entry.type === "finally") continue;
      const label = isContinue ? entry.continueTo : entry.breakTo;
      if (!entry.native && !label) continue;
      const matches = name
        ? entry.labels.includes(name)
        : entry.type === "loop" || (!isContinue && entry.type === "switch");
      if (matches) return entry.native ? null : { depth, label: label! };
    }
    throw new Error(`no target for ${node.type} at offset ${node.start}`);
  }

  /** Statements that leave the current place, closing iterators and passing through finally blocks on the way. */
  leave(leaving: Leaving): Statement[] {
    const statements: Statement[] = [];
    const depth = leaving.kind === "jump" ? leaving.depth : -1;
    let value = leaving.kind === "return" ? leaving.value! : voidZero();
    for (let i = this.control.length - 1; i > depth; i--) {
      const entry = this.control[i]!;
      if (entry.type === "iterator") {
        if (leaving.kind === "return" && value.type !== "Identifier" && value.type !== "Literal") {
          const kept = this.temporary();
          statements.push(statement(assign(identifier(kept), value)));
          value = identifier(kept);
        }
        statements.push(statement(call(member(identifier(entry.name), "$$close"), [])));
      } else if (entry.type === "finally") {
        return [...statements, ...this.throughFinally(entry, leaving, value)];
      }
    }
    if (leaving.kind === "return") return [...statements, returnStatement(value)];
    return [...statements, ...this.goto(leaving.label)];
  }

  private throughFinally(entry: FinallyControl, leaving: Leaving, value: Expression): Statement[] {
    const key = leaving.kind === "return" ? "return" : leaving.label;
    let exit = entry.exits.get(key);
    if (!exit) {
      exit = { number: entry.exits.size + 2, leaving };
      entry.exits.set(key, exit);
    }
    return [
      statement(assign(identifier(entry.value), value)),
      statement(assign(identifier(entry.reason), literal(exit.number))),
      ...this.goto(entry.label),
    ];
  }

  /** After a finally block: goes on to where the block was entered for. */
  dispatchFinally(entry: FinallyControl): void {
    const is = (number: number): Expression => ({
      start: -1,
      end: -1,
      type: "BinaryExpression",
      operator: "===",
      left: identifier(entry.reason),
      right: literal(number),
    });
    for (const { number, leaving } of entry.exits.values()) {
      const way = this.leave(
        leaving.kind === "return" ? { ...leaving, value: identifier(entry.value) } : leaving,
      );
      this.statement(ifThen(is(number), block(way)));
    }
    const rethrow: Statement = {
      start: -1,
      end: -1,
      type: "ThrowStatement",
      argument: identifier(entry.value),
    };
    this.statement(ifThen(is(1), rethrow));
  }
}

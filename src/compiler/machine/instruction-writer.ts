/** Writes instructions, and keeps account of the locals they use. */
import type { Expression, Literal, Statement } from "acorn";
import { assign, at, block, identifier, literal, type Node, statement } from "../ast.ts";
import type { Instruction, Label } from "./instructions.ts";

export class InstructionWriter {
  readonly instructions: Instruction[] = [];
  /** Locals of the step function. */
  readonly locals = new Set<string>();
  /** Where errors go at this place. */
  handler: Label | null = null;
  /** The statement of the source whose first instruction comes next. */
  beginning: Node | null = null;
  /** Labels that the statements being built jump to. */
  protected openTargets: Label[] = [];
  private temporaries = 0;

  use(name: string): string {
    this.locals.add(name);
    return name;
  }

  temporary(): string {
    return this.use(`$$${++this.temporaries}`);
  }

  /** A local with a meaning, for reading generated code. */
  named(prefix: string): string {
    return this.use(`$$${prefix}${++this.temporaries}`);
  }

  emit(instruction: WithoutCommon<Instruction>): void {
    this.instructions.push({ ...instruction, handler: this.handler, begins: this.beginning } as Instruction);
    if (instruction.op !== "label") this.beginning = null;
  }

  statement(one: Statement): void {
    this.emit({ op: "statement", statement: one, targets: this.takeTargets() });
  }

  statements(list: readonly Statement[]): void {
    if (list.some((one) => one.type === "VariableDeclaration")) this.statement(block([...list]));
    else if (list.length === 1) this.statement(list[0]!);
    else if (list.length > 1) {
      const targets = this.takeTargets();
      for (const one of list) this.emit({ op: "statement", statement: one, targets });
    }
  }

  /** Evaluates for its effects. */
  effect(expression: Expression): void {
    if (expression.type === "Identifier" && this.locals.has(expression.name)) return;
    this.statement(at(statement(expression), expression));
  }

  set(name: string, value: Expression, source: Node | null = null): void {
    this.emit({ op: "set", name, value, source });
  }

  /** Statements that never let control pass. */
  leaveBy(statements: readonly Statement[], source: Node | null = null): void {
    const one = statements.length === 1 ? statements[0]! : block([...statements]);
    this.emit({ op: "leave", statement: at(one, source), targets: this.takeTargets() });
  }

  mark(label: Label): void {
    this.emit({ op: "label", label });
  }

  jump(label: Label): void {
    label.used = true;
    this.emit({ op: "jump", label });
  }

  branch(test: Expression, label: Label, source: Node | null = null): void {
    label.used = true;
    this.emit({ op: "branch", test, label, source });
  }

  protected goto(label: Label): Statement[] {
    this.openTargets.push(label);
    return gotoStatements(label);
  }

  private takeTargets(): Label[] {
    const targets = this.openTargets;
    this.openTargets = [];
    return targets;
  }
}

type WithoutCommon<T> = T extends unknown ? Omit<T, "handler" | "begins"> : never;

/** `$$pc = n; continue $$L;` */
export function gotoStatements(label: Label): Statement[] {
  label.used = true;
  const number = literal(0) as Literal;
  label.references.push(number);
  return [
    statement(assign(identifier("$$pc"), number)),
    { start: -1, end: -1, type: "ContinueStatement", label: identifier("$$L") },
  ];
}

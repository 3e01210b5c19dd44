/** Turns the body of one async function or generator into instructions, and those into its frame class. */
import type { BreakStatement, ContinueStatement, Expression, Literal, Pattern, Statement } from "acorn";
import {
  assign,
  at,
  block,
  call,
  type FunctionNode,
  identifier,
  ifThen,
  isUndefined,
  literal,
  member,
  type Node,
  returnStatement,
  statement,
  voidZero,
} from "../ast.ts";
import { type CodeContext, type ModuleContext, variableReference } from "../context.ts";
import { boxValue, withDefault } from "../rewrite/closures.ts";
import { rewrite } from "../rewrite/expression.ts";
import { patternVariables, rewritePattern } from "../rewrite/patterns.ts";
import type { FunctionInfo, Scope, Variable } from "../scope.ts";
import { children } from "../walk.ts";
import { flatten } from "./expressions.ts";
import { generate } from "./generate.ts";
import type { Control, FinallyControl, Instruction, Label, Leaving } from "./instructions.ts";
import { flattenList } from "./statements.ts";

export interface CompiledMachine {
  /** `$$rt.frame(class, step, description)` */
  readonly frame: Expression;
  /** Properties of the frame. */
  readonly slots: ReadonlySet<string>;
  readonly paramNames: readonly string[];
}

export class Machine {
  readonly module: ModuleContext;
  readonly fn: FunctionInfo;
  readonly cx: CodeContext;
  readonly instructions: Instruction[] = [];
  /** Locals of the step function. */
  readonly locals = new Set<string>();
  readonly control: Control[] = [];
  /** Labels of the statement about to be compiled. */
  pendingLabels: string[] = [];
  /** Where errors go at this place. */
  handler: Label | null = null;
  private readonly flatScopes = new Set<Scope>();
  /** Labels that the statements being built jump to. */
  private openTargets: Label[] = [];
  private temporaries = 0;

  constructor(module: ModuleContext, fn: FunctionInfo) {
    this.module = module;
    this.fn = fn;
    this.cx = { module, fn, machine: this, thisName: "$$this" };
  }

  compile(node: FunctionNode, frameName: string): CompiledMachine {
    const { fn } = this;
    this.flatScopes.add(fn.scope);
    this.markFlatScopes(node.body);
    const { paramNames, bind } = this.declareParams(node);
    for (const { name } of fn.captures) this.use(name);
    this.use("$$this");
    this.use("$$args");
    if (fn.selfVariable) this.use(fn.selfVariable.output);
    const entryNames = new Set([...this.locals]);
    if (fn.scope.boxName) this.set(this.use(fn.scope.boxName), boxValue(fn.scope));
    bind();
    // Parameters of a generator are bound when it is called, its body runs at the first next().
    const bindsAtCall = fn.generator && node.params.some((param) => param.type !== "Identifier");
    if (bindsAtCall) this.suspend("start", voidZero(), null, node);
    if (node.body.type === "BlockStatement") {
      flattenList(this, node.body.body);
      this.emit({ op: "leave", statement: returnStatement(voidZero()), targets: [] });
    } else {
      const value = flatten(this, node.body);
      this.emit({ op: "leave", statement: at(returnStatement(value), node.body), targets: [] });
    }
    const { frame, slots } = generate(this, node, frameName, entryNames);
    return { frame, slots, paramNames };
  }

  /** Scopes that hold a suspension point are taken apart: their variables become locals of the step function. */
  private markFlatScopes(node: Node): void {
    const scope = this.module.scopeOf(node);
    if (scope?.fn === this.fn && this.module.suspends(node)) this.flatScopes.add(scope);
    for (const child of children(node)) {
      if (!this.module.analysis.functionOf.has(child)) this.markFlatScopes(child);
    }
  }

  private declareParams(node: FunctionNode): { paramNames: string[]; bind: () => void } {
    const steps: (() => void)[] = [];
    const paramNames = node.params.map((param, index) => {
      const outer = param.type === "RestElement" ? param.argument : param;
      const target = outer.type === "AssignmentPattern" ? outer.left : outer;
      const fallback = outer.type === "AssignmentPattern" ? outer.right : null;
      if (target.type !== "Identifier") {
        const name = this.use(`$$p${index}`);
        this.usePattern(target);
        steps.push(() => {
          const chosen = fallback
            ? withDefault(identifier(name), rewrite(fallback, this.cx))
            : identifier(name);
          this.statement(statement(assign(rewritePattern(target, this.cx), chosen)));
        });
        return name;
      }
      const variable = this.module.variable(target)!;
      const name = this.use(variable.output);
      steps.push(() => {
        if (fallback) {
          const chosen = statement(assign(identifier(name), rewrite(fallback, this.cx)));
          this.statement(ifThen(isUndefined(identifier(name)), chosen));
        }
        if (variable.storage === "shared") {
          this.statement(statement(assign(variableReference(variable) as Pattern, identifier(name))));
        }
      });
      return name;
    });
    return {
      paramNames,
      bind: () => {
        for (const step of steps) step();
      },
    };
  }

  // --- Locals

  use(name: string): string {
    this.locals.add(name);
    return name;
  }

  usePattern(pattern: Pattern): void {
    for (const variable of patternVariables(pattern, this.cx)) {
      if (variable.storage !== "shared") this.use(variable.output);
    }
  }

  temporary(): string {
    return this.use(`$$${++this.temporaries}`);
  }

  /** A local with a meaning, for reading generated code. */
  named(prefix: string): string {
    return this.use(`$$${prefix}${++this.temporaries}`);
  }

  /** Whether the variable is a local of the step function rather than of a native block inside it. */
  isFlat(variable: Variable): boolean {
    return variable.fn === this.fn && (variable.kind === "var" || this.flatScopes.has(variable.scope));
  }

  /** Makes the variables of a scope locals of the step function, and its box a new one. */
  enterScope(scope: Scope | undefined): void {
    if (!scope) return;
    this.enterScopeVariables(scope);
    if (scope.boxName) this.set(this.use(scope.boxName), boxValue(scope));
  }

  enterScopeVariables(scope: Scope): void {
    this.flatScopes.add(scope);
  }

  // --- Instructions

  emit(instruction: WithoutHandler<Instruction>): void {
    this.instructions.push({ ...instruction, handler: this.handler } as Instruction);
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

  // --- Control flow

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

  private goto(label: Label): Statement[] {
    this.openTargets.push(label);
    return gotoStatements(label);
  }

  private takeTargets(): Label[] {
    const targets = this.openTargets;
    this.openTargets = [];
    return targets;
  }

  /** Keeps a value that a later suspension must not change. Constants are used as they are. */
  keep(value: Expression, original: Node | null = null): Expression {
    if (original && this.isStable(original)) return value;
    if (value.type === "Literal") return value;
    if (value.type === "Identifier" && /^\$\$\d+$/.test(value.name)) return value;
    const name = this.temporary();
    this.set(name, value, original);
    return identifier(name);
  }

  /** Whether reading the expression later gives the same value. */
  private isStable(node: Node): boolean {
    if (node.type === "Literal" || node.type === "ThisExpression") return true;
    if (node.type !== "Identifier") return false;
    if (this.module.analysis.argumentsOf.has(node)) return true;
    const variable = this.module.variable(node);
    if (!variable) return node.name in globalThis;
    if (variable.scope.kind === "module") return !variable.assigned && variable.kind !== "import";
    return !variable.assigned && variable.storage !== "shared";
  }
}

type WithoutHandler<T> = T extends unknown ? Omit<T, "handler"> : never;

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

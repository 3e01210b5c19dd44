/** What the parts of the compiler share while they compile one module. */
import type { Expression, Identifier, Statement } from "acorn";
import type { Analysis } from "./analyze.ts";
import { identifier, member, type Node } from "./ast.ts";
import { CompileError, type CompileErrorCode } from "./compile-error.ts";
import type { Machine } from "./machine/machine.ts";
import type { FunctionInfo, Scope, Variable } from "./scope.ts";

export interface CompileOptions {
  /**
   * Identifies the module in snapshots; the same on every machine, so a path relative to the project and not an
   * absolute one.
   */
  moduleId: string;
  /** Name in errors, stack traces and the source map. Default: the module id. */
  filename?: string;
  /** Specifier under which compiled code imports the runtime. Default: `dispatch-ts/runtime`. */
  runtime?: string;
}

/** A place where a function can be suspended. */
export interface SuspensionPoint {
  readonly kind: "await" | "yield" | "start";
  /** `line:column` in the source, both 1-based. */
  readonly at: string;
  /** Variables that are saved there. */
  readonly live: readonly string[];
}

/** A function that was compiled to a state machine. */
export interface ResumableFunction {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly points: readonly SuspensionPoint[];
}

export class ModuleContext {
  readonly analysis: Analysis;
  readonly moduleId: string;
  readonly filename: string;
  /** Frames and descriptors of functions: first in the module. */
  readonly descriptors: Statement[] = [];
  /** Factories of closures, hoisted to the top of the module. */
  readonly factories: Statement[] = [];
  /** Code that must stand inside a class, since it uses the class's private names. */
  readonly insideClass = new Map<FunctionInfo, Statement[]>();
  /** Names under which classes keep themselves for `super` in suspended methods. */
  readonly homeNames = new Map<FunctionInfo, string>();
  readonly functions: ResumableFunction[] = [];
  private count = 0;

  constructor(analysis: Analysis, moduleId: string, filename: string) {
    this.analysis = analysis;
    this.moduleId = moduleId;
    this.filename = filename;
  }

  unique(): number {
    return ++this.count;
  }

  fail(code: CompileErrorCode, message: string, node: Node | null | undefined): never {
    throw new CompileError(code, message, this.filename, node);
  }

  suspends(node: Node | null | undefined): boolean {
    return node != null && this.analysis.suspending.has(node);
  }

  variable(id: Identifier): Variable | null | undefined {
    return this.analysis.references.get(id);
  }

  functionOf(node: Node): FunctionInfo {
    return this.analysis.functionOf.get(node)!;
  }

  scopeOf(node: Node): Scope | undefined {
    return this.analysis.scopeOf.get(node);
  }

  functionId(fn: FunctionInfo): string {
    return `${this.moduleId}#${fn.path}`;
  }

  /** Statements to put inside the class `fn` belongs to; the class must be at the top level of the module. */
  classBodyOf(fn: FunctionInfo, code: CompileErrorCode, message: string): Statement[] {
    let owner: FunctionInfo | null = fn;
    while (owner && owner.kind !== "class") owner = owner.parent;
    if (!owner?.parent?.isModule || owner.inLoop) this.fail(code, message, fn.node);
    const statements = this.insideClass.get(owner) ?? [];
    this.insideClass.set(owner, statements);
    return statements;
  }
}

/** Where a piece of code stands. */
export interface CodeContext {
  readonly module: ModuleContext;
  readonly fn: FunctionInfo;
  /** The state machine the code becomes part of; null in code that stays native. */
  readonly machine: Machine | null;
  /** Name that stands for `this` in a factory's arrow; null where `this` itself does. */
  readonly thisName: string | null;
}

/** The expression a variable is read and assigned by. */
export function variableReference(
  variable: Variable,
): Expression & (Identifier | { type: "MemberExpression" }) {
  if (variable.storage === "shared") return member(identifier(variable.scope.boxName), variable.boxKey);
  return identifier(variable.scope.kind === "module" ? variable.name : variable.output);
}

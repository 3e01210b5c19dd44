/** Turns the body of one async function or generator into instructions, and those into its frame class. */
import type { Expression, Pattern } from "acorn";
import {
  assign,
  at,
  type FunctionNode,
  identifier,
  ifThen,
  isUndefined,
  type Node,
  returnStatement,
  statement,
  voidZero,
} from "../ast.ts";
import { type CodeContext, type ModuleContext, variableReference } from "../context.ts";
import { boxValue, parametersInBody } from "../rewrite/boxes.ts";
import { withDefault } from "../rewrite/closures.ts";
import { isDead, isGuarded, rewrite } from "../rewrite/expression.ts";
import { patternVariables, rewritePattern } from "../rewrite/patterns.ts";
import type { FunctionInfo, Scope, Variable } from "../scope.ts";
import { children } from "../walk.ts";
import { ControlFlow } from "./control-flow.ts";
import { disposing } from "./disposal.ts";
import { flatten } from "./expressions.ts";
import { generate } from "./generate.ts";
import { flattenList } from "./statements.ts";

export interface CompiledMachine {
  /** `$$rt.frame(locals, step, description)` */
  readonly frame: Expression;
  /** Variables that the frame holds. */
  readonly slots: ReadonlySet<string>;
  /** Name of the function that makes the object which holds them; null when there are none. */
  readonly locals: string | null;
  readonly paramNames: readonly string[];
}

export class Machine extends ControlFlow {
  readonly module: ModuleContext;
  readonly fn: FunctionInfo;
  readonly cx: CodeContext;
  private readonly flatScopes = new Set<Scope>();

  constructor(module: ModuleContext, fn: FunctionInfo) {
    super();
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
      this.enterBody(this.module.scopeOf(node.body));
      const { body } = node.body;
      disposing(this, body, () => flattenList(this, body));
      this.emit({ op: "leave", statement: returnStatement(voidZero()), targets: [] });
    } else {
      const value = flatten(this, node.body);
      this.emit({ op: "leave", statement: at(returnStatement(value), node.body), targets: [] });
    }
    return { ...generate(this, node, frameName, entryNames), paramNames };
  }

  /** The scope of a body whose parameters do not see its variables. */
  private enterBody(scope: Scope | undefined): void {
    if (!scope) return;
    this.enterScope(scope);
    for (const { variable, param } of parametersInBody(scope)) {
      const target = variableReference(variable);
      if (target.type === "Identifier") this.use(target.name);
      this.statement(statement(assign(target as Pattern, variableReference(param))));
    }
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
  usePattern(pattern: Pattern): void {
    for (const variable of patternVariables(pattern, this.cx)) {
      if (variable.storage !== "shared") this.use(variable.output);
    }
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

  /** Keeps a value that a later suspension must not change. Constants are used as they are. */
  keep(value: Expression, original: Node | null = null): Expression {
    if (original && this.isStable(original)) return value;
    if (value.type === "Literal") return value;
    if (value.type === "Identifier" && /^\$\$\d+$/.test(value.name)) return value;
    const name = this.temporary();
    this.set(name, value, original);
    return identifier(name);
  }

  /**
   * Whether reading the expression later gives the same value. The function's own text alone decides: whatever the
   * module, the functions around it and the platform say must not change what its frame holds.
   */
  private isStable(node: Node): boolean {
    if (node.type === "Literal" || node.type === "ThisExpression") return true;
    if (node.type !== "Identifier") return false;
    if (this.module.analysis.argumentsOf.has(node)) return true;
    const variable = this.module.variable(node);
    if (!variable) return CONSTANTS.has(node.name);
    if (variable.fn !== this.fn || isDead(node, this.cx) || isGuarded(node, this.cx)) return false;
    return !variable.assigned && variable.storage !== "shared";
  }
}

/** The names of the global object that nothing can change. */
const CONSTANTS: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

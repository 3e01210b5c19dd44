/** Rewrites statements that hold no suspension point. They stay native, inside a state machine or out of one. */
import type {
  BlockStatement,
  BreakStatement,
  CatchClause,
  ClassDeclaration,
  ContinueStatement,
  Expression,
  FunctionDeclaration,
  LabeledStatement,
  ReturnStatement,
  Statement,
  SwitchStatement,
  VariableDeclaration,
} from "acorn";
import { assign, at, block, declare, identifier, statement, voidZero } from "../ast.ts";
import { type CodeContext, variableReference } from "../context.ts";
import type { Variable } from "../scope.ts";
import { boxDeclaration } from "./boxes.ts";
import { closure, moduleClass, settled } from "./closures.ts";
import { rewrite, rewriteChildren } from "./expression.ts";
import { rewriteFor, rewriteForEach, rewriteWhile } from "./loops.ts";
import { bindsShared, declareByAssignment, patternVariables, rewritePattern } from "./patterns.ts";

/** A list of statements: its function declarations first, as JavaScript hoists them. */
export function rewriteList(statements: readonly Statement[], cx: CodeContext): Statement[] {
  const functions = statements.filter((one) => one.type === "FunctionDeclaration");
  const rest = statements.filter((one) => one.type !== "FunctionDeclaration");
  return [
    ...functions.map((one) => declaredFunction(one as FunctionDeclaration, cx)),
    ...rest.flatMap((one) => rewriteStatement(one, cx)),
  ];
}

/** One statement may become several: a declaration that spills, for one. */
export function rewriteStatement(node: Statement, cx: CodeContext): Statement[] {
  switch (node.type) {
    case "ExpressionStatement":
      return [{ ...node, expression: rewrite(node.expression, cx) }];
    case "FunctionDeclaration":
      return [declaredFunction(node, cx)];
    case "ClassDeclaration":
      return [declaredClass(node, cx)];
    case "VariableDeclaration":
      return rewriteDeclaration(node, cx);
    case "BlockStatement":
      return [rewriteBlock(node, cx)];
    case "ReturnStatement":
      return rewriteReturn(node, cx);
    case "BreakStatement":
    case "ContinueStatement":
      return rewriteJump(node, cx);
    case "IfStatement":
      return [
        {
          ...node,
          test: rewrite(node.test, cx),
          consequent: single(node.consequent, cx),
          alternate: node.alternate ? single(node.alternate, cx) : null,
        },
      ];
    case "LabeledStatement":
      return rewriteLabeled(node, cx);
    case "ForStatement":
      return rewriteFor(node, cx);
    case "ForOfStatement":
    case "ForInStatement":
      return rewriteForEach(node, cx);
    case "WhileStatement":
    case "DoWhileStatement":
      return rewriteWhile(node, cx);
    case "SwitchStatement":
      return rewriteSwitch(node, cx);
    case "TryStatement":
      return [
        {
          ...node,
          block: rewriteBlock(node.block, cx),
          handler: node.handler ? rewriteCatch(node.handler, cx) : null,
          finalizer: node.finalizer ? rewriteBlock(node.finalizer, cx) : null,
        },
      ];
    case "ThrowStatement":
      return [{ ...node, argument: rewrite(node.argument, cx) }];
    default:
      return [rewriteChildren(node, cx)];
  }
}

/** A statement in a place that takes one only. */
export function single(node: Statement, cx: CodeContext): Statement {
  const statements = rewriteStatement(node, cx);
  const [only] = statements;
  return statements.length === 1 && only?.type !== "VariableDeclaration" ? only! : block(statements);
}

export function rewriteBlock(node: BlockStatement, cx: CodeContext): BlockStatement {
  const scope = cx.module.scopeOf(node);
  const box = scope?.boxName ? [boxDeclaration(scope)] : [];
  return at(block([...box, ...rewriteList(node.body, cx)]), node);
}

/** Assigns a value to where the variable lives, or declares it there. */
export function initialise(variable: Variable, value: Expression, cx: CodeContext): Statement {
  if (variable.storage === "shared") {
    return statement(assign(variableReference(variable) as never, value));
  }
  if (cx.machine?.isFlat(variable)) {
    return statement(assign(identifier(cx.machine.use(variable.output)), value));
  }
  // A function may have the name of a parameter, a `var` or another function.
  const mayBeAgain = variable.scope.kind === "function" && variable.kind !== "class";
  return declare(mayBeAgain ? "var" : "let", variable.output, value);
}

export function declaredFunction(node: FunctionDeclaration, cx: CodeContext): Statement {
  return initialise(cx.module.variable(node.id)!, closure(node, cx), cx);
}

export function declaredClass(node: ClassDeclaration, cx: CodeContext): Statement {
  const variable = cx.module.variable(node.id)!;
  if (cx.fn.isModule && variable.scope.kind === "module") return moduleClass(node, cx) as never;
  return initialise(variable, closure(node, cx), cx);
}

export function rewriteDeclaration(node: VariableDeclaration, cx: CodeContext): Statement[] {
  if (node.kind === "using" || node.kind === "await using") return usingDeclaration(node, cx);
  const { machine } = cx;
  const isNative = node.declarations.every(
    ({ id }) =>
      !bindsShared(id, cx) && !patternVariables(id, cx).some((variable) => machine?.isFlat(variable)),
  );
  if (isNative) {
    const declarations = node.declarations.map((one) => ({
      ...one,
      id: rewritePattern(one.id, cx, true),
      init: one.init ? rewrite(one.init, cx) : null,
    }));
    return [{ ...node, declarations }];
  }
  return node.declarations.flatMap((one): Statement[] => {
    const init = one.init ? rewrite(one.init, cx) : null;
    if (one.id.type !== "Identifier") {
      return declareByAssignment(one.id, init!, cx, node.kind === "var" ? "var" : "let");
    }
    const variable = cx.module.variable(one.id)!;
    if (variable.storage === "local" || variable.storage === "copied") {
      if (!machine?.isFlat(variable)) return [at(declare(node.kind, variable.output, init), one)];
      machine.use(variable.output);
    }
    // `var x;` keeps what x has; `let x;` in a loop starts afresh.
    if (!init && node.kind === "var") return [];
    return [at(statement(at(assign(variableReference(variable) as never, init ?? voidZero()), one)), one)];
  });
}

function usingDeclaration(node: VariableDeclaration, cx: CodeContext): Statement[] {
  if (node.declarations.some(({ id }) => bindsShared(id, cx))) {
    cx.module.fail(
      "USING_DECLARATION",
      `'${node.kind}' of what a closure captures before it is declared; declare it before the closure`,
      node,
    );
  }
  const declarations = node.declarations.map((one) => ({
    ...one,
    id: rewritePattern(one.id, cx, true),
    init: rewrite(one.init!, cx),
  }));
  return [{ ...node, declarations }];
}

function rewriteReturn(node: ReturnStatement, cx: CodeContext): Statement[] {
  const argument = node.argument ? rewrite(node.argument, cx) : null;
  if (!cx.machine) {
    return [{ ...node, argument: cx.fn.async ? settled(argument ?? voidZero()) : argument }];
  }
  const leaving = cx.machine.leave({ kind: "return", value: argument ?? voidZero() });
  return [at(leaving.length === 1 ? leaving[0]! : block(leaving), node)];
}

function rewriteJump(node: BreakStatement | ContinueStatement, cx: CodeContext): Statement[] {
  const target = cx.machine?.jumpTarget(node);
  if (!cx.machine || !target) return [node];
  return [block(cx.machine.leave({ kind: "jump", ...target }))];
}

const isLoop = (node: Statement): boolean => /For|While/.test(node.type);

function rewriteLabeled(node: LabeledStatement, cx: CodeContext): Statement[] {
  const { machine } = cx;
  machine?.pendingLabels.push(node.label.name);
  if (isLoop(node.body) || node.body.type === "LabeledStatement") {
    const statements = rewriteStatement(node.body, cx);
    // A loop may be preceded by the declaration of its box: the label belongs to the loop itself.
    const loop = statements.pop()!;
    const labelled = { ...node, body: loop };
    return statements.length > 0 ? [block([...statements, labelled])] : [labelled];
  }
  if (!machine) return [{ ...node, body: single(node.body, cx) }];
  return [machine.nativeBlock(() => ({ ...node, body: single(node.body, cx) }))];
}

function rewriteSwitch(node: SwitchStatement, cx: CodeContext): Statement[] {
  const scope = cx.module.scopeOf(node)!;
  const discriminant = rewrite(node.discriminant, cx);
  const functions: Statement[] = [];
  const rewriteCases = () =>
    node.cases.map((one) => {
      for (const inner of one.consequent) {
        if (inner.type === "FunctionDeclaration") functions.push(declaredFunction(inner, cx));
      }
      const rest = one.consequent.filter((inner) => inner.type !== "FunctionDeclaration");
      return {
        ...one,
        test: one.test ? rewrite(one.test, cx) : null,
        consequent: rewriteList(rest, cx),
      };
    });
  const cases = cx.machine ? cx.machine.nativeControl("switch", rewriteCases) : rewriteCases();
  const before = [...(scope.boxName ? [boxDeclaration(scope)] : []), ...functions];
  const rewritten: SwitchStatement = { ...node, discriminant, cases };
  return before.length > 0 ? [block([...before, rewritten])] : [rewritten];
}

function rewriteCatch(node: CatchClause, cx: CodeContext): CatchClause {
  const { param } = node;
  const body = rewriteBlock(node.body, cx);
  if (!param) return { ...node, body };
  if (!bindsShared(param, cx)) return { ...node, param: rewritePattern(param, cx, true), body };
  const scope = cx.module.scopeOf(node)!;
  const caught = identifier("$$x");
  const before = [boxDeclaration(scope), ...declareByAssignment(param, identifier("$$x"), cx)];
  return { ...node, param: caught, body: block([...before, body]) };
}

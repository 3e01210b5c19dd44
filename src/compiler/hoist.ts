/** Declares the variables of a scope before its code is visited, as JavaScript hoists them. */
import type { BlockStatement, Identifier, Pattern, Program, Statement } from "acorn";
import type { Node } from "./ast.ts";
import { bindingsOf } from "./dead-zone.ts";
import { type Scope, Variable, type VariableKind } from "./scope.ts";
import { children, isClass, isFunction, patternIdentifiers } from "./walk.ts";

export type Declare = (scope: Scope, id: Identifier, kind: VariableKind, initialisedAt: number) => Variable;

/** `var` declarations anywhere in `node` that belong to `scope`'s function. */
export function hoistVars(node: Node, scope: Scope, declare: Declare): void {
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    for (const declarator of node.declarations) {
      for (const id of patternIdentifiers(declarator.id)) {
        // A `var` may be read and assigned before and after its initialiser.
        declare(scope, id, "var", declarator.end).assigned = true;
      }
    }
  }
  for (const child of children(node)) {
    if (!isFunction(child) && !isClass(child)) hoistVars(child, scope, declare);
  }
}

/** Lexical declarations, functions, classes and imports directly in a list of statements. */
export function hoistLexical(
  statements: readonly (Statement | Program["body"][number])[],
  scope: Scope,
  declare: Declare,
): void {
  for (const outer of statements) {
    const statement: Node | null | undefined =
      outer.type === "ExportNamedDeclaration" || outer.type === "ExportDefaultDeclaration"
        ? outer.declaration
        : outer;
    switch (statement?.type) {
      case "VariableDeclaration":
        if (statement.kind === "var") break;
        for (const declarator of statement.declarations) {
          declareLexical(declarator.id, declarator.init, scope, statement.kind, declarator.end, declare);
        }
        break;
      case "FunctionDeclaration":
        if (statement.id) declare(scope, statement.id, "function", 0);
        break;
      case "ClassDeclaration":
        if (statement.id) declare(scope, statement.id, "class", statement.end).boundAt = statement.end;
        break;
      case "ImportDeclaration":
        for (const specifier of statement.specifiers) declare(scope, specifier.local, "import", 0);
        break;
      case "LabeledStatement":
        hoistLexical([statement.body], scope, declare);
        break;
    }
  }
}

/**
 * Whether the defaults or keys of a parameter mention a name that the body declares: they mean another variable than
 * the body does.
 */
export function seesNamesOf(param: Pattern, body: BlockStatement): boolean {
  const mentioned = new Set<string>();
  const collect = (node: Node): void => {
    if (node.type === "Identifier") mentioned.add(node.name);
    for (const child of children(node)) collect(child);
  };
  const collectExpressions = (pattern: Pattern): void => {
    switch (pattern.type) {
      case "AssignmentPattern":
        collect(pattern.right);
        collectExpressions(pattern.left);
        break;
      case "RestElement":
        collectExpressions(pattern.argument);
        break;
      case "ArrayPattern":
        for (const part of pattern.elements) if (part) collectExpressions(part);
        break;
      case "ObjectPattern":
        for (const part of pattern.properties) {
          if (part.type === "Property" && part.computed) collect(part.key);
          collectExpressions(part.type === "Property" ? part.value : part.argument);
        }
        break;
    }
  };
  collectExpressions(param);
  if (mentioned.size === 0) return false;
  let found = false;
  const declare: Declare = (scope, id, kind) => {
    found ||= mentioned.has(id.name);
    return new Variable(id.name, kind, scope, 0);
  };
  const nowhere = { fn: { scopes: [] } } as unknown as Scope;
  hoistVars(body, nowhere, declare);
  hoistLexical(body.body, nowhere, declare);
  return found;
}

/** The variables of one declarator or parameter, with where they get their values. */
export function declareLexical(
  pattern: Pattern,
  init: Node | null | undefined,
  scope: Scope,
  kind: VariableKind,
  initialisedAt: number,
  declare: Declare,
): void {
  for (const { id, boundAt, deadIn } of bindingsOf(pattern, init)) {
    const variable = declare(scope, id, kind, initialisedAt);
    variable.boundAt = boundAt;
    variable.deadIn = deadIn;
    if (pattern.type === "Identifier") variable.init = init ?? null;
  }
}

/** A declaration function that records which identifier stands for which variable. */
export function declarer(references: Map<Identifier, Variable | null>): Declare {
  return (scope, id, kind, initialisedAt) => {
    let variable = scope.variables.get(id.name);
    if (variable === undefined) {
      variable = new Variable(id.name, kind, scope, initialisedAt);
      scope.variables.set(id.name, variable);
    } else {
      // Declared twice (var and parameter, two functions): it changes after its first value.
      variable.assigned = true;
      variable.initialisedAt = Math.max(variable.initialisedAt, initialisedAt);
    }
    references.set(id, variable);
    return variable;
  };
}

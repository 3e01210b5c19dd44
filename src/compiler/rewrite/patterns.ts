/** Rewrites destructuring patterns that hold no suspension point. */
import type { Expression, Pattern, Statement } from "acorn";
import { assign, at, declare, identifier, statement } from "../ast.ts";
import type { CodeContext } from "../context.ts";
import type { Variable } from "../scope.ts";
import { patternIdentifiers } from "../walk.ts";
import { rewrite, rewriteTarget } from "./expression.ts";

/**
 * With `declares`, identifiers are written as declarations of locals; without, as targets of an assignment to
 * wherever the variable lives.
 */
export function rewritePattern(pattern: Pattern, cx: CodeContext, declares = false): Pattern {
  switch (pattern.type) {
    case "Identifier": {
      const variable = cx.module.variable(pattern);
      if (declares && variable && variable.scope.kind !== "module") {
        return at(identifier(variable.output), pattern);
      }
      return declares ? pattern : rewriteTarget(pattern, cx);
    }
    case "ObjectPattern":
      return {
        ...pattern,
        properties: pattern.properties.map((part) =>
          part.type === "RestElement"
            ? { ...part, argument: rewritePattern(part.argument, cx, declares) }
            : {
                ...part,
                key: part.computed ? rewrite(part.key, cx) : part.key,
                value: rewritePattern(part.value, cx, declares),
                shorthand: false,
              },
        ),
      };
    case "ArrayPattern":
      return {
        ...pattern,
        elements: pattern.elements.map((part) => part && rewritePattern(part, cx, declares)),
      };
    case "AssignmentPattern":
      return {
        ...pattern,
        left: rewritePattern(pattern.left, cx, declares),
        right: rewrite(pattern.right, cx),
      };
    case "RestElement":
      return { ...pattern, argument: rewritePattern(pattern.argument, cx, declares) };
    case "MemberExpression":
      return rewriteTarget(pattern, cx);
  }
}

export function patternVariables(pattern: Pattern, cx: CodeContext): Variable[] {
  return patternIdentifiers(pattern)
    .map((id) => cx.module.variable(id))
    .filter((variable) => variable != null);
}

export function bindsShared(pattern: Pattern, cx: CodeContext): boolean {
  return patternVariables(pattern, cx).some((variable) => variable.storage === "shared");
}

/** Declares the locals among a pattern's variables, then destructures into all of them. */
export function declareByAssignment(
  pattern: Pattern,
  value: Expression,
  cx: CodeContext,
  kind: "let" | "var" = "let",
): Statement[] {
  const statements: Statement[] = [];
  for (const variable of patternVariables(pattern, cx)) {
    if (variable.storage === "shared") continue;
    if (cx.machine?.isFlat(variable)) cx.machine.use(variable.output);
    else statements.push(declare(kind, variable.output));
  }
  statements.push(statement(assign(rewritePattern(pattern, cx), value)));
  return statements;
}

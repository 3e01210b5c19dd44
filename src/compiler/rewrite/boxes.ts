/** Boxes: the objects that hold the variables of a scope which closures share, and the scope of a function's body. */
import type { BlockStatement, Expression, Pattern, Statement } from "acorn";
import {
  assign,
  declare,
  identifier,
  member,
  object,
  property,
  runtimeMember,
  statement,
  voidZero,
} from "../ast.ts";
import { type CodeContext, variableReference } from "../context.ts";
import type { Scope, Variable } from "../scope.ts";

/** `let $$e1 = { a: void 0 }`, or with parameters `{ a: a }`. */
export function boxDeclaration(scope: Scope, withParams = false): Statement {
  return declare("let", scope.boxName, boxValue(scope, withParams));
}

export function boxValue(scope: Scope, withParams = false): Expression {
  return object(
    scope.shared.map((variable) => {
      const isFilled = withParams && variable.kind === "param";
      if (isFilled) return property(variable.boxKey, identifier(variable.output));
      return property(variable.boxKey, variable.guarded ? runtimeMember("UNBOUND") : voidZero());
    }),
  );
}

/** `box = { a: box.a }`: what each iteration of a loop does with the variables of its head. */
export function boxCopy(scope: Scope): Expression {
  const properties = scope.shared.map((variable) =>
    property(variable.boxKey, member(identifier(scope.boxName), variable.boxKey)),
  );
  return assign(identifier(scope.boxName), object(properties));
}

/** The scope of a body whose parameters do not see its variables: those of the same name begin with their values. */
export function enterBody(node: BlockStatement, cx: CodeContext): Statement[] {
  const scope = cx.module.scopeOf(node);
  if (!scope) return [];
  const copies = parametersInBody(scope).map(({ variable, param }) =>
    variable.storage === "shared"
      ? statement(assign(variableReference(variable) as Pattern, variableReference(param)))
      : declare("var", variable.output, variableReference(param)),
  );
  return [...(scope.boxName ? [boxDeclaration(scope)] : []), ...copies];
}

/** `var` declarations of a body scope that have the name of a parameter. */
export function parametersInBody(scope: Scope): { variable: Variable; param: Variable }[] {
  return [...scope.variables.values()].flatMap((variable) => {
    const param = variable.kind === "var" ? scope.parent?.variables.get(variable.name) : undefined;
    return param ? [{ variable, param }] : [];
  });
}

/** Object literals with getters and setters that capture variables of a suspended function. */
import type { Expression, ObjectExpression } from "acorn";
import { propertyName } from "../analyze.ts";
import { array, at, literal, object, property, runtimeCall, voidZero } from "../ast.ts";
import type { CodeContext } from "../context.ts";
import { closure } from "./closures.ts";
import { rewriteProperty } from "./expression.ts";

/**
 * The accessors become closures that are put on the finished object; placeholders keep the order of properties.
 * With spreads or computed keys after an accessor the order of evaluation would show, so they are refused.
 */
export function accessorObject(node: ObjectExpression, cx: CodeContext): Expression {
  const seen = new Set<string>();
  const accessors: Expression[] = [];
  const properties = node.properties.map((one) => {
    const name = one.type === "Property" && !one.computed ? propertyName(one.key) : null;
    if (one.type === "SpreadElement" || name === null) {
      return cx.module.fail(
        "ACCESSOR_IN_ASYNC_OBJECT",
        "an object literal in an async function or arrow that has both an accessor capturing local variables and " +
          "a spread or computed key; define the accessor with Object.defineProperty afterwards",
        one,
      );
    }
    if (one.kind === "init") {
      if (seen.has(name)) {
        cx.module.fail("ACCESSOR_IN_ASYNC_OBJECT", `the name ${name} is an accessor and a property`, one);
      }
      return [rewriteProperty(one, cx)];
    }
    accessors.push(array([literal(name), literal(one.kind), closure(one.value as never, cx)]));
    const placeholder = seen.has(name) ? [] : [property(name, voidZero())];
    seen.add(name);
    return placeholder;
  });
  return at(runtimeCall("accessors", [object(properties.flat()), array(accessors)]), node);
}

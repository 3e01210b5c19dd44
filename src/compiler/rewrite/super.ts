/** `super` in code that moved out of its method: properties are looked up in the home object by the runtime. */
import type { Expression, Identifier, MemberExpression, Super } from "acorn";
import { at, call, literal, member, type Node, runtimeCall } from "../ast.ts";
import type { CodeContext } from "../context.ts";
import { superHome } from "./classes.ts";
import { rewrite, thisValue } from "./expression.ts";

export const isSuperMember = (node: Node): node is MemberExpression & { object: Super } =>
  node.type === "MemberExpression" && node.object.type === "Super";

/** A method of `super` as the tag of a template, which gives it no `this`. */
export const boundTo = (method: Expression, cx: CodeContext): Expression =>
  call(member(method, "bind"), [thisValue(cx)]);

/** `super[key]` to be assigned, in code that moved out of its method. */
export const superTarget = (node: Node, key: Expression, cx: CodeContext): MemberExpression =>
  at(member(runtimeCall("superTarget", [superHome(node, cx), key, thisValue(cx)]), "value"), node);

/** The key of `super.name` or `super[key]`. */
export const superKey = ({ computed, property }: MemberExpression, cx: CodeContext): Expression =>
  computed ? rewrite(property as Expression, cx) : literal((property as Identifier).name);

/** `super` works by itself in methods; code that moved out of one looks the property up in the home object. */
export const movesSuper = (cx: CodeContext): boolean => cx.machine !== null || cx.fn.arrow;

export function rewriteSuperMember(node: MemberExpression, cx: CodeContext): Expression {
  const { property } = node;
  if (property.type === "PrivateIdentifier") throw new Error("super.#name is not JavaScript");
  const key = superKey(node, cx);
  if (!movesSuper(cx)) return node.computed ? { ...node, property: key } : node;
  return at(runtimeCall("superGet", [superHome(node, cx), key, thisValue(cx)]), node);
}

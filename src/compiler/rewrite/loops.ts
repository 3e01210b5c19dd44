/** Loops that hold no suspension point, with variables that closures capture anew in every iteration. */
import type {
  DoWhileStatement,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  Statement,
  WhileStatement,
} from "acorn";
import { block, declare, identifier, type Node, sequence, statement } from "../ast.ts";
import type { CodeContext } from "../context.ts";
import { children, isClass, isFunction } from "../walk.ts";
import { boxCopy, boxDeclaration } from "./boxes.ts";
import { rewrite, rewriteTarget } from "./expression.ts";
import { bindsShared, declareByAssignment, rewritePattern } from "./patterns.ts";
import { rewriteDeclaration, single } from "./statement.ts";

export function rewriteWhile(node: WhileStatement | DoWhileStatement, cx: CodeContext): Statement[] {
  return inLoop(cx, () => [{ ...node, test: rewrite(node.test, cx), body: single(node.body, cx) }]);
}

export function rewriteFor(node: ForStatement, cx: CodeContext): Statement[] {
  const scope = cx.module.scopeOf(node)!;
  return inLoop(cx, () => {
    const { init } = node;
    const body = () => single(node.body, cx);
    const test = node.test ? rewrite(node.test, cx) : null;
    const update = node.update ? rewrite(node.update, cx) : null;
    if (init?.type !== "VariableDeclaration") {
      return [{ ...node, init: init ? rewrite(init, cx) : null, test, update, body: body() }];
    }
    const declared = rewriteDeclaration(init, cx);
    const [only] = declared;
    if (!scope.boxName && declared.length === 1 && only?.type === "VariableDeclaration") {
      return [{ ...node, init: only, test, update, body: body() }];
    }
    if (!scope.boxName) return [...declared, { ...node, init: null, test, update, body: body() }];
    const copy = boxCopy(scope);
    return [
      boxDeclaration(scope),
      ...declared,
      // Closures made in the initialiser keep a box of their own.
      ...(containsClosure(init) ? [statement(boxCopy(scope))] : []),
      { ...node, init: null, test, update: update ? sequence([copy, update]) : copy, body: body() },
    ];
  });
}

export function containsClosure(node: Node): boolean {
  return isFunction(node) || isClass(node) || children(node).some((child) => containsClosure(child));
}

export function rewriteForEach(node: ForOfStatement | ForInStatement, cx: CodeContext): Statement[] {
  const scope = cx.module.scopeOf(node)!;
  return inLoop(cx, () => {
    const right = rewrite(node.right, cx);
    const { left } = node;
    if (left.type !== "VariableDeclaration") {
      return [{ ...node, left: rewriteTarget(left, cx), right, body: single(node.body, cx) }];
    }
    const pattern = left.declarations[0]!.id;
    const outOfPlace = bindsShared(pattern, cx) || (cx.machine !== null && left.kind === "var");
    if (!outOfPlace) {
      const declarations = [{ ...left.declarations[0]!, id: rewritePattern(pattern, cx, true) }];
      return [{ ...node, left: { ...left, declarations }, right, body: single(node.body, cx) }];
    }
    const item = `$$o${cx.module.unique()}`;
    const body = block([
      ...(scope.boxName ? [boxDeclaration(scope)] : []),
      ...declareByAssignment(pattern, identifier(item), cx, left.kind === "var" ? "var" : "let"),
      single(node.body, cx),
    ]);
    return [{ ...node, left: declare("const", item), right, body }];
  });
}

function inLoop(cx: CodeContext, make: () => Statement[]): Statement[] {
  return cx.machine ? cx.machine.nativeControl("loop", make) : make();
}

/** Scope analysis of classes: the class body, its methods, field initialisers and static blocks. */
import type { MethodDefinition, PropertyDefinition, StaticBlock } from "acorn";
import { type Analyzer, propertyName } from "./analyze.ts";
import type { ClassNode } from "./ast.ts";
import { hoistLexical, hoistVars } from "./hoist.ts";
import { FunctionInfo, Variable } from "./scope.ts";

/** What a class extends and its computed keys belong to the function around it: they are evaluated there, once. */
export function visitClass(analyzer: Analyzer, node: ClassNode, inferredName: string | null): FunctionInfo {
  const nested = !analyzer.fn.isModule;
  const visitHead = () => {
    if (node.superClass) analyzer.visit(node.superClass);
    for (const element of node.body.body) {
      if (element.type !== "StaticBlock" && element.computed) analyzer.visit(element.key);
    }
  };
  analyzer.inClassHead(node, visitHead);
  const info = new FunctionInfo("class", node, analyzer.fn);
  info.name = node.id?.name ?? inferredName;
  analyzer.functionOf.set(node, info);
  analyzer.functions.push(info);
  return analyzer.inFunction(info, "class", node, (scope) => {
    if (node.id && (nested || node.type === "ClassExpression")) {
      info.selfVariable = new Variable(node.id.name, "class-name", scope, 0);
      scope.variables.set(node.id.name, info.selfVariable);
    }
    for (const element of node.body.body) visitElement(analyzer, element, info);
  });
}

function visitElement(
  analyzer: Analyzer,
  element: MethodDefinition | PropertyDefinition | StaticBlock,
  ofClass: FunctionInfo,
): void {
  const name = element.type === "StaticBlock" || element.computed ? null : propertyName(element.key);
  switch (element.type) {
    case "MethodDefinition": {
      const prefix = element.kind === "get" || element.kind === "set" ? `${element.kind} ` : "";
      const fn = analyzer.visitFunction(element.value, "method", name === null ? null : prefix + name);
      fn.isStatic = element.static;
      fn.ofClass = ofClass;
      break;
    }
    case "PropertyDefinition": {
      if (!element.value) break;
      const { value } = element;
      const fn = new FunctionInfo("field", value, ofClass);
      fn.ofClass = ofClass;
      fn.isStatic = element.static;
      fn.name = name;
      analyzer.functionOf.set(element, fn);
      analyzer.inFunction(fn, "function", element, () => analyzer.visitNamed(value, name));
      break;
    }
    case "StaticBlock": {
      const fn = new FunctionInfo("static-block", element, ofClass);
      fn.ofClass = ofClass;
      fn.isStatic = true;
      analyzer.functionOf.set(element, fn);
      analyzer.inFunction(fn, "function", element, (scope) => {
        for (const statement of element.body) hoistVars(statement, scope, analyzer.declare);
        hoistLexical(element.body, scope, analyzer.declare);
        analyzer.visitAll(element.body);
      });
      break;
    }
  }
}

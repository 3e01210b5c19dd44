/** Classes: methods become starters in place, and the class tells the runtime how to save its instances. */
import type {
  AnyNode,
  Expression,
  MethodDefinition,
  PropertyDefinition,
  Statement,
  StaticBlock,
} from "acorn";
import {
  array,
  arrow,
  assign,
  at,
  block,
  type ClassNode,
  call,
  declare,
  identifier,
  ifThen,
  literal,
  member,
  type Node,
  not,
  object,
  property,
  returnStatement,
  runtimeCall,
  statement,
  thisExpression,
  voidZero,
} from "../ast.ts";
import type { CodeContext } from "../context.ts";
import { fingerprint } from "../fingerprint.ts";
import { boxDeclaration } from "./boxes.ts";
import { functionInPlace, SUPER_HELP } from "./closures.ts";
import { rewrite } from "./expression.ts";
import { rewriteList } from "./statement.ts";

/**
 * The parts of a class's head whose values are kept with the class, in the order of evaluation. Where it is restored
 * they are not evaluated again: that could give something else by then, or do something twice.
 */
export function headToEvaluate(node: ClassNode, { module }: CodeContext): Expression[] {
  const { superClass } = node;
  // What has a name at the top level of a module is saved by name. What a constant's properties are may change.
  const isNamed = (part: Expression, isHeld = part === superClass): boolean => {
    if (part.type === "Literal") return true;
    if (part.type === "MemberExpression" && !part.computed) {
      const root = part.object as Expression;
      const variable = root.type === "Identifier" ? module.variable(root) : null;
      return (isHeld || !variable || variable.kind === "import") && isNamed(root, isHeld);
    }
    if (part.type !== "Identifier") return false;
    const variable = module.variable(part);
    return !variable || (variable.scope.kind === "module" && !variable.assigned);
  };
  const keys = node.body.body.flatMap((one) =>
    one.type !== "StaticBlock" && one.computed ? [one.key as Expression] : [],
  );
  return [...(superClass ? [superClass] : []), ...keys].filter((part) => !isNamed(part));
}

type ClassElement = MethodDefinition | PropertyDefinition | StaticBlock;

/** A class that a factory makes. */
export interface MadeClass {
  /** Names of what was evaluated before: what it extends, and its computed keys. */
  readonly head: ReadonlyMap<Node, string>;
  readonly isSingle: boolean;
}

export function classNode(
  node: ClassNode,
  cx: CodeContext,
  type: ClassNode["type"],
  made?: MadeClass,
): ClassNode {
  const { module } = cx;
  const info = module.functionOf(node);
  // Of a class in a loop of the module there are several.
  const nested = !info.parent!.isModule || made?.isSingle === false;
  const headContext: CodeContext = nested ? { ...cx, fn: info, machine: null } : cx;
  const head = (part: Expression): Expression => {
    const name = made?.head.get(part);
    return name === undefined ? rewrite(part, headContext) : identifier(name);
  };
  const elements = node.body.body.map((element) => rewriteElement(element, headContext, head));

  const privateFields = node.body.body.flatMap((one) =>
    one.type === "PropertyDefinition" && one.key.type === "PrivateIdentifier" && !one.static
      ? [one.key.name]
      : [],
  );
  const registration: Expression[] = [
    thisExpression(),
    literal(module.functionId(info)),
    literal(fingerprint(node)),
  ];
  if (nested) skipStaticsWhileRestoring(elements);
  else skipInitialisersWhileRestoring(node, elements);
  // Private methods too exist only on what went through the constructor.
  if (hasPrivateMembers(node) && !nested) registration.push(privateAccess(privateFields));
  const setup: Statement[] = [...(module.insideClass.get(info) ?? [])];
  const homeName = module.homeNames.get(info);
  if (homeName) setup.unshift(statement(assign(identifier(homeName), thisExpression())));
  if (!nested) setup.push(statement(runtimeCall("registerClass", registration)));
  if (made) setup.unshift(statement(runtimeCall("noteClass", [thisExpression()])));
  const staticBlock: StaticBlock[] =
    setup.length > 0 ? [{ start: -1, end: -1, type: "StaticBlock", body: setup }] : [];

  const ownName = type === "ClassExpression" ? info.selfVariable?.output : undefined;
  return at(
    {
      ...node,
      type,
      id: node.id ? at(identifier(ownName ?? node.id.name), node.id) : null,
      superClass: node.superClass ? head(node.superClass) : null,
      body: { ...node.body, body: [...staticBlock, ...elements] },
    } as ClassNode,
    node,
  );
}

/** Private static fields belong to the class object, where nothing outside can read them. */
export const hasPrivateStatics = (node: ClassNode): boolean =>
  node.body.body.some(
    (one) => one.type === "PropertyDefinition" && one.key.type === "PrivateIdentifier" && one.static,
  );

export const hasPrivateMembers = (node: ClassNode): boolean =>
  node.body.body.some(
    (one) => one.type !== "StaticBlock" && one.key.type === "PrivateIdentifier" && !one.static,
  );

function rewriteElement(
  element: ClassElement,
  cx: CodeContext,
  head: (part: Expression) => Expression,
): ClassElement {
  const { module } = cx;
  const inside = (): CodeContext => ({
    module,
    fn: module.functionOf(element),
    machine: null,
    thisName: null,
  });
  if (element.type === "StaticBlock") {
    const scope = inside().fn.scope;
    const box = scope.boxName ? [boxDeclaration(scope)] : [];
    return { ...element, body: [...box, ...rewriteList(element.body, inside())] };
  }
  const key = element.computed && element.key.type !== "PrivateIdentifier" ? head(element.key) : element.key;
  if (element.type === "MethodDefinition") {
    const isConstructor = element.kind === "constructor";
    return { ...element, key, value: functionInPlace(element.value, cx, isConstructor) };
  }
  return { ...element, key, value: element.value ? rewrite(element.value, inside()) : null };
}

/**
 * Private fields exist only on objects that went through the constructor, so a restored instance is constructed
 * with its initialisers and constructor left out, then given its fields. Classes without private fields do
 * the same, since a class that extends them may have some.
 */
function skipInitialisersWhileRestoring(node: ClassNode, elements: ClassElement[]): void {
  for (const element of elements) {
    if (element.type === "PropertyDefinition" && !element.static && element.value) {
      element.value = unlessRestoring(element.value);
    } else if (element.type === "MethodDefinition" && element.kind === "constructor") {
      // Every constructor leaves it at that but that of AggregateError, which wants a list.
      const callSuper = node.superClass
        ? [statement(call({ start: -1, end: -1, type: "Super" }, [array([])]))]
        : [];
      const { body } = element.value.body;
      body.unshift(ifThen(isRestoring(), block([...callSuper, returnStatement(null)])));
    }
  }
}

/** A class inside a function is made again where it is restored: what its static code did was done once already. */
function skipStaticsWhileRestoring(elements: ClassElement[]): void {
  for (const element of elements) {
    if (element.type === "StaticBlock") {
      element.body = [ifThen(not(isRestoring()), block(element.body))];
    } else if (element.type === "PropertyDefinition" && element.static && element.value) {
      element.value = unlessRestoring(element.value);
    }
  }
}

const isRestoring = (): Expression => runtimeCall("isRestoring", []);

function unlessRestoring(value: Expression): Expression {
  return {
    start: -1,
    end: -1,
    type: "ConditionalExpression",
    test: isRestoring(),
    consequent: voidZero(),
    alternate: value,
  };
}

/** `{ get: o => [o.#a], set: (o, v) => { o.#a = v[0] }, names: ["#a"] }` */
function privateAccess(names: readonly string[]): Expression {
  const field = (of: string, name: string) =>
    member(identifier(of), { start: -1, end: -1, type: "PrivateIdentifier", name });
  return object([
    property("get", arrow([identifier("o")], array(names.map((name) => field("o", name))))),
    property(
      "set",
      arrow(
        [identifier("o"), identifier("v")],
        block(
          names.map((name, index) =>
            statement(assign(field("o", name), member(identifier("v"), literal(index), true))),
          ),
        ),
      ),
    ),
    property("names", array(names.map((name) => literal(`#${name}`)))),
  ]);
}

/** The object whose prototype `super` looks properties up in, for code that moved out of its method. */
export function superHome(node: AnyNode, cx: CodeContext): Expression {
  let owner = cx.fn;
  while (owner.arrow && owner.parent) owner = owner.parent;
  const ofClass = owner.ofClass;
  if (!ofClass?.parent?.isModule) return cx.module.fail("SUPER_IN_NESTED_CLASS", SUPER_HELP, node);
  let name = cx.module.homeNames.get(ofClass);
  if (name === undefined) {
    name = `$$H${cx.module.unique()}`;
    cx.module.homeNames.set(ofClass, name);
    cx.module.descriptors.push(declare("let", name));
  }
  return owner.isStatic ? identifier(name) : member(identifier(name), "prototype");
}

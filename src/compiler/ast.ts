/**
 * Builders for the nodes the compiler makes. The tree is ESTree as acorn types it; made nodes have no position
 * in the source unless `at` gives them one, which is what the source map and stack traces are drawn from.
 */
import type {
  AnyNode,
  AssignmentExpression,
  AssignmentOperator,
  BinaryOperator,
  BlockStatement,
  CallExpression,
  Expression,
  ExpressionStatement,
  FunctionExpression,
  Identifier,
  IfStatement,
  Literal,
  MemberExpression,
  ObjectExpression,
  Pattern,
  PrivateIdentifier,
  Property,
  ReturnStatement,
  SpreadElement,
  Statement,
  Super,
  UnaryExpression,
  VariableDeclaration,
} from "acorn";

export type Node = AnyNode;

/** Functions as they stand in the source, declarations, expressions and arrows alike. */
export type FunctionNode = Extract<
  AnyNode,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;
export type ClassNode = Extract<AnyNode, { type: "ClassDeclaration" | "ClassExpression" }>;

const nowhere = { start: -1, end: -1 } as const;

export const identifier = (name: string): Identifier => ({ ...nowhere, type: "Identifier", name });

export function literal(value: string | number | boolean | null): Literal {
  return { ...nowhere, type: "Literal", value, raw: JSON.stringify(value) };
}

export const voidZero = (): UnaryExpression => ({
  ...nowhere,
  type: "UnaryExpression",
  operator: "void",
  prefix: true,
  argument: literal(0),
});

export function member(
  object: Expression | Super,
  property: string | Expression | PrivateIdentifier,
  computed = false,
): MemberExpression {
  return {
    ...nowhere,
    type: "MemberExpression",
    object,
    property: typeof property === "string" ? identifier(property) : property,
    computed,
    optional: false,
  };
}

export function call(
  callee: Expression | string | Super,
  args: (Expression | SpreadElement)[],
): CallExpression {
  return {
    ...nowhere,
    type: "CallExpression",
    callee: typeof callee === "string" ? identifier(callee) : callee,
    arguments: args,
    optional: false,
  };
}

/** A call of a function of the runtime that compiled modules import. */
export const runtimeCall = (name: string, args: (Expression | SpreadElement)[]): CallExpression =>
  call(runtimeMember(name), args);

export const runtimeMember = (name: string): MemberExpression => member(identifier(RUNTIME), name);

/** Names that start so are the compiler's own; a source that uses one of them as a global is refused. */
export const RESERVED_PREFIX = "$$";
export const RUNTIME = "$$rt";

export function assign(
  left: Pattern,
  right: Expression,
  operator: AssignmentOperator = "=",
): AssignmentExpression {
  return { ...nowhere, type: "AssignmentExpression", operator, left, right };
}

export const statement = (expression: Expression): ExpressionStatement => ({
  ...nowhere,
  type: "ExpressionStatement",
  expression,
});

export function declare(
  kind: VariableDeclaration["kind"],
  name: string | Pattern,
  init: Expression | null = null,
): VariableDeclaration {
  const id = typeof name === "string" ? identifier(name) : name;
  return {
    ...nowhere,
    type: "VariableDeclaration",
    kind,
    declarations: [{ ...nowhere, type: "VariableDeclarator", id, init }],
  };
}

export const block = (body: Statement[]): BlockStatement => ({ ...nowhere, type: "BlockStatement", body });

export const ifThen = (
  test: Expression,
  consequent: Statement,
  alternate: Statement | null = null,
): IfStatement => ({ ...nowhere, type: "IfStatement", test, consequent, alternate });

export const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
  ...nowhere,
  type: "BinaryExpression",
  operator,
  left,
  right,
});

export const not = (argument: Expression): Expression => ({
  ...nowhere,
  type: "UnaryExpression",
  operator: "!",
  prefix: true,
  argument,
});

export const isNullish = (expression: Expression): Expression => binary("==", expression, literal(null));
export const isUndefined = (expression: Expression): Expression => binary("===", expression, voidZero());

export const returnStatement = (argument: Expression | null): ReturnStatement => ({
  ...nowhere,
  type: "ReturnStatement",
  argument,
});

export const throwStatement = (argument: Expression): Statement => ({
  ...nowhere,
  type: "ThrowStatement",
  argument,
});

export const array = (elements: (Expression | SpreadElement | null)[]): Expression => ({
  ...nowhere,
  type: "ArrayExpression",
  elements,
});

export const spread = (argument: Expression): SpreadElement => ({
  ...nowhere,
  type: "SpreadElement",
  argument,
});

export const sequence = (expressions: Expression[]): Expression => ({
  ...nowhere,
  type: "SequenceExpression",
  expressions,
});

export const object = (properties: (Property | SpreadElement)[]): ObjectExpression => ({
  ...nowhere,
  type: "ObjectExpression",
  properties,
});

export function property(name: string | Expression, value: Expression, computed = false): Property {
  const key = typeof name === "string" ? propertyKey(name) : name;
  return {
    ...nowhere,
    type: "Property",
    key,
    value,
    kind: "init",
    computed,
    method: false,
    shorthand: false,
  };
}

/** `{ name(...) { body } }` as an object with one method, to give a function a name without declaring it. */
export const method = (name: string, value: FunctionExpression): Property => ({
  ...property(name, value),
  method: true,
});

export const propertyKey = (name: string): Identifier | Literal =>
  isPlainName(name) ? identifier(name) : literal(name);

export function functionExpression(
  name: string | null,
  params: Pattern[],
  body: Statement[],
): FunctionExpression {
  return {
    ...nowhere,
    type: "FunctionExpression",
    id: name === null ? null : identifier(name),
    params,
    body: block(body),
    async: false,
    generator: false,
    expression: false,
  };
}

export const arrow = (params: Pattern[], body: Expression | BlockStatement): Expression => ({
  ...nowhere,
  type: "ArrowFunctionExpression",
  id: null,
  params,
  body,
  async: false,
  generator: false,
  expression: body.type !== "BlockStatement",
});

export const thisExpression = (): Expression => ({ ...nowhere, type: "ThisExpression" });

/** Gives `node` the position of `source`, unless it has one. */
export function at<T extends Node>(node: T, source: Node | null | undefined): T {
  if (source?.loc && !node.loc) {
    node.loc = source.loc;
  }
  return node;
}

/** Identifiers are shared between places only as copies: the printer's map must tell them apart. */
export const copyOf = <T extends Expression>(node: T): T =>
  node.type === "Identifier" ? ({ ...node } as T) : node;

export const isPlainName = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);

/** Whether `name` can name a variable in a module. */
export const isBindingName = (name: string): boolean => isPlainName(name) && !KEYWORDS.has(name);

const KEYWORDS = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false " +
    "finally for function if import in instanceof new null return super switch this throw true try typeof var " +
    "void while with yield let static implements interface package private protected public eval arguments"
  ).split(" "),
);

/** What the analysis finds out about scopes, variables and functions. */
import type { Node } from "./ast.ts";

export type VariableKind =
  | "var"
  | "let"
  | "const"
  | "using"
  | "await using"
  | "param"
  | "function"
  | "class"
  | "import"
  | "catch"
  | "function-name"
  | "class-name";

export type ScopeKind = "module" | "function" | "block" | "for" | "switch" | "catch" | "class";

/**
 * Where a variable lives in compiled code.
 * - local: no closure captures it; a local of the function, spilled into the frame when live at a suspension.
 * - copied: captured, and never assigned once a closure can see it: closures hold its value.
 * - shared: captured and assigned later; it is a property of its scope's box, which the closures hold.
 */
export type Storage = "local" | "copied" | "shared";

export class Variable {
  readonly name: string;
  kind: VariableKind;
  readonly scope: Scope;
  /** Source offset of the end of its declaration: a closure made after it may hold the value. */
  initialisedAt: number;
  /** Source offset from which on it has its value; 0 when it always has one. */
  boundAt = 0;
  /** Code after that offset which runs before it has its value: initialisers and defaults around its pattern. */
  deadIn: readonly Node[] = [];
  /** The initialiser, where it is declared by its name alone. */
  init: Node | null = null;
  /** It stands for the variable of a loop in the head of that loop, where it never has a value. */
  neverBound = false;
  /** Some code may meet it without a value, and looks when it runs. */
  guarded = false;
  /** Assigned somewhere besides its initialiser. */
  assigned = false;
  /** Functions directly inside the variable's function through which it is captured. */
  readonly captors: FunctionInfo[] = [];
  /** Its initialiser may be jumped over by another case label than this. */
  switchCase: Node | null = null;
  storage: Storage = "local";
  /** Name in compiled code; unique within the outermost function. */
  output: string;

  constructor(name: string, kind: VariableKind, scope: Scope, initialisedAt: number) {
    this.name = name;
    this.kind = kind;
    this.scope = scope;
    this.initialisedAt = initialisedAt;
    this.output = name;
  }

  get fn(): FunctionInfo {
    return this.scope.fn;
  }

  /** The property of its scope's box. One called `__proto__` would be the box's prototype. */
  get boxKey(): string {
    return this.name === "__proto__" ? "$$proto" : this.name;
  }

  /** Assigning to it throws a TypeError. */
  get isConstant(): boolean {
    return CONSTANT.has(this.kind);
  }
}

const CONSTANT: ReadonlySet<VariableKind> = new Set([
  "const",
  "using",
  "await using",
  "import",
  "function-name",
  "class-name",
]);

export class Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | null;
  readonly fn: FunctionInfo;
  readonly variables = new Map<string, Variable>();
  /** Variables that live in this scope's box. */
  readonly shared: Variable[] = [];
  /** Name of the box in compiled code; empty while there is none. */
  boxName = "";
  /** Source offset of its first code. */
  readonly start: number;

  constructor(kind: ScopeKind, parent: Scope | null, fn: FunctionInfo, start: number) {
    this.start = start;
    this.kind = kind;
    this.parent = parent;
    this.fn = fn;
    fn.scopes.push(this);
  }
}

export type FunctionKind =
  | "module"
  | "declaration"
  | "expression"
  | "method"
  | "object-method"
  | "accessor"
  | "class"
  | "field"
  | "static-block";

/** A captured variable or box, as closures receive it. */
export interface Capture {
  /** Name in compiled code. */
  readonly name: string;
  /** What a user calls it: the variable's name, or `{a, b}` for a box. */
  readonly label: string;
}

/** A function, or what behaves like one for variables: the module, a class body, a field initialiser. */
export class FunctionInfo {
  readonly kind: FunctionKind;
  readonly node: Node;
  readonly parent: FunctionInfo | null;
  readonly children: FunctionInfo[] = [];
  readonly scopes: Scope[] = [];
  scope!: Scope;
  async = false;
  generator = false;
  arrow = false;
  /** Declared: its closure exists from the start of its block. */
  hoisted = false;
  /** Created in a loop of its enclosing function, so more than one instance may exist. */
  inLoop = false;
  /** Declared name, or the name JavaScript infers from the place. */
  name: string | null = null;
  /** Name to show for it where JavaScript gives it none: that under which it is registered. */
  label: string | null = null;
  /** Variables of enclosing functions it or its children refer to. */
  readonly free = new Set<Variable>();
  captures: Capture[] = [];
  capturesThis = false;
  capturesArguments = false;
  usesThis = false;
  usesArguments = false;
  usesNewTarget = false;
  usesSuper = false;
  usesPrivateName = false;
  /** Binding of its own name inside itself. */
  selfVariable: Variable | null = null;
  /** Initialiser of the module constant of the same name: `const f = () => ...`. */
  namesModuleConstant = false;
  isStatic = false;
  /** For methods, fields and static blocks: their class. */
  ofClass: FunctionInfo | null = null;
  /** Path of names from the module: `outer/inner`, `Class.method`. Identifies the function in snapshots. */
  path = "";

  constructor(kind: FunctionKind, node: Node, parent: FunctionInfo | null) {
    this.kind = kind;
    this.node = node;
    this.parent = parent;
    parent?.children.push(this);
  }

  get isModule(): boolean {
    return this.kind === "module";
  }

  /** Compiled to a state machine. */
  get isResumable(): boolean {
    return this.async || this.generator;
  }
}

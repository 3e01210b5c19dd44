/** Scope analysis: who declares what, who captures what, and which nodes hold a suspension point. */
import type {
  AssignmentExpression,
  BlockStatement,
  CallExpression,
  Expression,
  ForInStatement,
  ForOfStatement,
  Identifier,
  Pattern,
  Program,
  Property,
  SwitchStatement,
} from "acorn";
import { visitClass } from "./analyze-class.ts";
import type { ClassNode, FunctionNode, Node } from "./ast.ts";
import { type Use, zoneOf } from "./dead-zone.ts";
import { type Declare, declareLexical, declarer, hoistLexical, hoistVars, seesNamesOf } from "./hoist.ts";
import { FunctionInfo, type FunctionKind, Scope, type ScopeKind, Variable } from "./scope.ts";
import { children, isClass, isFunction, isUsing, patternIdentifiers } from "./walk.ts";

export interface Analysis {
  readonly module: FunctionInfo;
  /** Every function but the module, outer before inner. */
  readonly functions: readonly FunctionInfo[];
  /** What each identifier in the place of a variable stands for; null is a global. */
  readonly references: ReadonlyMap<Identifier, Variable | null>;
  readonly globals: ReadonlySet<string>;
  /** Nodes with an await, a yield or a for-await of their own function inside. */
  readonly suspending: ReadonlySet<Node>;
  readonly functionOf: ReadonlyMap<Node, FunctionInfo>;
  readonly scopeOf: ReadonlyMap<Node, Scope>;
  /** Calls whose result is stored or returned rather than used up at once. */
  readonly held: ReadonlySet<Node>;
  /** Identifiers that are the `arguments` of a function. */
  readonly argumentsOf: ReadonlySet<Identifier>;
  /** References to variables that have no value there, ever. */
  readonly dead: ReadonlySet<Identifier>;
  /** References to variables that may have no value yet: the code looks. */
  readonly guarded: ReadonlySet<Identifier>;
  /** Assignments to constants, which throw. */
  readonly constantTargets: ReadonlySet<Identifier>;
}

export function analyze(program: Program): Analysis {
  return new Analyzer(program).run();
}

export class Analyzer {
  readonly references = new Map<Identifier, Variable | null>();
  readonly functionOf = new Map<Node, FunctionInfo>();
  readonly scopeOf = new Map<Node, Scope>();
  readonly functions: FunctionInfo[] = [];
  readonly declare: Declare = declarer(this.references);
  fn: FunctionInfo;
  scope: Scope;
  loopDepth = 0;
  /** Ancestors of the visited node inside its function. */
  private ancestors: Node[] = [];
  private readonly globals = new Set<string>();
  private readonly suspending = new Set<Node>();
  private readonly argumentsOf = new Set<Identifier>();
  private readonly held = new Set<Node>();
  private readonly uses: Use[] = [];
  private readonly constantTargets = new Set<Identifier>();
  private readonly program: Program;

  constructor(program: Program) {
    this.program = program;
    this.fn = new FunctionInfo("module", program, null);
    this.scope = this.fn.scope = new Scope("module", null, this.fn, 0);
    this.scopeOf.set(program, this.scope);
  }

  run(): Analysis {
    const module = this.fn;
    hoistVars(this.program, this.scope, this.declare);
    hoistLexical(this.program.body, this.scope, this.declare);
    this.visitAll(this.program.body);
    return { ...this.tables(), module };
  }

  private tables() {
    const { functions, references, globals, suspending, functionOf, scopeOf, argumentsOf, held } = this;
    const dead = new Set<Identifier>();
    const guarded = new Set<Identifier>();
    for (const use of this.uses) {
      const zone = zoneOf(use);
      if (zone === "dead") dead.add(use.id);
      if (zone !== "maybe") continue;
      guarded.add(use.id);
      use.variable.guarded = true;
    }
    const { constantTargets } = this;
    return {
      ...{ functions, references, globals, suspending, functionOf, scopeOf, argumentsOf, held },
      ...{ dead, guarded, constantTargets },
    };
  }

  lookup(name: string): Variable | null {
    for (let scope: Scope | null = this.scope; scope; scope = scope.parent) {
      const variable = scope.variables.get(name);
      if (variable) return variable;
    }
    return null;
  }

  reference(id: Identifier, assigns: boolean): void {
    const variable = this.lookup(id.name);
    this.references.set(id, variable);
    if (!variable) {
      this.globals.add(id.name);
      return;
    }
    if (assigns) variable.assigned = true;
    if (assigns && variable.isConstant) this.constantTargets.add(id);
    if (variable.scope.kind === "module") return;
    const captor = variable.neverBound || variable.fn === this.fn ? null : this.capture(variable);
    this.uses.push({ id, variable, captor });
  }

  /** The function directly inside the variable's own through which the current one captures it. */
  private capture(variable: Variable): FunctionInfo {
    let fn = this.fn;
    while (fn.parent !== variable.fn) {
      fn.free.add(variable);
      fn = fn.parent!;
    }
    fn.free.add(variable);
    if (!variable.captors.includes(fn)) variable.captors.push(fn);
    return fn;
  }

  /** Runs `body` as the code of `fn`, in a scope of its own. */
  inFunction(fn: FunctionInfo, kind: ScopeKind, node: Node, body: (scope: Scope) => void): FunctionInfo {
    const outer = { fn: this.fn, scope: this.scope, ancestors: this.ancestors, loopDepth: this.loopDepth };
    fn.inLoop = outer.loopDepth > 0;
    this.fn = fn;
    this.ancestors = [];
    this.loopDepth = 0;
    this.scope = fn.scope = new Scope(kind, outer.scope, fn, node.start);
    this.scopeOf.set(node, this.scope);
    body(this.scope);
    Object.assign(this, outer);
    return fn;
  }

  private inScope(kind: ScopeKind, node: Node, body: (scope: Scope) => void): void {
    const outer = this.scope;
    this.scope = new Scope(kind, outer, this.fn, node.start);
    this.scopeOf.set(node, this.scope);
    body(this.scope);
    this.scope = outer;
  }

  private inLoop(body: () => void): void {
    this.loopDepth++;
    body();
    this.loopDepth--;
  }

  visitFunction(node: FunctionNode, kind: FunctionKind, inferredName: string | null = null): FunctionInfo {
    const fn = new FunctionInfo(kind, node, this.fn);
    fn.async = node.async;
    fn.generator = node.generator;
    fn.arrow = node.type === "ArrowFunctionExpression";
    fn.name = node.id?.name ?? inferredName;
    this.functionOf.set(node, fn);
    this.functions.push(fn);
    return this.inFunction(fn, "function", node, (scope) => {
      if (node.type === "FunctionExpression" && node.id) {
        fn.selfVariable = this.declare(scope, node.id, "function-name", 0);
      }
      for (const param of node.params) {
        declareLexical(param, null, scope, "param", node.body.start, this.declare);
      }
      const { body } = node;
      if (body.type !== "BlockStatement") {
        for (const param of node.params) this.visitBinding(param);
        this.visitHeld(body);
        return;
      }
      const isApart = node.params.some((param) => seesNamesOf(param, body));
      if (!isApart) this.hoistBody(body, scope);
      for (const param of node.params) this.visitBinding(param);
      if (!isApart) this.visitAll(body.body);
      else {
        this.inScope("block", body, (inner) => {
          this.hoistBody(body, inner);
          this.visitAll(body.body);
        });
      }
    });
  }

  private hoistBody(body: BlockStatement, scope: Scope): void {
    hoistVars(body, scope, this.declare);
    hoistLexical(body.body, scope, this.declare);
  }

  /** Visits an expression that takes its name from the place it stands in. */
  visitNamed(node: Node, name: string | null): void {
    if (isFunction(node)) {
      this.ancestors.push(node);
      this.visitFunction(node, "expression", name);
      this.ancestors.pop();
    } else if (isClass(node)) visitClass(this, node as ClassNode, name);
    else this.visitHeld(node);
  }

  /** Visits an expression whose value is kept: stored in a variable or property, or returned. */
  private visitHeld(node: Node): void {
    this.markHeld(node);
    this.visit(node);
  }

  private markHeld(node: Node): void {
    if (node.type === "CallExpression") this.held.add(node);
    else if (node.type === "LogicalExpression") this.markHeld(node.right);
    else if (node.type === "ConditionalExpression") {
      this.markHeld(node.consequent);
      this.markHeld(node.alternate);
    }
  }

  /** A pattern that declares; its identifiers are declared already. */
  visitBinding(pattern: Pattern): void {
    this.visitPattern(pattern, (id) => {
      const variable = this.lookup(id.name);
      if (!this.references.get(id)) this.references.set(id, variable);
      // `catch (x) { var x = 1; }` assigns the x of the catch clause.
      else if (variable?.kind === "catch" && this.references.get(id)?.kind === "var")
        this.reference(id, true);
    });
  }

  /** A pattern that assigns to what exists. */
  private visitTargets(pattern: Pattern): void {
    this.visitPattern(pattern, (id) => this.reference(id, true));
  }

  private visitPattern(pattern: Pattern, onIdentifier: (id: Identifier) => void): void {
    if (pattern.type === "Identifier") {
      onIdentifier(pattern);
      return;
    }
    if (pattern.type === "MemberExpression") {
      this.visit(pattern);
      return;
    }
    this.ancestors.push(pattern);
    switch (pattern.type) {
      case "ObjectPattern":
        for (const part of pattern.properties) {
          this.ancestors.push(part);
          if (part.type === "RestElement") this.visitPattern(part.argument, onIdentifier);
          else {
            if (part.computed) this.visit(part.key);
            this.visitPattern(part.value, onIdentifier);
          }
          this.ancestors.pop();
        }
        break;
      case "ArrayPattern":
        for (const part of pattern.elements) if (part) this.visitPattern(part, onIdentifier);
        break;
      case "AssignmentPattern":
        this.visitPattern(pattern.left, onIdentifier);
        this.visitNamed(pattern.right, pattern.left.type === "Identifier" ? pattern.left.name : null);
        break;
      case "RestElement":
        this.visitPattern(pattern.argument, onIdentifier);
        break;
    }
    this.ancestors.pop();
  }

  visitAll(nodes: readonly Node[]): void {
    for (const node of nodes) this.visit(node);
  }

  visit(node: Node): void {
    this.ancestors.push(node);
    this.visitInside(node);
    this.ancestors.pop();
  }

  private markSuspending(): void {
    // The top level of a module stays native: its awaits run once, when it is loaded.
    if (this.fn.isModule) return;
    for (const node of this.ancestors) this.suspending.add(node);
  }

  /** Sets a flag on the function whose `this`, `arguments` or `super` the code means, and on arrows between. */
  private markUse(flag: "usesThis" | "usesArguments" | "usesNewTarget" | "usesSuper"): void {
    for (let fn: FunctionInfo | null = this.fn; fn; fn = fn.parent) {
      fn[flag] = true;
      if (!fn.arrow) break;
    }
  }

  private markPrivateName(): void {
    for (let fn: FunctionInfo | null = this.fn; fn && !fn.isModule; fn = fn.parent) {
      fn.usesPrivateName = true;
      if (fn.kind === "class") break;
    }
  }

  private visitInside(node: Node): void {
    switch (node.type) {
      case "Identifier":
        if (node.name === "arguments" && !this.fn.isModule && !this.lookup("arguments")) {
          this.markUse("usesArguments");
          this.argumentsOf.add(node);
        } else this.reference(node, false);
        break;
      case "PrivateIdentifier":
        this.markPrivateName();
        break;
      case "ThisExpression":
        this.markUse("usesThis");
        break;
      case "Super":
        this.markUse("usesSuper");
        this.markUse("usesThis");
        break;
      case "MetaProperty":
        if (node.meta.name === "new") this.markUse("usesNewTarget");
        break;
      case "AwaitExpression":
        this.markSuspending();
        this.visit(node.argument);
        break;
      case "YieldExpression":
        this.markSuspending();
        if (node.argument) this.visit(node.argument);
        break;
      case "ReturnStatement":
        // An async generator awaits what it returns.
        if (node.argument && this.fn.async && this.fn.generator) this.markSuspending();
        if (node.argument) this.visitHeld(node.argument);
        break;
      case "FunctionDeclaration":
        this.visitFunction(node, "declaration").hoisted = true;
        break;
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.visitFunction(node, "expression");
        break;
      case "ClassDeclaration":
      case "ClassExpression":
        visitClass(this, node, null);
        break;
      case "CallExpression":
        for (const child of children(node)) this.visit(child);
        this.labelRegistered(node);
        break;
      case "Property":
        this.visitProperty(node as Property);
        break;
      case "AssignmentExpression":
        this.visitAssignment(node);
        break;
      case "UpdateExpression":
        if (node.argument.type === "Identifier") this.reference(node.argument, true);
        else this.visit(node.argument);
        break;
      case "MemberExpression":
        this.visit(node.object);
        if (node.computed || node.property.type === "PrivateIdentifier") this.visit(node.property);
        break;
      default:
        this.visitStatement(node);
    }
  }

  private visitStatement(node: Node): void {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "BreakStatement":
      case "ContinueStatement":
        break;
      case "ExportNamedDeclaration":
        if (node.declaration) this.visit(node.declaration);
        else if (!node.source) {
          for (const { local } of node.specifiers) {
            if (local.type === "Identifier") this.references.set(local, this.lookup(local.name));
          }
        }
        break;
      case "ExportDefaultDeclaration":
        if (node.declaration.type === "FunctionDeclaration" && !node.declaration.id) {
          this.visitFunction(node.declaration as FunctionNode, "declaration", "default").hoisted = true;
        } else if (node.declaration.type === "FunctionDeclaration") {
          this.visit(node.declaration);
        } else {
          this.visitNamed(node.declaration, "default");
          const fn = this.functionOf.get(node.declaration);
          if (fn) fn.namesModuleConstant = true;
        }
        break;
      case "BlockStatement":
        this.inScope("block", node, (scope) => {
          hoistLexical(node.body, scope, this.declare);
          this.visitAll(node.body);
        });
        break;
      case "VariableDeclaration":
        // Blocks with resources are taken apart in every function that is: see machine/disposal.ts.
        if (isUsing(node) && this.fn.isResumable) this.markSuspending();
        for (const declarator of node.declarations) {
          this.ancestors.push(declarator);
          this.visitBinding(declarator.id);
          if (declarator.init) {
            const name = declarator.id.type === "Identifier" ? declarator.id.name : null;
            this.visitNamed(declarator.init, name);
            const fn = this.functionOf.get(declarator.init);
            if (fn && name && node.kind === "const" && this.scope.kind === "module") {
              fn.namesModuleConstant = true;
            }
          }
          this.ancestors.pop();
        }
        break;
      case "ForStatement":
        this.inScope("for", node, (scope) => {
          if (node.init?.type === "VariableDeclaration") hoistLexical([node.init], scope, this.declare);
          if (node.init) this.visit(node.init);
          this.inLoop(() => {
            if (node.test) this.visit(node.test);
            if (node.update) this.visit(node.update);
            this.visit(node.body);
          });
        });
        break;
      case "ForOfStatement":
      case "ForInStatement":
        this.visitForEach(node);
        break;
      case "WhileStatement":
      case "DoWhileStatement":
        this.inLoop(() => {
          this.visit(node.test);
          this.visit(node.body);
        });
        break;
      case "SwitchStatement":
        this.visitSwitch(node);
        break;
      case "CatchClause":
        this.inScope("catch", node, (scope) => {
          if (node.param) {
            for (const id of patternIdentifiers(node.param)) {
              this.declare(scope, id, "catch", node.param.end);
            }
            this.visitBinding(node.param);
          }
          this.visit(node.body);
        });
        break;
      case "LabeledStatement":
        this.visit(node.body);
        break;
      default:
        for (const child of children(node)) this.visit(child);
    }
  }

  /** `dispatch.function("name", async () => ...)` gives its function a name to be known by. */
  private labelRegistered({ callee, arguments: [name, ...rest] }: CallExpression): void {
    const registers =
      callee.type === "MemberExpression" &&
      !callee.computed &&
      callee.property.type === "Identifier" &&
      callee.property.name === "function";
    if (!registers || name?.type !== "Literal" || typeof name.value !== "string") return;
    for (const arg of rest) {
      const fn = this.functionOf.get(arg);
      if (fn && fn.name === null) fn.label = name.value;
    }
  }

  private visitForEach(node: ForOfStatement | ForInStatement): void {
    const takenApart = node.type === "ForOfStatement" && (node.await || isUsing(node.left));
    if (takenApart && this.fn.isResumable) this.markSuspending();
    this.inScope("for", node, (scope) => {
      const { left } = node;
      if (left.type === "VariableDeclaration") {
        const pattern = left.declarations[0]!.id;
        if (left.kind !== "var") {
          declareLexical(pattern, null, scope, left.kind, left.end, this.declare);
        }
        this.visitIterated(node.right, scope);
        this.ancestors.push(left);
        this.visitBinding(pattern);
        this.ancestors.pop();
      } else {
        this.visit(node.right);
        this.visitTargets(left);
      }
      this.inLoop(() => this.visit(node.body));
    });
  }

  /** What a loop iterates sees the variables of its head, which have no values there. */
  private visitIterated(node: Expression, loop: Scope): void {
    this.withUnbound(loop, node, loop.variables.values(), () => this.visit(node));
  }

  /** What stands in the head of a class sees the class's own name, which has no value there, and cannot await. */
  inClassHead(node: ClassNode, visit: () => void): void {
    const { ancestors } = this;
    this.ancestors = [];
    if (this.fn.isModule || !node.id) visit();
    else this.withUnbound(this.scope, node, [{ name: node.id.name, kind: "class-name" }], visit);
    this.ancestors = ancestors;
  }

  private withUnbound(
    outer: Scope,
    node: Node,
    variables: Iterable<Pick<Variable, "name" | "kind">>,
    visit: () => void,
  ): void {
    const before = this.scope;
    const head = new Scope("for", outer, this.fn, node.start);
    this.fn.scopes.pop();
    for (const { name, kind } of variables) {
      const variable = new Variable(name, kind, head, node.end);
      variable.neverBound = true;
      head.variables.set(name, variable);
    }
    this.scope = head;
    visit();
    this.scope = before;
  }

  private visitSwitch(node: SwitchStatement): void {
    this.visit(node.discriminant);
    this.inScope("switch", node, (scope) => {
      for (const one of node.cases) {
        hoistLexical(one.consequent, scope, this.declare);
        for (const variable of scope.variables.values()) {
          if (variable.kind !== "function") variable.switchCase ??= one;
        }
      }
      this.visitAll(node.cases);
    });
  }

  private visitAssignment(node: AssignmentExpression): void {
    this.visitTargets(node.left);
    this.visitNamed(node.right, node.left.type === "Identifier" ? node.left.name : null);
  }

  private visitProperty(node: Property): void {
    if (node.computed) this.visit(node.key);
    const name = node.computed ? null : propertyName(node.key);
    if (!isFunction(node.value)) {
      this.visitNamed(node.value, name);
      return;
    }
    const kind = node.method ? "object-method" : node.kind === "init" ? "expression" : "accessor";
    this.ancestors.push(node.value);
    this.visitFunction(node.value, kind, name);
    this.ancestors.pop();
  }
}

/** The name of a property key that is not computed. */
export function propertyName(key: Node): string | null {
  if (key.type === "Identifier") return key.name;
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Literal" ? String(key.value) : null;
}

/** Decides, after the analysis, where variables live, what they are called, and how functions are identified. */
import type { Analysis } from "./analyze.ts";
import { RESERVED_PREFIX } from "./ast.ts";
import { fingerprint } from "./fingerprint.ts";
import type { FunctionInfo, Scope, Variable } from "./scope.ts";

export function plan(analysis: Analysis): void {
  for (const fn of analysis.functions) for (const variable of fn.free) decideStorage(variable);
  for (const id of analysis.guarded) decideStorage(analysis.references.get(id)!);
  nameVariables(analysis);
  identify(analysis.module, "");
  for (const fn of analysis.functions) collectCaptures(fn);
}

function decideStorage(variable: Variable): void {
  if (variable.storage !== "local") return;
  if (variable.kind === "function-name" || variable.kind === "class-name") {
    variable.storage = "copied";
    return;
  }
  // A closure may hold the value if the value is final when the closure is made.
  const isFinalFor = (captor: FunctionInfo): boolean => {
    if (variable.kind === "param" && captor.hoisted) return true;
    return !captor.hoisted && captor.node.start >= variable.initialisedAt;
  };
  if (!variable.assigned && !variable.guarded && !variable.switchCase && variable.captors.every(isFinalFor)) {
    variable.storage = "copied";
  } else {
    variable.storage = "shared";
    variable.scope.shared.push(variable);
  }
}

/** Names that no variable of generated code may have: a frame holds the live ones as properties of an object. */
const TAKEN = ["__proto__", "arguments", "eval"];

/**
 * Inside one outermost function every variable gets a name of its own, so that variables of any block can become
 * locals of one step function.
 */
function nameVariables({ module, globals }: Analysis): void {
  /** Names in compiled code, with those they stand for. */
  const taken = new Map<string, string>();
  for (const name of [...globals, ...module.scope.variables.keys()]) taken.set(name, name);
  for (const name of TAKEN) taken.set(name, "");
  let boxes = 0;
  const nameScope = (scope: Scope, used: Map<string, string>) => {
    for (const variable of scope.variables.values()) {
      variable.output = unusedName(variable, used);
      used.set(variable.output, variable.name);
    }
    if (scope.shared.length > 0) scope.boxName = `$$e${++boxes}`;
  };
  const nameFunction = (fn: FunctionInfo, used: Map<string, string>) => {
    for (const scope of fn.scopes) nameScope(scope, used);
    for (const child of fn.children) nameFunction(child, used);
  };
  // Blocks of the module's own top level.
  for (const scope of module.scopes) if (scope.kind !== "module") nameScope(scope, taken);
  for (const child of module.children) nameFunction(child, new Map(taken));
}

function unusedName({ name, kind }: Variable, used: ReadonlyMap<string, string>): string {
  // Its own name is what a function or class is called. Inside of it no other variable of that name can be meant.
  const isOwn = kind === "function-name" || kind === "class-name";
  if (isOwn && used.get(name) === name) return name;
  const base = name.startsWith(RESERVED_PREFIX) ? `_${name}` : name;
  let candidate = base;
  for (let n = 1; used.has(candidate); n++) candidate = `${base}$${n}`;
  return candidate;
}

/**
 * Gives every function its path. What has a name at the top level of the module keeps its path through edits;
 * other functions there are known by their text, since their order may change.
 */
function identify(parent: FunctionInfo, prefix: string): void {
  const seen = new Map<string, number>();
  for (const fn of parent.children) {
    let name = fn.name ?? fn.label ?? unnamed(fn);
    if (fn.kind === "method" && fn.isStatic) name = `static ${name}`;
    if (parent.isModule && !isModuleBinding(fn)) name += `~${fingerprint(fn.node)}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    fn.path = prefix + name + (count > 1 ? `~${count}` : "");
    identify(fn, fn.path + (fn.kind === "class" ? "." : "/"));
  }
}

const unnamed = (fn: FunctionInfo): string =>
  fn.kind === "field" || fn.kind === "static-block" ? fn.kind : "anonymous";

function isModuleBinding(fn: FunctionInfo): boolean {
  return (
    fn.label !== null ||
    fn.namesModuleConstant ||
    fn.kind === "declaration" ||
    fn.node.type === "ClassDeclaration"
  );
}

function collectCaptures(fn: FunctionInfo): void {
  const seen = new Set<string>();
  for (const variable of fn.free) {
    const { scope } = variable;
    const shared = variable.storage === "shared";
    const name = shared ? scope.boxName : variable.output;
    if (seen.has(name)) continue;
    seen.add(name);
    const label = shared ? `{${scope.shared.map((one) => one.name).join(", ")}}` : variable.name;
    fn.captures.push({ name, label });
  }
  fn.capturesThis = fn.arrow && fn.usesThis && thisOwner(fn) !== null;
  fn.capturesArguments = fn.arrow && fn.usesArguments;
}

/** The function whose `this` an arrow means; null when that is the module. */
export function thisOwner(fn: FunctionInfo): FunctionInfo | null {
  let owner: FunctionInfo | null = fn;
  while (owner?.arrow) owner = owner.parent;
  return owner && !owner.isModule ? owner : null;
}

/** Writes the instructions of a machine as a step function: a switch over the place to go on from. */
import type { Expression, FunctionDeclaration, Statement, SwitchCase, VariableDeclarator } from "acorn";
import {
  array,
  assign,
  at,
  binary,
  block,
  declare,
  type FunctionNode,
  functionExpression,
  identifier,
  ifThen,
  literal,
  member,
  method,
  type Node,
  object,
  property,
  propertyKey,
  returnStatement,
  runtimeCall,
  runtimeMember,
  statement,
  throwStatement,
  voidZero,
} from "../ast.ts";
import type { ResumableFunction, SuspensionPoint } from "../context.ts";
import { fingerprint } from "../fingerprint.ts";
import type { Instruction, Label, Suspension } from "./instructions.ts";
import { findLiveLocals } from "./liveness.ts";
import type { Machine } from "./machine.ts";

export function generate(
  machine: Machine,
  node: FunctionNode,
  frameName: string,
  entryNames: ReadonlySet<string>,
): { frame: Expression; slots: ReadonlySet<string>; locals: string | null } {
  const { instructions, module, fn } = machine;
  numberPlaces(instructions);
  const liveness = findLiveLocals(instructions, machine.locals);
  const suspensions = instructions.filter(
    (one): one is Suspension => one.op === "await" || one.op === "yield" || one.op === "start",
  );
  const entry = liveness.atStart.filter((name) => entryNames.has(name));
  const slots = new Set([...entry, ...suspensions.flatMap((one) => one.live)]);

  const name = fn.name ?? fn.label ?? "anonymous";
  const step = stepFunction(
    name,
    new CaseWriter(instructions).write(entry),
    liveness.mentioned,
    slots.size > 0,
    machine,
    node,
  );
  const layout = describeLayout([...machine.locals], [entry, ...suspensions.map((one) => one.live)]);
  const labels = fn.captures.map((capture) => capture.label);
  const description: ResumableFunction = {
    id: module.functionId(fn),
    name,
    fingerprint: fingerprint(node, labels, layout),
    points: suspensions.map(pointOf),
  };
  module.functions.push(description);
  const locals = slots.size > 0 ? localsFactory(machine, frameName, slots) : null;
  const meta = object([
    property("id", literal(description.id)),
    property("kind", literal(`${fn.async ? "async" : ""}${fn.generator ? " generator" : ""}`.trim())),
    property("name", literal(name)),
    property("fingerprint", literal(description.fingerprint)),
    property("file", literal(module.filename)),
    property("entry", array(entry.map(literal))),
    property(
      "points",
      object(
        suspensions.map((one, index) => {
          const { at: place, live } = description.points[index]!;
          return property(String(one.point), array([place, ...live].map(literal)));
        }),
      ),
    ),
    ...(suspensions.some((one) => one.op === "start") ? [property("bindsAtCall", literal(true))] : []),
  ]);
  const factory = locals ? identifier(locals) : literal(null);
  return { frame: runtimeCall("frame", [factory, step, meta]), slots, locals };
}

/** What a frame holds at each of its points: numbers of locals, since names may depend on the rest of the module. */
function describeLayout(locals: readonly string[], points: readonly (readonly string[])[]): string {
  const numbers = new Map(locals.map((name, index) => [name, index]));
  return points.map((live) => live.map((name) => numbers.get(name)).join(",")).join(";");
}

function pointOf(one: Suspension): SuspensionPoint {
  const start = one.source?.loc?.start;
  return { kind: one.op, at: start ? `${start.line}:${start.column + 1}` : "?", live: one.live };
}

/** Numbers the labels that are jumped to and the points of suspension, in the order of the code. */
function numberPlaces(instructions: readonly Instruction[]): void {
  let number = 0;
  for (const one of instructions) {
    if (one.op === "label" && one.label.used) {
      one.label.number = ++number;
      for (const reference of one.label.references) {
        reference.value = number;
        reference.raw = String(number);
      }
    } else if (one.op === "await" || one.op === "yield" || one.op === "start") {
      one.point = ++number;
    }
  }
}

/**
 * `function $$F1L() { return { a: void 0, b: void 0 }; }`: the one place where the objects are made, so that all of a
 * function have one hidden class, also those restored from a snapshot.
 */
function localsFactory({ module }: Machine, frameName: string, slots: ReadonlySet<string>): string {
  const name = `${frameName}L`;
  const made = object([...slots].map((slot) => property(slot, voidZero())));
  module.factories.push({
    ...functionExpression(name, [], [returnStatement(made)]),
    type: "FunctionDeclaration",
  } as FunctionDeclaration);
  return name;
}

/** `{ name($$t, $$m, $$v) { ... } }.name`: errors thrown in it show the name of the source function. */
function stepFunction(
  name: string,
  cases: SwitchCase[],
  locals: readonly string[],
  hasLocals: boolean,
  machine: Machine,
  node: FunctionNode,
): Expression {
  const catches = machine.instructions.some((one) => one.handler !== null);
  const nowhere = { start: -1, end: -1 };
  const dispatch: Statement = {
    ...nowhere,
    type: "SwitchStatement",
    discriminant: identifier("$$pc"),
    cases,
  };
  const guarded: Statement = {
    ...nowhere,
    type: "TryStatement",
    block: block([dispatch]),
    handler: {
      ...nowhere,
      type: "CatchClause",
      param: identifier("$$e"),
      body: block([
        ifThen(binary("===", identifier("$$h"), literal(0)), throwStatement(identifier("$$e"))),
        statement(assign(identifier("$$v"), identifier("$$e"))),
        statement(assign(identifier("$$pc"), identifier("$$h"))),
      ]),
    },
    finalizer: null,
  };
  const loop: Statement = {
    ...nowhere,
    type: "LabeledStatement",
    label: identifier("$$L"),
    body: {
      ...nowhere,
      type: "ForStatement",
      init: null,
      test: null,
      update: null,
      body: block([catches ? guarded : dispatch]),
    },
  };
  const variables = declare("let", "$$pc", member(identifier("$$t"), "$$P"));
  if (hasLocals) variables.declarations.push(declarator("$$l", member(identifier("$$t"), "$$L")));
  const more = ["$$a", ...(catches ? ["$$h"] : []), ...locals];
  for (const local of more) {
    variables.declarations.push(declarator(local, local === "$$h" ? literal(0) : null));
  }
  const params = ["$$t", "$$m", "$$v"].map(identifier);
  const value = at(functionExpression(null, params, [variables, loop]), node);
  const key = propertyKey(name);
  return member(object([method(name, value)]), key, key.type === "Literal");
}

const declarator = (name: string, init: Expression | null): VariableDeclarator => ({
  start: -1,
  end: -1,
  type: "VariableDeclarator",
  id: identifier(name),
  init,
});

/** Writes instructions into cases; a case begins wherever control can arrive other than by falling through. */
class CaseWriter {
  private readonly instructions: readonly Instruction[];
  private readonly cases: SwitchCase[] = [];
  private readonly catches: boolean;
  /** The handler that `$$h` holds at this place; undefined when not known. */
  private handler: number | undefined;

  constructor(instructions: readonly Instruction[]) {
    this.instructions = instructions;
    this.catches = instructions.some((one) => one.handler !== null);
  }

  write(entry: readonly string[]): SwitchCase[] {
    this.begin(0);
    this.restore(entry);
    this.instructions.forEach((one, index) => {
      if (one.op === "label") {
        if (one.label.used) this.begin(one.label.number);
        return;
      }
      this.enterHandler(one.handler);
      const { consequent } = this.cases.at(-1)!;
      const first = consequent.length;
      this.instruction(one, index);
      const { loc } = one.begins ?? {};
      if (loc && first < consequent.length) consequent[first] = { ...consequent[first]!, loc };
    });
    return this.cases;
  }

  private begin(number: number): void {
    this.cases.push({
      start: -1,
      end: -1,
      type: "SwitchCase",
      test: literal(number),
      consequent: [],
    });
    this.handler = undefined;
  }

  private push(...statements: Statement[]): void {
    this.cases.at(-1)!.consequent.push(...statements);
  }

  private enterHandler(label: Label | null): void {
    const number = label?.number ?? 0;
    if (!this.catches || this.handler === number) return;
    this.push(statement(assign(identifier("$$h"), literal(number))));
    this.handler = number;
  }

  private instruction(one: Exclude<Instruction, { op: "label" }>, index: number): void {
    switch (one.op) {
      case "statement":
      case "leave":
        this.push(one.statement);
        break;
      case "set":
        this.push(at(statement(at(assign(identifier(one.name), one.value), one.source)), one.source));
        break;
      case "jump":
        if (!this.fallsThroughTo(one.label, index)) this.push(...this.goto(one.label));
        break;
      case "branch":
        this.push(at(ifThen(one.test, block(this.goto(one.label))), one.source));
        break;
      default:
        this.suspension(one);
    }
  }

  private goto(label: Label): Statement[] {
    return [
      statement(assign(identifier("$$pc"), literal(label.number))),
      { start: -1, end: -1, type: "ContinueStatement", label: identifier("$$L") },
    ];
  }

  private fallsThroughTo(label: Label, index: number): boolean {
    for (let i = index + 1; i < this.instructions.length; i++) {
      const next = this.instructions[i]!;
      if (next.op !== "label") return false;
      if (next.label === label) return true;
    }
    return false;
  }

  private restore(names: readonly string[]): void {
    for (const name of names) {
      this.push(statement(assign(identifier(name), member(identifier("$$l"), name))));
    }
  }

  /** Evaluates the argument, which may fail or change locals, saves what is live, and returns; then goes on. */
  private suspension(one: Suspension): void {
    const isSimple = one.argument.type === "Identifier";
    if (!isSimple && one.op !== "start") {
      this.push(at(statement(at(assign(identifier("$$a"), one.argument), one.source)), one.source));
    }
    const task = () => identifier("$$t");
    for (const name of one.live) {
      this.push(statement(assign(member(identifier("$$l"), name), identifier(name))));
    }
    this.push(statement(assign(member(task(), "$$P"), literal(one.point))));
    const argument = isSimple ? one.argument : identifier("$$a");
    this.push(at(returnStatement(this.suspend(one, task(), argument)), one.source));
    this.begin(one.point);
    this.restore(one.live);
    this.enterHandler(one.handler);
    this.resume(one);
  }

  private suspend(one: Suspension, task: Expression, argument: Expression): Expression {
    if (one.op === "start") return runtimeMember("SUSPENDED");
    if (one.op === "await") return runtimeCall("wait", [task, argument]);
    return runtimeCall(one.mode === null ? "yieldValue" : "yieldInner", [task, argument]);
  }

  private resume(one: Suspension): void {
    if (one.op === "start") return;
    const received = identifier("$$v");
    const set = (name: string | null, value: Expression) => {
      if (name !== null) this.push(statement(assign(identifier(name), value)));
    };
    if (one.mode !== null) {
      set(one.mode, identifier("$$m"));
      set(one.result, received);
      return;
    }
    const isMode = (mode: number) => binary("===", identifier("$$m"), literal(mode));
    this.push(at(ifThen(isMode(1), throwStatement(identifier("$$v"))), one.source as Node | null));
    if (one.onReturn) this.push(ifThen(isMode(2), block(one.onReturn.statements)));
    set(one.result, received);
  }
}

/** Which locals are needed after each instruction: only those are saved at a suspension. */
import type { Expression, Pattern, Statement } from "acorn";
import type { Node } from "../ast.ts";
import { children, patternIdentifiers } from "../walk.ts";
import type { Instruction, Label } from "./instructions.ts";

export interface Liveness {
  /** Locals live when the function starts. */
  readonly atStart: readonly string[];
  /** Locals that any instruction reads or writes. */
  readonly mentioned: readonly string[];
}

interface Flow {
  readonly uses: Bits;
  readonly defines: Bits;
  readonly successors: readonly number[];
  /** Index of the handler's label, or -1. */
  readonly handler: number;
}

/** Fills in `live` of every suspension. A backward data-flow analysis over bit sets, to its fixed point. */
export function findLiveLocals(instructions: readonly Instruction[], locals: ReadonlySet<string>): Liveness {
  const names = [...locals];
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const sets = new BitSets(indexOf);
  const positions = new Map<Label, number>();
  instructions.forEach((one, index) => {
    if (one.op === "label") positions.set(one.label, index);
  });
  const flows = instructions.map((one, index) => flowOf(one, index, sets, positions));
  const liveIn = instructions.map(() => sets.empty());
  const liveOut = instructions.map(() => sets.empty());
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = instructions.length - 1; i >= 0; i--) {
      const flow = flows[i]!;
      const out = sets.empty();
      for (const next of flow.successors) if (next < liveIn.length) addAll(out, liveIn[next]!);
      const into = out.slice();
      removeAll(into, flow.defines);
      addAll(into, flow.uses);
      if (flow.handler >= 0) {
        // The instruction may fail before it defines anything.
        addAll(into, liveIn[flow.handler]!);
        addAll(out, liveIn[flow.handler]!);
      }
      liveOut[i] = out;
      if (!equal(into, liveIn[i]!)) {
        liveIn[i] = into;
        changed = true;
      }
    }
  }
  instructions.forEach((one, index) => {
    if (one.op !== "await" && one.op !== "yield" && one.op !== "start") return;
    const live = liveOut[index]!.slice();
    removeAll(live, flows[index]!.defines);
    if (one.onReturn) for (const way of one.onReturn.statements) addAll(live, sets.usedBy(way));
    const { handler } = flows[index]!;
    if (handler >= 0) addAll(live, liveIn[handler]!);
    one.live = sets.namesIn(live, names);
  });
  const mentioned = mentionedNames(instructions);
  return {
    atStart: liveIn[0] ? sets.namesIn(liveIn[0], names) : [],
    mentioned: names.filter((name) => mentioned.has(name)),
  };
}

/** Every name in the code, also of what is only assigned. */
function mentionedNames(instructions: readonly Instruction[]): ReadonlySet<string> {
  const mentioned = new Set<string>();
  const collect = (node: Node): void => {
    if (node.type === "Identifier") mentioned.add(node.name);
    for (const child of children(node)) collect(child);
  };
  for (const one of instructions) {
    switch (one.op) {
      case "statement":
      case "leave":
        collect(one.statement);
        break;
      case "set":
        mentioned.add(one.name);
        collect(one.value);
        break;
      case "branch":
        collect(one.test);
        break;
      case "await":
      case "yield":
      case "start":
        collect(one.argument);
        for (const way of one.onReturn?.statements ?? []) collect(way);
        for (const name of [one.result, one.mode]) if (name !== null) mentioned.add(name);
        break;
    }
  }
  return mentioned;
}

function flowOf(one: Instruction, index: number, sets: BitSets, positions: ReadonlyMap<Label, number>): Flow {
  const at = (label: Label) => positions.get(label)!;
  const handler = one.handler ? at(one.handler) : -1;
  const next = index + 1;
  const none = sets.empty();
  switch (one.op) {
    case "statement":
    case "leave": {
      const successors = one.targets.map(at);
      if (one.op === "statement") successors.push(next);
      // A jump out of the middle may skip assignments that come after it.
      const isStraight = one.targets.length === 0 || isStraightLine(one.statement);
      const effects = isStraight
        ? sets.effectsOf(one.statement)
        : { uses: sets.usedBy(one.statement), defines: none };
      return { ...effects, successors, handler };
    }
    case "set":
      return { uses: sets.usedBy(one.value), defines: sets.of([one.name]), successors: [next], handler };
    case "label":
      return { uses: none, defines: sets.of(one.label.assigned), successors: [next], handler };
    case "jump":
      return { uses: none, defines: none, successors: [at(one.label)], handler };
    case "branch":
      return { uses: sets.usedBy(one.test), defines: none, successors: [next, at(one.label)], handler };
    default: {
      const uses = sets.usedBy(one.argument);
      for (const way of one.onReturn?.statements ?? []) addAll(uses, sets.usedBy(way));
      const defines = sets.of([one.result, one.mode].filter((name) => name !== null));
      return {
        uses,
        defines,
        successors: [next, ...(one.onReturn?.targets ?? []).map(at)],
        handler,
      };
    }
  }
}

/** Assignments and a jump at the end, as ways out are written. */
function isStraightLine(one: Statement): boolean {
  if (one.type !== "BlockStatement") return one.type !== "IfStatement";
  return one.body.every(({ type }) => type === "ExpressionStatement" || type === "ContinueStatement");
}

type Bits = Int32Array<ArrayBuffer>;

interface Effects {
  readonly uses: Bits;
  readonly defines: Bits;
}

class BitSets {
  private readonly words: number;
  private readonly indexOf: ReadonlyMap<string, number>;

  constructor(indexOf: ReadonlyMap<string, number>) {
    this.indexOf = indexOf;
    this.words = (indexOf.size + 31) >> 5;
  }

  empty(): Bits {
    return new Int32Array(this.words);
  }

  of(names: readonly string[]): Bits {
    const bits = this.empty();
    for (const name of names) this.add(bits, name);
    return bits;
  }

  namesIn(bits: Bits, names: readonly string[]): string[] {
    return names.filter((_, index) => (bits[index >> 5]! & (1 << (index & 31))) !== 0);
  }

  private add(bits: Bits, name: string): void {
    const index = this.indexOf.get(name);
    if (index !== undefined) bits[index >> 5]! |= 1 << (index & 31);
  }

  /** Locals a piece of generated code may read. */
  usedBy(node: Expression | Statement | Pattern): Bits {
    const bits = this.empty();
    this.collect(node, bits);
    return bits;
  }

  private collect(node: Node, bits: Bits): void {
    switch (node.type) {
      case "Identifier":
        this.add(bits, node.name);
        return;
      case "MemberExpression":
        this.collect(node.object, bits);
        if (node.computed) this.collect(node.property, bits);
        return;
      case "Property":
        if (node.computed) this.collect(node.key, bits);
        this.collect(node.value, bits);
        return;
      case "AssignmentExpression":
        // A plain assignment reads nothing; whether it happens is not known, so it defines nothing either.
        if (node.operator === "=" && node.left.type === "Identifier") {
          this.collect(node.right, bits);
          return;
        }
    }
    for (const child of children(node)) this.collect(child, bits);
  }

  /** What a statement may read before it assigns it, and what it assigns however it ends. */
  effectsOf(one: Statement): Effects {
    switch (one.type) {
      case "ExpressionStatement":
        return this.effectsOfExpression(one.expression);
      case "BlockStatement":
        return this.effectsInOrder(one.body);
      case "IfStatement": {
        const test = this.usedBy(one.test);
        const then = this.effectsOf(one.consequent);
        const otherwise = one.alternate
          ? this.effectsOf(one.alternate)
          : { uses: this.empty(), defines: this.empty() };
        addAll(test, then.uses);
        addAll(test, otherwise.uses);
        return { uses: test, defines: then.defines.map((word, index) => word & otherwise.defines[index]!) };
      }
      default:
        return { uses: this.usedBy(one), defines: this.empty() };
    }
  }

  private effectsInOrder(list: readonly Statement[]): Effects {
    const uses = this.empty();
    const defines = this.empty();
    for (const one of list) {
      const effects = this.effectsOf(one);
      removeAll(effects.uses, defines);
      addAll(uses, effects.uses);
      addAll(defines, effects.defines);
    }
    return { uses, defines };
  }

  private effectsOfExpression(expression: Expression): Effects {
    if (expression.type === "AssignmentExpression" && expression.operator === "=") {
      const { left, right } = expression;
      if (left.type === "Identifier") return { uses: this.usedBy(right), defines: this.of([left.name]) };
      if (left.type === "ObjectPattern" || left.type === "ArrayPattern") {
        const uses = this.usedBy(right);
        this.collectPattern(left, uses);
        return { uses, defines: this.of(patternIdentifiers(left).map((id) => id.name)) };
      }
    }
    return { uses: this.usedBy(expression), defines: this.empty() };
  }

  /** What a pattern reads besides its targets: keys, defaults, objects whose properties it assigns. */
  private collectPattern(pattern: Pattern | null, bits: Bits): void {
    switch (pattern?.type) {
      case "ObjectPattern":
        for (const part of pattern.properties) {
          if (part.type === "RestElement") this.collectPattern(part.argument, bits);
          else {
            if (part.computed) this.collect(part.key, bits);
            this.collectPattern(part.value, bits);
          }
        }
        break;
      case "ArrayPattern":
        for (const part of pattern.elements) this.collectPattern(part, bits);
        break;
      case "AssignmentPattern":
        this.collect(pattern.right, bits);
        this.collectPattern(pattern.left, bits);
        break;
      case "RestElement":
        this.collectPattern(pattern.argument, bits);
        break;
      case "MemberExpression":
        this.collect(pattern, bits);
        break;
    }
  }
}

function addAll(into: Bits, from: Bits): void {
  for (let i = 0; i < into.length; i++) into[i]! |= from[i]!;
}

function removeAll(from: Bits, what: Bits): void {
  for (let i = 0; i < from.length; i++) from[i]! &= ~what[i]!;
}

const equal = (a: Bits, b: Bits): boolean => a.every((word, index) => word === b[index]);

/**
 * Random async programs from a seed: loops, closures, exceptions, generators, classes and combinators with awaits in
 * the middle. They always end: each loop and each helper spends from `fuel`, itself a captured variable. They never
 * fail by accident: values are numbers and lists of numbers.
 */
import { randomNumbers } from "../../../src/coroutine/testing/world.ts";

/** A statement: lines, or a head, body and foot, which shrinking may take apart. */
export type Statement =
  | string
  | { readonly head: string; readonly body: readonly Statement[]; readonly foot: Statement[] | string };

export interface RandomProgram {
  readonly name: string;
  readonly body: readonly Statement[];
}

export function randomProgram(seed: number): RandomProgram {
  const maker = new ProgramMaker(seed);
  return { name: `p${seed}`, body: maker.program() };
}

export function sourceOf({ name, body }: RandomProgram): string {
  return `export async function ${name}() {\n  let fuel = 20;\n${printed(body, 1)}}\n`;
}

/** What a module of programs starts with. */
export const moduleHead = (coroutineUrl: string): string => `
import { call } from ${JSON.stringify(coroutineUrl)};
const id = (x) => call("id", x);
const fail = (x) => call("fail", x);
const log = (x) => { globalThis.programLog?.push(String(x)); return x; };
const sum = (...xs) => xs.reduce((a, b) => a + b, 0);
class Cell {
  #value;
  static made = 0;
  constructor(value) { this.#value = value; this.history = []; Cell.made++; }
  get value() { return this.#value; }
  set value(v) { this.history.push(this.#value); this.#value = v % 1000; }
  async add(n) { const before = this.#value; this.value = before + (await id(n)); return this; }
  *[Symbol.iterator]() { yield this.#value; yield* this.history; }
}
const tag = (strings, ...values) => strings.join("_").length + strings.raw.length + sum(...values);
const attempt = (f) => { try { return f(); } catch (error) { log(error.name); return -1; } };
class Resource {
  constructor(n) { this.n = n; log("open " + n); }
  get [Symbol.dispose]() { return () => { log("close " + this.n); if (this.n % 7 === 3) throw new Error("close " + this.n); }; }
}
class Slow {
  constructor(n) { this.n = n; log("open slow " + n); }
  async [Symbol.asyncDispose]() { log("closing " + (await id(this.n))); if (this.n % 7 === 4) await fail(this.n); log("closed " + this.n); }
}
class Twice extends Cell {
  async add(n) { await super.add(n); return super.add(await id(n)); }
}
`;

function printed(statements: readonly Statement[], depth: number): string {
  const indent = "  ".repeat(depth);
  return statements
    .map((one) => {
      if (typeof one === "string") return `${indent}${one}\n`;
      const foot = typeof one.foot === "string" ? `${indent}${one.foot}\n` : `${printed(one.foot, depth)}`;
      return `${indent}${one.head}\n${printed(one.body, depth + 1)}${foot}`;
    })
    .join("");
}

interface Names {
  numbers: string[];
  /** Assignable ones among the numbers. */
  lets: string[];
  lists: string[];
  cells: string[];
  functions: string[];
  asyncFunctions: string[];
  promises: string[];
  labels: string[];
  /** Labels of blocks, which break only. */
  blocks: string[];
  /** Objects with a getter and an async method. */
  objects: string[];
  inLoop: boolean;
  inFunction: boolean;
}

const empty = (): Names => ({
  numbers: [],
  lets: [],
  lists: [],
  cells: [],
  functions: [],
  asyncFunctions: [],
  promises: [],
  labels: [],
  blocks: [],
  objects: [],
  inLoop: false,
  inFunction: false,
});

const copy = (names: Names): Names => ({
  ...names,
  numbers: [...names.numbers],
  lets: [...names.lets],
  lists: [...names.lists],
  cells: [...names.cells],
  functions: [...names.functions],
  asyncFunctions: [...names.asyncFunctions],
  promises: [...names.promises],
  labels: [...names.labels],
  blocks: [...names.blocks],
  objects: [...names.objects],
});

class ProgramMaker {
  private readonly random: () => number;
  private next = 0;
  /** Statements left to make. */
  private budget = 0;

  constructor(seed: number) {
    this.random = randomNumbers(seed * 2_654_435_761 + 1);
    for (let i = 0; i < 10; i++) this.random();
  }

  program(): Statement[] {
    this.budget = 10 + this.below(25);
    const names = empty();
    const first = [this.declaration(names), this.declareList(names)];
    const body = [...first, ...this.statements(names, 0, 6 + this.below(6))];
    const promises = names.promises.map((name) => `await ${name}`);
    const results = [
      ...names.numbers,
      ...names.lists,
      ...names.cells.map((name) => `[...${name}]`),
      ...names.functions.map((name) => `${name}(1)`),
      ...promises,
    ];
    return [...body, `return [${results.join(", ")}, fuel];`];
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  private fresh(prefix: string): string {
    return `${prefix}${this.next++}`;
  }

  private statements(names: Names, depth: number, count: number): Statement[] {
    const out: Statement[] = [];
    for (let i = 0; i < count && this.budget > 0; i++) {
      this.budget--;
      out.push(...this.statement(names, depth));
    }
    return out;
  }

  private block(names: Names, depth: number, extra: Partial<Names> = {}): Statement[] {
    const inner = { ...copy(names), ...extra };
    const shadows = this.chance(0.15) && inner.lets.length > 0 ? [this.shadow(inner)] : [];
    return [...shadows, ...this.statements(inner, depth + 1, 1 + this.below(3))];
  }

  private statement(names: Names, depth: number): Statement[] {
    const simple: (() => Statement[])[] = [
      () => [this.declaration(names)],
      () => [this.assign(names)],
      () => [this.assign(names)],
      () => [`log(${this.number(names, 2)});`],
      () => [this.declareList(names)],
      () => [this.changeList(names)],
      () => [this.destructure(names)],
      () => [this.declareFunction(names)],
      () => [this.cell(names)],
      () => [this.promise(names)],
      () => [this.object(names)],
      () => [this.destructureLater(names)],
      () => this.deadZone(names),
      () => [this.delegating(names)],
      () => [`await ${this.pick(["null", this.number(names, 1), `id(${this.number(names, 1)})`])};`],
    ];
    const compound: (() => Statement[])[] = [
      () => this.conditional(names, depth),
      () => this.forLoop(names, depth),
      () => this.forOf(names, depth),
      () => this.whileLoop(names, depth),
      () => this.tryStatement(names, depth),
      () => this.tryStatement(names, depth),
      () => this.switchStatement(names, depth),
      () => this.asyncFunction(names, depth),
      () => this.generator(names, depth),
      () => [{ head: "{", body: this.block(names, depth), foot: "}" }],
      () => this.labelled(names, depth),
      () => this.labelledBlock(names, depth),
      () => this.resources(names, depth),
      () => this.resources(names, depth),
      () => this.parameters(names, depth),
      () => this.sharedSwitch(names, depth),
      () => this.forAwait(names, depth),
    ];
    if (this.chance(0.12)) {
      const jump = this.jump(names);
      if (jump) return [{ head: `if (${this.condition(names)}) {`, body: [jump], foot: "}" }];
    }
    return depth < 4 && this.chance(0.45) ? this.pick(compound)() : this.pick(simple)();
  }

  private jump(names: Names): string | null {
    const jumps = [`throw new Error("e" + ${this.number(names, 1)});`];
    if (names.inLoop) jumps.push("break;", "continue;");
    for (const label of names.blocks) jumps.push(`break ${label};`);
    for (const label of names.labels) jumps.push(`break ${label};`, `continue ${label};`);
    if (names.inFunction)
      jumps.push(`return ${this.number(names, 2)};`, `return await id(${this.number(names, 1)});`);
    return this.chance(0.8) || names.inLoop || names.inFunction
      ? this.pick(names.inLoop || names.inFunction ? jumps.slice(this.chance(0.2) ? 0 : 1) : jumps)
      : null;
  }

  private declaration(names: Names): string {
    const init = this.number(names, 3);
    const kind = this.pick(["let", "let", "const", "var"]);
    const name = this.fresh("v");
    names.numbers.push(name);
    if (kind !== "const") names.lets.push(name);
    return `${kind} ${name} = ${init};`;
  }

  private shadow(names: Names): string {
    const name = this.pick(names.lets);
    const others = {
      ...names,
      numbers: names.numbers.filter((one) => one !== name),
      lets: names.lets.filter((one) => one !== name),
      functions: [],
      asyncFunctions: [],
    };
    return `let ${name} = ${this.number(others, 2)};`;
  }

  private declareList(names: Names): string {
    const items = Array.from({ length: 1 + this.below(3) }, () => this.number(names, 1));
    const name = this.fresh("l");
    const spread =
      names.lists.length > 0 && this.chance(0.3) ? `, ...${this.pick(names.lists)}.slice(0, 2)` : "";
    names.lists.push(name);
    return `const ${name} = [${items.join(", ")}${spread}];`;
  }

  private changeList(names: Names): string {
    const list = this.pick(names.lists);
    const changes = [
      `${list}.push(${this.number(names, 2)});`,
      `${list}[0] = ${this.number(names, 2)};`,
      `${list}[${list}.length - 1] += ${this.number(names, 2)};`,
      `${list}.unshift(${list}.pop() ?? 0);`,
    ];
    return `if (${list}.length < 8) ${this.pick(changes)}`;
  }

  private assign(names: Names): string {
    if (names.lets.length === 0) return this.declaration(names);
    const name = this.pick(names.lets);
    const operator = this.pick(["=", "=", "+=", "-=", "??=", "||=", "&&=", "^="]);
    return `${name} ${operator} ${this.number(names, 3)};`;
  }

  private destructure(names: Names): string {
    const list = this.pick(names.lists);
    const [a, b] = [this.fresh("v"), this.fresh("v")];
    const fallback = this.number(names, 2);
    const source = this.number(names, 1);
    const form = this.pick([
      `const [${a} = ${fallback}, ${b} = 7] = ${list};`,
      `let { length: ${a}, [${source}]: ${b} = ${fallback} } = ${list};`,
      `let [${a}, ...${b}s] = [${source}, ...${list}], ${b} = ${b}s.length;`,
    ]);
    names.numbers.push(a, b);
    if (form.startsWith("let")) names.lets.push(a, b);
    return form;
  }

  private declareFunction(names: Names): string {
    const inner = copy(names);
    const param = this.fresh("x");
    inner.numbers.push(param);
    inner.lets.push(param);
    const name = this.fresh("f");
    const assigned = names.lets.length > 0 ? `${this.pick(names.lets)} += ${param} % 5` : param;
    const body = this.pick([
      `${param} + ${this.plain(inner, 2)}`,
      `(${assigned})`,
      `${this.plain(inner, 2)}`,
    ]);
    names.functions.push(name);
    return this.pick([
      `const ${name} = (${param}) => ${body};`,
      `const ${name} = function (${param} = 2) { return ${body}; };`,
      `function ${name}(${param}) { return ${body}; }`,
    ]);
  }

  private cell(names: Names): string {
    if (names.cells.length === 0 || this.chance(0.4)) {
      const init = this.number(names, 1);
      const name = this.fresh("c");
      names.cells.push(name);
      return `const ${name} = new ${this.pick(["Cell", "Twice"])}(${init});`;
    }
    const cell = this.pick(names.cells);
    return this.pick([
      `await ${cell}.add(${this.number(names, 2)});`,
      `${cell}.value = ${this.number(names, 2)};`,
      `${cell}.value += ${this.number(names, 2)};`,
      `(await ${cell}.add(1)).value--;`,
    ]);
  }

  private promise(names: Names): string {
    const value = this.plain(names, 1);
    const name = this.fresh("q");
    const chained = this.pick([
      "",
      "",
      `.then((x) => x + ${this.plain(names, 1)})`,
      `.then(async (x) => (await id(x)) + 1).finally(() => log("finally"))`,
    ]);
    const made =
      names.asyncFunctions.length > 0 && this.chance(0.5)
        ? `${this.pick(names.asyncFunctions)}(${value})`
        : `id(${value})`;
    names.promises.push(name);
    return `const ${name} = ${made}${chained}.catch((e) => e.message.length);`.replace(
      ".catch",
      chained === "" && made.startsWith("id(") ? ".then((x) => x).catch" : ".catch",
    );
  }

  private conditional(names: Names, depth: number): Statement[] {
    const otherwise: Statement[] = this.chance(0.5)
      ? [{ head: "} else {", body: this.block(names, depth), foot: "}" }]
      : ["}"];
    return [{ head: `if (${this.condition(names)}) {`, body: this.block(names, depth), foot: otherwise }];
  }

  private forLoop(names: Names, depth: number, label = ""): Statement[] {
    const i = this.fresh("i");
    const [limit, step] = [this.number(names, 1), this.pick([`${i}++`, `${i} += await id(1)`, `${i} += 2`])];
    const kind = this.pick(["let", "let", "let", "var"]);
    const inner = { numbers: [...names.numbers, i], lets: [...names.lets, i], inLoop: true };
    const body = this.block(names, depth, {
      ...inner,
      labels: label ? [...names.labels, label] : names.labels,
    });
    const test = this.chance(0.3) ? `${i} < (await id(3))` : `${i} < ${2 + this.below(2)}`;
    return [
      {
        head: `${label ? `${label}: ` : ""}for (${kind} ${i} = ${this.chance(0.3) ? `Math.abs(${limit}) % 2` : 0}; ${test} && fuel-- > 0; ${step}) {`,
        body,
        foot: "}",
      },
    ];
  }

  private forOf(names: Names, depth: number, label = ""): Statement[] {
    const x = this.fresh("x");
    const list = names.lists.length > 0 ? this.pick(names.lists) : "[1, 2]";
    const source = this.pick([
      list,
      list,
      `${list}.slice(0, 3)`,
      `new Set(${list})`,
      `[...${list}].entries()`,
      `new Map([[${this.number(names, 1)}, 1], [2, 3]])`,
      names.cells.length > 0 ? this.pick(names.cells) : list,
    ]);
    const isPairs = source.startsWith("new Map") || source.endsWith("entries()");
    const pattern = isPairs ? `[${x}k, ${x}]` : x;
    const kind = this.pick(["const", "let"]);
    const inner = {
      numbers: [...names.numbers, x],
      lets: kind === "let" ? [...names.lets, x] : names.lets,
      inLoop: true,
      labels: label ? [...names.labels, label] : names.labels,
    };
    return [
      {
        head: `${label ? `${label}: ` : ""}for (${kind} ${pattern} of ${source}) {`,
        body: ["if (fuel-- < 0) break;", ...this.block(names, depth, inner)],
        foot: "}",
      },
    ];
  }

  private whileLoop(names: Names, depth: number): Statement[] {
    const body = this.block(names, depth, { inLoop: true });
    const condition = this.condition(names);
    if (this.chance(0.5)) return [{ head: `while (fuel-- > 0 && (${condition})) {`, body, foot: "}" }];
    return [{ head: "do {", body, foot: `} while (fuel-- > 0 && (${condition}));` }];
  }

  private labelled(names: Names, depth: number): Statement[] {
    const label = this.fresh("loop");
    return this.chance(0.5) ? this.forLoop(names, depth, label) : this.forOf(names, depth, label);
  }

  private tryStatement(names: Names, depth: number): Statement[] {
    const risky = this.pick([
      `await fail(${this.number(names, 1)});`,
      `throw new Error("t" + ${this.number(names, 1)});`,
      `log(await id(${this.number(names, 1)}));`,
      "",
    ]);
    const body = [
      ...this.block(names, depth),
      ...(risky ? [this.chance(0.5) ? risky : `if (${this.condition(names)}) ${risky}`] : []),
    ];
    const error = this.fresh("e");
    const length = this.fresh("v");
    const caught: Statement = {
      head: `} catch (${error}) {`,
      body: [
        `const ${length} = log(${error}.message).length;`,
        ...this.block(names, depth, { numbers: [...names.numbers, length] }),
      ],
      foot: "}",
    };
    const finallyBody = this.block(names, depth);
    const lastly: Statement = { head: "} finally {", body: finallyBody, foot: "}" };
    const both: Statement = { ...caught, foot: [lastly] };
    const whole: Statement = { head: "try {", body, foot: [this.pick([caught, lastly, both])] };
    // Outside of functions and of try an error would end the program too early too often.
    return typeof whole.foot === "object" && whole.foot[0] === lastly && this.chance(0.7)
      ? [{ head: "try {", body: [whole], foot: [caught] }]
      : [whole];
  }

  private switchStatement(names: Names, depth: number): Statement[] {
    const cases: Statement[] = [];
    for (let i = 0; i < 3; i++) {
      const test = this.chance(0.3) ? `(await id(${i}))` : String(i);
      const body = this.block(names, depth);
      cases.push({
        head: i === 2 ? "default: {" : `case ${test}: {`,
        body,
        foot: this.chance(0.6) ? "} break;" : "}",
      });
    }
    return [
      {
        head: `switch (Math.abs(${this.number(names, 2)}) % 4) {`,
        body: this.chance(0.3) ? cases.reverse() : cases,
        foot: "}",
      },
    ];
  }

  private asyncFunction(names: Names, depth: number): Statement[] {
    const name = this.fresh("g");
    const param = this.fresh("x");
    const inner = this.insideFunction(names);
    inner.numbers.push(param);
    inner.lets.push(param);
    const body = [
      "if (fuel-- < 0) return 0;",
      ...this.statements(inner, depth + 1, 1 + this.below(4)),
      `return ${this.number(inner, 3)};`,
    ];
    names.asyncFunctions.push(name);
    const fallback = this.plain(names, 1);
    return [
      this.pick<Statement>([
        { head: `const ${name} = async (${param} = ${fallback}) => {`, body, foot: "};" },
        { head: `const ${name} = async function (${param}) {`, body, foot: "};" },
      ]),
    ];
  }

  private insideFunction(names: Names): Names {
    return { ...copy(names), inFunction: true, inLoop: false, labels: [], blocks: [], promises: [] };
  }

  private object(names: Names): string {
    const name = this.fresh("o");
    const base = this.number(names, 1);
    names.objects.push(name);
    return (
      `const ${name} = { base: ${base}, get twice() { return this.base * 2; }, set twice(v) { this.base = v % 100; }, ` +
      `async plus(x) { this.base += await id(x); return this.base; }, list: [1, 2], none: null };`
    );
  }

  /** Patterns with awaits in defaults, keys and targets. */
  private destructureLater(names: Names): string {
    const list = this.pick(names.lists);
    const [a, b] = [this.fresh("v"), this.fresh("v")];
    const swaps =
      names.lets.length > 1
        ? [
            `[${names.lets[0]}, ${names.lets.at(-1)} = await id(4)] = [${names.lets.at(-1)}, ${this.number(names, 1)}];`,
          ]
        : [];
    const form = this.pick([
      ...swaps,
      ...swaps,
      `const [${a} = await id(${this.plain(names, 1)}), ${b} = ${a} + 1] = ${list}.slice(${this.below(3)});`,
      `let { [await id("length")]: ${a}, [${this.below(9)}]: ${b} = await id(${a}) } = ${list};`,
      `let [, ${a} = ${this.number(names, 1)}, ...[${b} = await id(2)]] = ${list};`,
      `const { v: ${a} = await id(1), w: { u: ${b} = ${a} } = { u: await id(5) } } = await id({});`,
    ]);
    if (!/^(const|let)/.test(form)) return form;
    names.numbers.push(a, b);
    if (form.startsWith("let")) names.lets.push(a, b);
    return form;
  }

  /** A closure made before the variable it reads, used before and after. */
  private deadZone(names: Names): Statement[] {
    const [f, v] = [this.fresh("f"), this.fresh("v")];
    const uses = this.pick([`log(attempt(${f}));`, `if (${this.condition(names)}) log(attempt(${f}));`, ""]);
    const init = this.number(names, 2);
    const declaration = this.pick([
      `let ${v} = ${init};`,
      `const ${v} = ${init};`,
      `let ${v} = attempt(${f});`,
    ]);
    const make = this.chance(0.5) ? `const ${f} = () => ${v};` : `function ${f}() { return ${v} + 1; }`;
    names.numbers.push(v);
    names.functions.push(f);
    const early = this.chance(0.3) ? [`await id(${this.number(names, 0)});`] : [];
    const before = names.numbers.indexOf(v);
    names.numbers.splice(before, 1);
    const lines = [make, uses, ...early, declaration];
    names.numbers.push(v);
    return lines.filter((line) => line !== "");
  }

  /** A generator driven by hand, which is left or failed in the middle. */
  private delegating(names: Names): string {
    const [name, it, v] = [this.fresh("gen"), this.fresh("it"), this.fresh("v")];
    const isAsync = this.chance(0.5);
    const list = this.pick(names.lists);
    const pause = isAsync ? "(await id(2))" : "2";
    const body =
      `try { const got = yield ${this.plain(names, 1)}; log(got); yield* ${list}.slice(0, 3); } ` +
      `catch (error) { log(error.message); yield ${pause}; } finally { log("left ${name}" + ${pause}); ${this.chance(0.3) ? `yield ${pause} + 3;` : ""} } return 9;`;
    const step = () =>
      this.pick([
        `next(${this.number(names, 0)})`,
        "next()",
        `throw(new Error("thrown"))`,
        `return(${this.number(names, 0)})`,
      ]);
    const wait = isAsync ? "await " : "";
    const steps = Array.from({ length: 2 + this.below(4) }, step).map(
      (one) => `(${wait}${it}.${one}).value ?? 0`,
    );
    names.numbers.push(v);
    return (
      `const ${it} = (${isAsync ? "async " : ""}function* ${name}() { ${body} })(); ` +
      `let ${v} = 0; try { ${steps.map((one) => `${v} += ${one}; await id(${v});`).join(" ")} } catch (error) { log(error.message); }`
    );
  }

  private labelledBlock(names: Names, depth: number): Statement[] {
    const label = this.fresh("block");
    const body = this.block(names, depth, { blocks: [...names.blocks, label] });
    return [
      { head: `${label}: {`, body: [...body, `if (${this.condition(names)}) break ${label};`], foot: "}" },
    ];
  }

  private resources(names: Names, depth: number): Statement[] {
    const declarations = Array.from({ length: 1 + this.below(3) }, () => {
      const n = this.number(names, 1);
      return this.pick([
        `using ${this.fresh("r")} = new Resource(${n});`,
        `await using ${this.fresh("r")} = new Slow(${n});`,
        `using ${this.fresh("r")} = null;`,
      ]);
    });
    const body = this.block(names, depth);
    body.splice(this.below(body.length + 1), 0, ...declarations);
    const error = this.fresh("e");
    return [
      {
        head: "try {",
        body,
        foot: [{ head: `} catch (${error}) {`, body: [`log(${error}.message);`], foot: "}" }],
      },
    ];
  }

  /** Parameters that see what is outside while the body declares the same names. */
  private parameters(names: Names, depth: number): Statement[] {
    const name = this.fresh("g");
    const outer = names.numbers.length > 0 ? this.pick(names.numbers) : "3";
    const isName = /^[a-z]+\d+$/.test(outer);
    const inner = this.insideFunction(names);
    const [a, b, c, d] = [this.fresh("x"), this.fresh("x"), this.fresh("x"), this.fresh("x")] as const;
    inner.numbers.push(a, b, c);
    inner.lets.push(a, b, c);
    const redeclared = this.pick([
      isName ? `let ${outer} = await id(${a});` : "",
      `var ${a} = ${a} + (await id(1));`,
      "",
    ]);
    const body = [
      "if (fuel-- < 0) return 0;",
      ...(redeclared ? [redeclared] : []),
      ...this.statements(inner, depth + 1, 1 + this.below(3)),
      `return ${d}() + ${a} + ${this.number(inner, 2)};`,
    ];
    names.asyncFunctions.push(name);
    const head = `(${a} = ${outer}, { ${b} = ${a} + 1, ...${c}s } = {}, [${c} = ${b}] = [], ${d} = () => ${a} + ${outer}) => {`;
    return [{ head: `const ${name} = async ${head}`, body, foot: "};" }];
  }

  /** A variable of one case, seen by closures of all of them. */
  private sharedSwitch(names: Names, depth: number): Statement[] {
    const v = this.fresh("v");
    const inner = { ...copy(names), functions: [...names.functions] };
    const cases: Statement[] = [0, 1, 2].map((n) => ({
      head: `case ${n}:`,
      body: [
        ...(n === 1 ? [`let ${v} = ${this.number(names, 2)};`] : []),
        `log(attempt(() => ${v}));`,
        ...(this.chance(0.4) ? [`attempt(() => { ${v} = ${this.plain(names, 1)}; });`] : []),
        ...this.statements(inner, depth + 1, 1).map((one) =>
          typeof one === "string"
            ? ({ head: "{", body: [one], foot: "}" } as Statement)
            : { head: "{", body: [one], foot: "}" },
        ),
      ],
      foot: this.chance(0.4) ? "break;" : ";",
    }));
    return [{ head: `switch (Math.abs(${this.number(names, 1)}) % 4) {`, body: cases, foot: "}" }];
  }

  private forAwait(names: Names, depth: number): Statement[] {
    const x = this.fresh("x");
    // Made when it is asked for: nobody would look at one made before.
    const risky = this.chance(0.3) ? ` yield Promise.reject(new Error("item"));` : "";
    const source = this.pick([
      `[id(${this.number(names, 1)}), ${this.number(names, 1)}]`,
      `(function* () { try { yield id(1); yield ${this.plain(names, 1)};${risky} } finally { log("items closed"); } })()`,
    ]);
    const body = [
      "if (fuel-- < 0) break;",
      ...this.block(names, depth, { numbers: [...names.numbers, x], inLoop: true }),
    ];
    const error = this.fresh("e");
    const loop: Statement = { head: `for await (const ${x} of ${source}) {`, body, foot: "}" };
    return [
      {
        head: "try {",
        body: [loop],
        foot: [{ head: `} catch (${error}) {`, body: [`log(${error}.message);`], foot: "}" }],
      },
    ];
  }

  private generator(names: Names, depth: number): Statement[] {
    const name = this.fresh("gen");
    const isAsync = this.chance(0.5);
    const n = this.fresh("n");
    const x = this.fresh("x");
    const inside: Names = { ...copy(names), functions: [...names.functions] };
    inside.numbers.push(n);
    const value = isAsync ? this.number(inside, 2) : this.plain(inside, 2);
    const more = isAsync
      ? [`yield* [1, id(2)];`]
      : names.lists.length > 0
        ? [`yield* ${this.pick(names.lists)}.slice(0, 2);`]
        : [];
    const definition: Statement = {
      head: `${isAsync ? "async " : ""}function* ${name}() {`,
      body: [
        "try {",
        `  for (let ${n} = 0; ${n} < 3 && fuel-- > 0; ${n}++) yield ${value};`,
        ...more.map((line) => `  ${line}`),
        `} finally { log("${name} closed"${isAsync ? " + (await id(1))" : ""}); }`,
      ],
      foot: "}",
    };
    const kind = isAsync ? "for await" : "for";
    const loop: Statement = {
      head: `${kind} (const ${x} of ${name}()) {`,
      body: [
        "if (fuel-- < 0) break;",
        ...this.block(names, depth, { numbers: [...names.numbers, x], inLoop: true }),
      ],
      foot: "}",
    };
    if (isAsync || this.chance(0.6)) return [definition, loop];
    const held = this.fresh("it");
    const [a, b] = [this.fresh("v"), this.fresh("v")];
    names.numbers.push(a, b);
    return [
      definition,
      `const ${held} = ${name}();`,
      `const ${a} = ${held}.next().value ?? 0;`,
      `await id(${a});`,
      `const ${b} = sum(...${held});`,
    ];
  }

  private condition(names: Names): string {
    return this.pick([
      `${this.number(names, 2)} > ${this.number(names, 1)}`,
      `${this.number(names, 2)} % 2 === 0`,
      `!(${this.number(names, 1)} % 3)`,
      `${this.number(names, 1)} > 1 && ${this.number(names, 1)} < 50`,
      `${this.number(names, 1)} < 0 || ${this.number(names, 1)} % 2`,
    ]);
  }

  /** An expression without await. */
  private plain(names: Names, depth: number): string {
    return this.expression(names, depth, false);
  }

  private number(names: Names, depth: number): string {
    return this.expression(names, depth, true);
  }

  private expression(names: Names, depth: number, awaits: boolean): string {
    const leaves = [
      () => String(this.below(10)),
      () => (names.numbers.length > 0 ? this.pick(names.numbers) : "3"),
      () => (names.numbers.length > 0 ? this.pick(names.numbers) : "4"),
    ];
    if (depth <= 0) return this.pick(leaves)();
    const sub = (d = depth - 1) => this.expression(names, d, awaits);
    const forms: (() => string)[] = [
      ...leaves,
      () => `(${sub()} ${this.pick(["+", "-", "*", "|", "&"])} ${sub()}) % 1000`,
      () => `(${sub()} > ${sub()} ? ${sub()} : ${sub()})`,
      () => `(${this.pick(names.lists.length ? names.lists : ["[5]"])}.at(${sub(0)} % 2) ?? ${sub()})`,
      () => `Math.max(${sub()}, ...${this.pick(names.lists.length ? names.lists : ["[5]"])}.slice(0, 3))`,
      () => `\`a\${${sub()}}b\`.length`,
      () =>
        `({ a: ${sub()}, b: ${sub()} }).${this.pick(["a", "b", "c ?? 1"])}`.replace(
          /^(.*\.c \?\? 1)$/,
          "($1)",
        ),
    ];
    if (names.lets.length > 0) {
      forms.push(
        () => `${this.pick(names.lets)}++`,
        () => `(${this.pick(names.lets)} ${this.pick(["=", "+=", "-="])} ${sub()})`,
      );
    }
    forms.push(
      () => `(${sub()} ** 2) % 1000`,
      () => `(log(${sub()}), ${sub()})`,
      () => `(typeof ${sub()} === "number" ? -${sub()} : 0)`,
      () => `tag\`a\${${sub()}}b\${${sub(0)}}c\``,
      () => `[...${this.pick(names.lists.length ? names.lists : ["[5]"])}.slice(0, 2), ${sub()}].length`,
      () => `(("a" in { a: ${sub()} }) ? ${sub()} : 1)`,
    );
    if (names.objects.length > 0) {
      const object = () => this.pick(names.objects);
      forms.push(
        () => `${object()}.twice`,
        () => `(${object()}.twice = ${sub()})`,
        () => `(${object()}.base += ${sub()})`,
        () => `(${object()}?.list?.[${sub(0)}] ?? ${sub()})`,
      );
      if (awaits) {
        forms.push(
          () => `(await ${object()}.plus(${sub()}))`,
          () => `(${object()}.base++ + (await id(${sub()})) + ${object()}.base--)`,
          () => `(${object()}[await id("base")] ||= ${sub()})`,
          () => `(${object()}.none?.f(await id(${sub(0)})) ?? ${sub()})`,
          () => `(${object()}.list[await id(1)] **= await id(2)) % 100`,
          () => `(delete ${object()}[await id("nothing")] ? ${sub()} : 0)`,
        );
      }
    }
    if (names.functions.length > 0) forms.push(() => `${this.pick(names.functions)}(${sub()})`);
    if (names.cells.length > 0) forms.push(() => `${this.pick(names.cells)}.value`);
    if (awaits) {
      forms.push(
        () => `(await id(${sub()}))`,
        () => `(await id(${sub()}))`,
        () => `sum(${sub()}, ...(await Promise.all([id(${sub()}), ${sub()}])))`,
        () => `(${sub()} && (await id(${sub()})))`,
        () => `(await Promise.race([id(${sub(0)}), ${sub(0)}]))`,
        () => `(await (async () => (await id(${sub(0)})) + ${sub(0)})())`,
        () => `(await id({ p: ${sub()} })).p`,
      );
      if (names.asyncFunctions.length > 0)
        forms.push(() => `(await ${this.pick(names.asyncFunctions)}(${sub()}))`);
      if (names.promises.length > 0) forms.push(() => `(await ${this.pick(names.promises)})`);
      if (names.cells.length > 0) forms.push(() => `(await ${this.pick(names.cells)}.add(${sub(0)})).value`);
    }
    return this.pick(forms)();
  }
}

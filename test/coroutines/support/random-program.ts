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
    const inner: Names = { ...copy(names), inFunction: true, inLoop: false, labels: [], promises: [] };
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

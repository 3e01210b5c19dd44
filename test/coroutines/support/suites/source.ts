/** What is done to the text of a package's files when they are loaded. Lines stay where they are. */
import { type Node, type Program, parse } from "acorn";

const program = (source: string): Program => parse(source, { ecmaVersion: "latest", sourceType: "module" });

/**
 * A CommonJS file as an ES module: the compiler takes no other. What it requires is imported first, `module.exports`
 * is its default export.
 */
export function asModule(source: string): string {
  if (!/\bmodule\.exports\b|\brequire\(/.test(source)) return source;
  const required = [
    ...new Set([...source.matchAll(/\brequire\((["'])(.+?)\1\)/g)].map(([, , name]) => name!)),
  ];
  const imports = required.map((name, index) => `import $required${index} from ${JSON.stringify(name)};`);
  const table = required.map((name, index) => `${JSON.stringify(name)}: $required${index}`);
  const head = `${imports.join(" ")} const require = (name) => ({ ${table.join(", ")} })[name], module = { exports: {} };`;
  return `${head} ${source}\nexport default module.exports;\n`;
}

const PLATFORM_NAMES = [
  "setTimeout",
  "clearTimeout",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "Date",
  "AbortController",
];

/** Imports the platform's names in front of a module, but for those that it declares itself. */
export function withPlatform(source: string, platform: string): string {
  const declared = new Set(program(source).body.flatMap(namesIn));
  const names = PLATFORM_NAMES.filter((name) => !declared.has(name));
  return `import { ${[...names, "suspended as $suspended"].join(", ")} } from ${JSON.stringify(platform)}; ${source}`;
}

function namesIn(node: Program["body"][number]): string[] {
  if (node.type === "ImportDeclaration") return node.specifiers.map(({ local }) => local.name);
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") return [node.id.name];
  return [];
}

/** `await x` becomes `await $suspended((x))`. */
export function withSuspendedAwaits(source: string): string {
  const inserts: [at: number, text: string][] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isNode(value)) {
      if (value.type === "AwaitExpression") {
        const { start, end } = (value as unknown as { argument: Node }).argument;
        inserts.push([start, "$suspended(("], [end, "))"]);
      }
      Object.values(value).forEach(visit);
    }
  };
  visit(program(source));
  return inserts
    .toSorted(([a], [b]) => b - a)
    .reduce((text, [at, insert]) => text.slice(0, at) + insert + text.slice(at), source);
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

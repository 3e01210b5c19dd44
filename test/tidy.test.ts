/** Holds the style of the code where a linter cannot: which room imports which, what is called where, how long files are. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Paths of the files of this repository that it imports. */
  readonly imports: readonly string[];
  /** Names of the packages that it imports. */
  readonly packages: readonly string[];
}

const sources: readonly Source[] = globSync(["src/**/*.{ts,js}", "workers/**/*.ts"], { cwd: root })
  .filter((path) => !path.startsWith("src/wire/gen/"))
  .map(readSource);
const isTest = (path: string) => /\.test(-support)?\.ts$|\/fixtures\/|\/testing\//.test(path);
const code = sources.filter(({ path }) => !isTest(path));

/**
 * What each room may import besides itself: the rooms of the layers below, and what is listed here. Generated code may
 * be imported from everywhere: it is the vocabulary.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["cli"],
  ["service"],
  ["endpoint", "scheduler"],
  ["pool", "store"],
  ["coroutine", "sdk", "compiler"],
  ["wire"],
  ["telemetry", "config"],
];
const SIDEWAYS: Record<string, readonly string[]> = {
  coroutine: ["sdk", "compiler"],
  // Beside the service: the code of a pool's thread, which shares the pool's messages.
  workers: ["pool", "coroutine", "sdk", "compiler", "wire", "telemetry", "config"],
  service: ["workers"],
  cli: ["workers"],
};
/** The public faces and what programs import: they may see every room. */
const FACES = /^src\/[\w-]+\.ts$/;

test("imports point down the layers only", () => {
  assert.ok(code.length > 150 && code.some(({ imports }) => imports.length > 10), "the sources were read");
  assert.deepEqual(
    [allowed("cli", "wire"), allowed("wire", "pool"), allowed("sdk", "compiler")],
    [true, false, false],
  );
  const wrong: string[] = [];
  for (const { path, imports } of code) {
    const room = roomOf(path);
    if (room === "face") continue;
    for (const imported of imports) {
      const other = roomOf(imported);
      if (other === room || other === "gen" || allowed(room, other)) continue;
      wrong.push(`${path} imports ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("packages are imported where they belong", () => {
  const homes: Record<string, RegExp> = {
    piscina: /^src\/pool\//,
    fastify: /^src\/(endpoint|scheduler\/api|service)\b/,
    "prom-client": /^src\/(telemetry|service)\b/,
    commander: /^src\/cli\//,
    picocolors: /^src\/cli\//,
    pino: /^src\/(telemetry|cli|service)\b|^src\/program\.ts$/,
    "@opentelemetry/api": /^src\/telemetry\/tracing\//,
    "pino-pretty": /^src\/telemetry\//,
  };
  const wrong = code.flatMap(({ path, packages }) =>
    packages.filter((name) => homes[name]?.test(path) === false).map((name) => `${path} imports ${name}`),
  );
  assert.deepEqual(wrong, []);
});

/** What is called only in certain places, and what to do elsewhere. */
const BANNED: readonly { call: RegExp; instead: string; where: RegExp; except: readonly string[] }[] = [
  {
    call: /\bconsole\.\w+\(/,
    instead: "emit a telemetry event, or use the command's context",
    where: /./,
    except: [],
  },
  {
    call: /\bprocess\.exit\(/,
    instead: "throw, and let the command end the process",
    where: /./,
    except: ["src/cli/main.ts", "src/cli/signals.ts", "workers/blame.ts"],
  },
  {
    call: /\b(?:Date\.now|Math\.random|performance\.now)\(\)|\bnew Date\(\)/,
    instead: "take clock and randomness as arguments",
    where:
      /^src\/(?:scheduler\/(?:call|queue|wire)|store\/(?:changes|records|contract)|wire|compiler|config|coroutine\/(?:runtime|snapshot))\b/,
    except: [],
  },
  {
    call: /\b(?:setTimeout|setInterval)\(/,
    instead: "take a timer as an argument",
    where: /^src\/(?:scheduler\/(?:call|queue|wire)|wire|compiler|config)\b/,
    except: [],
  },
  {
    call: /\beval\(|\bnew Function\(|\bv8\.deserialize\(/,
    instead: "never execute what is received",
    where: /./,
    except: [],
  },
];

test("banned calls stand only where they belong", () => {
  const wrong: string[] = [];
  for (const { path, text } of code.filter(({ path }) => !path.includes("/live/page/"))) {
    const stripped = withoutComments(text);
    for (const { call, instead, where, except } of BANNED) {
      const found = where.test(path) && !except.includes(path) ? call.exec(stripped) : null;
      if (found !== null) wrong.push(`${path}: ${found[0]} is not for here: ${instead}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Files longer than 400 lines, each with its reason. */
const LONG: Record<string, string> = {
  "src/compiler/analyze.ts": "one walk over the syntax tree, with a case for each kind of node",
};

test("no file is longer than 400 lines without a reason", () => {
  const long = sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => [path, lines] as const);
  assert.deepEqual(
    long.filter(([path]) => LONG[path] === undefined),
    [],
  );
  const listed = Object.keys(LONG).filter((path) => !long.some(([other]) => other === path));
  assert.deepEqual(listed, [], "these are no longer long: take them off the list");
});

test("no file is dead: each is imported, or an entry", () => {
  const all = globSync(["{src,workers,bench,test,scripts,examples,bin}/**/*.{ts,js}"], { cwd: root });
  const imported = new Set(all.flatMap((path) => readSource(path).imports));
  // Entries are started by name: threads, commands, pages of the browser.
  const named = all.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const dead = code
    .map(({ path }) => path)
    .filter((path) => !imported.has(path) && path !== "src/index.ts" && !path.includes("/live/page/"))
    .filter(
      (path) =>
        !named.includes(
          path
            .split("/")
            .at(-1)!
            .replace(/\.[tj]s$/, ""),
        ),
    );
  assert.deepEqual(dead, []);
});

test("index files only re-export", () => {
  const wrong = code
    .filter(({ path }) => path.endsWith("/index.ts"))
    .filter(({ text }) =>
      withoutComments(text)
        .split(/;\s*/)
        .some(
          (statement) =>
            statement.trim() !== "" && !/^(?:export\b[^=(]*\bfrom\b|import\b)/s.test(statement.trim()),
        ),
    )
    .map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

test("every exception to lint or types gives its reason, and nothing is left to be done", () => {
  const wrong: string[] = [];
  for (const { path, text } of sources) {
    for (const [line] of text.matchAll(/^.*(?:biome-ignore|@ts-expect-error|@ts-ignore).*$/gm)) {
      if (!/biome-ignore(?:-all)? \S+: \S.{8,}|@ts-expect-error \S.{8,}/.test(line))
        wrong.push(`${path}: ${line.trim()}`);
    }
    const left = /\b(?:TODO|FIXME|XXX|HACK)\b/.exec(text);
    if (left !== null) wrong.push(`${path}: ${left[0]}`);
  }
  assert.deepEqual(wrong, []);
});

function allowed(room: string, other: string): boolean {
  if (SIDEWAYS[room]?.includes(other)) return true;
  const from = LAYERS.findIndex((layer) => layer.includes(room));
  const to = LAYERS.findIndex((layer) => layer.includes(other));
  return from >= 0 && to > from;
}

function roomOf(path: string): string {
  if (path.startsWith("src/wire/gen/")) return "gen";
  if (path.startsWith("workers/")) return "workers";
  if (path === "src/service.ts") return "service";
  if (FACES.test(path)) return "face";
  return path.split("/")[1]!;
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
  return {
    path,
    text,
    lines: text.split("\n").length - 1,
    imports: specifiers
      .filter((one) => one.startsWith("."))
      .map((one) => normalize(join(dirname(path), one))),
    packages: specifiers
      .filter((one) => !one.startsWith(".") && !one.startsWith("node:"))
      .map((one) =>
        one
          .split("/")
          .slice(0, one.startsWith("@") ? 2 : 1)
          .join("/"),
      ),
  };
}

/** Roughly: enough for code that a formatter has been over. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

/** Compiles one JavaScript module so that its async functions and generators can be suspended to bytes. */
import { type ModuleDeclaration, type Program, parse, type Statement } from "acorn";
import { print } from "esrap";
import typescript from "esrap/languages/ts";
import { analyze } from "./analyze.ts";
import {
  arrow,
  type FunctionNode,
  identifier,
  literal,
  object,
  property,
  RESERVED_PREFIX,
  RUNTIME,
  runtimeCall,
  statement,
} from "./ast.ts";
import { CompileError } from "./compile-error.ts";
import { type CodeContext, type CompileOptions, ModuleContext, type ResumableFunction } from "./context.ts";
import { fingerprint } from "./fingerprint.ts";
import { plan } from "./plan.ts";
import { functionNode, moduleClass } from "./rewrite/closures.ts";
import { rewrite } from "./rewrite/expression.ts";
import { rewriteStatement } from "./rewrite/statement.ts";

/** A source map, version 3. */
export interface SourceMap {
  version: 3;
  names: string[];
  sources: (string | null)[];
  sourcesContent?: (string | null)[];
  mappings: string;
}

export interface CompiledModule {
  readonly code: string;
  readonly map: SourceMap;
  /** The functions that can be suspended, in the order of the source. */
  readonly functions: readonly ResumableFunction[];
}

/**
 * Compiles JavaScript (types already stripped). The result is an ES module that imports the runtime.
 *
 * @throws CompileError when the source does not parse or holds what cannot be made durable.
 */
export function compile(source: string, options: CompileOptions & { mapContent?: string }): CompiledModule {
  const { moduleId, filename = moduleId, runtime = "dispatch-ts/runtime" } = options;
  const program = parseModule(source, filename);
  const analysis = analyze(program);
  const module = new ModuleContext(analysis, moduleId, filename);
  refuseReservedNames(module);
  plan(analysis);
  const cx: CodeContext = { module, fn: analysis.module, machine: null, thisName: null };
  const imports: ModuleDeclaration[] = [];
  const body: (Statement | ModuleDeclaration)[] = [];
  for (const one of program.body) {
    if (one.type === "ImportDeclaration") imports.push(one);
    else body.push(...moduleStatement(one, cx));
  }
  const compiled: Program = {
    ...program,
    loc: null,
    body: [
      importRuntime(runtime),
      ...imports,
      ...module.descriptors,
      ...module.factories,
      registration(module),
      ...body,
    ],
  };
  const { code, map } = print(compiled as never, typescript(), {
    sourceMapSource: filename,
    sourceMapContent: options.mapContent ?? source,
  });
  return { code, map: map as SourceMap, functions: module.functions };
}

function parseModule(source: string, filename: string): Program {
  try {
    return parse(source, {
      ecmaVersion: "latest",
      sourceType: "module",
      locations: true,
      allowHashBang: true,
    });
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    const node = loc ? { loc: { start: loc } } : null;
    const plain = message.replace(/ \(\d+:\d+\)$/, "");
    throw new CompileError("SYNTAX_ERROR", plain, filename, node, { cause: error });
  }
}

function refuseReservedNames({ analysis, filename }: ModuleContext): void {
  const names = [...analysis.globals, ...analysis.module.scope.variables.keys()];
  const reserved = names.find((name) => name.startsWith(RESERVED_PREFIX));
  if (reserved === undefined) return;
  const node = [...analysis.references.keys()].find((id) => id.name === reserved);
  throw new CompileError(
    "RESERVED_NAME",
    `${reserved}: global names that start with ${RESERVED_PREFIX} belong to the compiler; choose another`,
    filename,
    node,
  );
}

function importRuntime(source: string): ModuleDeclaration {
  const nowhere = { start: -1, end: -1 };
  return {
    ...nowhere,
    type: "ImportDeclaration",
    specifiers: [{ ...nowhere, type: "ImportNamespaceSpecifier", local: identifier(RUNTIME) }],
    source: literal(source),
    attributes: [],
  };
}

function moduleStatement(
  node: Statement | ModuleDeclaration,
  cx: CodeContext,
): (Statement | ModuleDeclaration)[] {
  switch (node.type) {
    case "ExportNamedDeclaration": {
      if (!node.declaration) return [node];
      const [declaration, ...rest] = moduleStatement(node.declaration, cx);
      return [{ ...node, declaration: declaration as never }, ...rest];
    }
    case "ExportDefaultDeclaration": {
      const { declaration } = node;
      if (declaration.type === "FunctionDeclaration") {
        return [{ ...node, declaration: moduleFunction(declaration as FunctionNode, cx) as never }];
      }
      if (declaration.type === "ClassDeclaration") {
        return [{ ...node, declaration: moduleClass(declaration as never, cx) as never }];
      }
      return [{ ...node, declaration: rewrite(declaration, cx) }];
    }
    case "ExportAllDeclaration":
    case "ImportDeclaration":
      return [node];
    case "FunctionDeclaration":
      return [moduleFunction(node, cx) as Statement];
    default:
      return rewriteStatement(node, cx);
  }
}

/** A function at the top level stays there, hoisted as JavaScript has it; the runtime learns its name. */
function moduleFunction(node: FunctionNode, cx: CodeContext): FunctionNode {
  const { module } = cx;
  const fn = module.functionOf(node);
  const made = functionNode(node, fn, cx, "FunctionDeclaration");
  // `export default function () {}` has no binding to refer to; it is called "default".
  const name = node.id?.name ?? "$$default";
  if (!node.id) made.id = identifier(name);
  const description = object([
    property("id", literal(module.functionId(fn))),
    property("fingerprint", literal(fingerprint(node))),
    ...(node.id ? [] : [property("name", literal("default"))]),
  ]);
  module.descriptors.push(statement(runtimeCall("moduleFunction", [description, identifier(name)])));
  return made;
}

/**
 * `$$rt.registerModule(id, () => ({ name: read(() => name), ... }))`: the constants, imports, functions and classes
 * of the module, which snapshots refer to by name.
 */
function registration(module: ModuleContext): Statement {
  const variables = [...module.analysis.module.scope.variables.values()];
  const named = variables.filter(
    ({ kind, assigned }) => !assigned && ["const", "let", "import", "class", "function"].includes(kind),
  );
  const readers = named.map(({ name }) => property(name, arrow([], identifier(name))));
  return statement(runtimeCall("registerModule", [literal(module.moduleId), object(readers)]));
}

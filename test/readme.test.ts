import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { run, serve, temporaryFolder } from "../src/cli/cli.test-support.ts";

const readme = readFileSync("README.md", "utf8");
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text]) => text!);

test("the README's example answers as it says", async () => {
  using folder = temporaryFolder();
  const source = blocks("ts").find((text) => text.startsWith("// functions.ts"))!;
  writeFileSync(join(folder.path, "functions.ts"), source);
  await using service = await serve(["functions.ts"], { cwd: folder.path });
  const call = await run(["call", "checkout", '"order-7"', "[250, 1250]", "--url", service.url]);
  assert.equal(call.out.trim(), '"order-7-1500"');
});

test("the README's first call is answered by the examples", async () => {
  using folder = temporaryFolder();
  await using service = await serve([join(process.cwd(), "examples/functions.ts")], { cwd: folder.path });
  const [, name, argument] = /-- call (\w+) '([^']+)'/.exec(readme)!;
  const { out } = await run(["call", name!, argument!, "--url", service.url]);
  assert.equal(out.trim(), '"Hello, World!"');
  assert.ok(readme.includes(out.trim()));
});

test("every npm script that the documents name exists", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const file of ["README.md", "CONTRIBUTING.md", "dashboards/README.md", "docs/benchmarks.md"]) {
    if (!existsSync(file)) continue;
    for (const [, name] of readFileSync(file, "utf8").matchAll(/npm run (?:-s )?([\w:]+)/g)) {
      assert.ok(scripts[name!], `${file} names npm run ${name}`);
    }
  }
});

test("what the published documents link to is published", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
  const isPublished = (path: string) => files.some((one) => path === one || path.startsWith(`${one}/`));
  const documents = globSync("{*.md,docs/**/*.md,dashboards/*.md}").filter(isPublished);
  assert.ok(documents.length > 10);
  for (const file of documents) {
    for (const [, target] of readFileSync(file, "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = join(dirname(file), target!);
      assert.ok(existsSync(path) && isPublished(path.replace(/\/$/, "")), `${file} links to ${target}`);
    }
  }
});

test("every file that the documents link to exists", () => {
  for (const file of [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "dashboards/README.md",
    "docs/operations.md",
  ]) {
    for (const [, target] of readFileSync(file, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(join(dirname(file), target!)), `${file} links to ${target}`);
    }
  }
});

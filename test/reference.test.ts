/** The reference pages say what the sources say, and the other pages name nothing that does not exist. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandReference } from "../scripts/reference/command.ts";
import { configurationReference } from "../scripts/reference/configuration.ts";
import { envOf, OPTIONS } from "../src/config/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");
const STALE = "is not what the sources say; run `npm run reference` and commit";

test("the reference pages are up to date with the sources", async () => {
  assert.equal(
    read("docs/reference/configuration.md"),
    configurationReference(),
    `configuration.md ${STALE}`,
  );
  assert.equal(read("docs/reference/command.md"), await commandReference(), `command.md ${STALE}`);
});

test("every environment variable named in pages exists", () => {
  const known = new Set(OPTIONS.map(envOf));
  for (const file of globSync(["{src,workers,test,scripts,bin}/**/*.{ts,js}"], { cwd: root })) {
    for (const [, name] of read(file).matchAll(/\benv\.(DISPATCH_\w+)/g)) known.add(name!);
  }
  for (const file of globSync(["docs/**/*.md", "README.md", "examples/*.ts"], { cwd: root })) {
    for (const [name] of read(file).matchAll(/\bDISPATCH_[A-Z][A-Z_]*[A-Z]\b/g)) {
      assert.ok(known.has(name), `${file} names ${name}, which nothing reads`);
    }
  }
});

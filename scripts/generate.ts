// Generates src/wire/gen from proto/. With --check, fails when the committed code is not what the sources give.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const buf = fileURLToPath(new URL("../node_modules/@bufbuild/buf/bin/buf", import.meta.url));

execFileSync(process.execPath, [buf, "lint", "proto"], { cwd: root, stdio: "inherit" });
execFileSync(process.execPath, [buf, "generate"], { cwd: `${root}/proto`, stdio: "inherit" });

if (process.argv.includes("--check")) {
  const diff = spawnSync("git", ["status", "--porcelain", "--", "src/wire/gen"], {
    cwd: root,
    encoding: "utf8",
  });
  if (diff.stdout.trim() !== "") {
    console.error(`generated code is not up to date; run \`npm run generate\` and commit:\n${diff.stdout}`);
    process.exit(1);
  }
}

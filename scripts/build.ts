// Builds the publishable package into dist/: JavaScript, declarations, source maps.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

rmSync(path("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [path("node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
// Generated code is JavaScript with declarations already.
cpSync(path("src/wire/gen"), path("dist/src/wire/gen"), { recursive: true });
// What is read at run time and is no code.
cpSync(path("src/endpoint/live/page"), path("dist/src/endpoint/live/page"), { recursive: true });

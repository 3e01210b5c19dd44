// Packs the package, installs it in an empty project, serves a TypeScript module there and calls a function of it.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "dispatch-package-"));
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

try {
  const packed = JSON.parse(run("npm", ["pack", "--json", "--silent", "--pack-destination", project], root));
  const { filename } = packed[0] ?? Object.values(packed)[0];
  writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
  run(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", `./${filename}`],
    project,
  );
  writeFileSync(
    join(project, "functions.ts"),
    `import { dispatch } from "dispatch-ts";
export const double = dispatch.function("double", (value: number) => value * 2);
export const quadruple = dispatch.function("quadruple", async (value: number) => double(await double(value)));
`,
  );
  const installed = join(project, "node_modules", "dispatch-ts");
  expect(brokenLinks(installed).join("\n"), "");
  const bin = join(installed, "bin", "dispatch.js");
  const service = spawn(process.execPath, [bin, "serve", "functions.ts", "--endpoint-addr", "127.0.0.1:0"], {
    cwd: project,
    stdio: ["ignore", "inherit", "pipe"],
  });
  try {
    const url = await listeningUrl(service.stderr);
    expect(run(process.execPath, [bin, "call", "double", "21", "--url", url], project), "42");
    expect(run(process.execPath, [bin, "call", "quadruple", "3", "--url", url], project), "12");
  } finally {
    service.kill("SIGKILL");
  }
  expect(
    run(
      process.execPath,
      ["--input-type=module", "-e", 'console.log(typeof (await import("dispatch-ts")).dispatch.function)'],
      project,
    ),
    "function",
  );
  console.log(`${filename} installs, serves and answers`);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** What the package's documents link to and the package does not have. */
function brokenLinks(folder: string): string[] {
  return globSync("{*.md,docs/**/*.md,dashboards/*.md}", { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .filter(([, target]) => !existsSync(join(folder, dirname(file), target!)))
      .map(([, target]) => `${file} links to ${target}`),
  );
}

async function listeningUrl(log: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: log })) {
    console.error(`  ${line}`);
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("the service ended before it listened");
}

function expect(actual: string, wanted: string): void {
  if (actual !== wanted) throw new Error(`expected ${wanted}, got ${actual}`);
}

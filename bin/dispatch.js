#!/usr/bin/env node
// Starts the command from the built package, or straight from the sources in a clone.
// Kept in old syntax: it must run on an older Node to say what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WANTED_MAJOR = 24;

if (Number(process.versions.node.split(".")[0]) < WANTED_MAJOR) runOnNewerNode();
else await run();

async function run() {
  endWithStarter();
  silenceExperimentalWarnings();
  const built = new URL("../dist/src/cli/main.js", import.meta.url);
  const source = new URL("../src/cli/main.ts", import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : built.href);
  await main(process.argv.slice(2));
}

/** A starter that was killed could not pass it on: its channel closes, and this process must not live on unseen. */
function endWithStarter() {
  if (process.env.DISPATCH_NODE_REEXEC === undefined || process.channel === undefined) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref();
}

/** Users can do nothing about the stage of Node's own features; all other warnings stay. */
function silenceExperimentalWarnings() {
  const listeners = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name === "ExperimentalWarning") return;
    for (const listener of listeners) listener.call(process, warning);
  });
}

function runOnNewerNode() {
  const newer = bundledNode();
  if (newer === undefined || process.env.DISPATCH_NODE_REEXEC !== undefined) {
    process.stderr.write(
      `dispatch needs Node.js ${WANTED_MAJOR} or newer; this is ${process.version}.\n` +
        `Install it, or add it to your project with: npm install --save-dev node@${WANTED_MAJOR}\n`,
    );
    process.exit(1);
  }
  const child = spawn(newer, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, DISPATCH_NODE_REEXEC: "1" },
  });
  // Whoever sends a signal knows this process only. A terminal's Ctrl-C goes to both by itself.
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Path of the Node that the npm package `node` brought along, if one is installed. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    const binary = join(dirname(manifest), "bin", "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

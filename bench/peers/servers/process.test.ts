import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { DataFolder, freePorts, ServerProcess } from "./process.ts";
import { parseStat, treeUsage } from "./usage.ts";

const LISTEN = "require('node:net').createServer().listen(+process.argv[1], '127.0.0.1')";

test("a server is started where it is asked for, measured, and stopped with its data", async () => {
  const [port] = await freePorts(1);
  const folder = new DataFolder();
  const args = ["-e", LISTEN, String(port)];
  const server = await ServerProcess.start({
    command: process.execPath,
    args,
    cores: undefined,
    folder,
    port: port!,
  });
  if (process.platform === "linux") {
    const { cpuMicros, rssMiB } = await server.usage();
    assert.ok(cpuMicros > 0 && rssMiB > 1, `${cpuMicros} µs, ${rssMiB} MiB`);
  }
  await server.stop();
  await server.stop();
  assert.equal(existsSync(folder.path), false);
  await assert.rejects(fetch(`http://127.0.0.1:${port}`), TypeError);
});

test("a server that ends at once is an error with what it said, and its data is gone", async () => {
  const [port] = await freePorts(1);
  const folder = new DataFolder();
  const args = ["-e", "console.error('no room'); process.exit(3)"];
  await assert.rejects(
    ServerProcess.start({ command: process.execPath, args, cores: undefined, folder, port: port! }),
    /did not start: it ended with 3\nno room/,
  );
  assert.equal(existsSync(folder.path), false);
});

test("a program that does not exist is an error", async () => {
  const folder = new DataFolder();
  const [port] = await freePorts(1);
  const command = "/nowhere/server";
  await assert.rejects(
    ServerProcess.start({ command, args: [], cores: undefined, folder, port: port! }),
    /did not start/,
  );
  assert.equal(existsSync(folder.path), false);
});

test("a process that ends in a hurry takes its server and the data with it", async () => {
  const [port] = await freePorts(1);
  const program = `
    import { DataFolder, ServerProcess } from ${JSON.stringify(new URL("process.ts", import.meta.url).href)};
    const folder = new DataFolder();
    const args = ["-e", ${JSON.stringify(LISTEN)}, "${port}"];
    await ServerProcess.start({ command: process.execPath, args, cores: undefined, folder, port: ${port} });
    console.log(folder.path);
    process.exit(1);
  `;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  const path = stdout.trim();
  assert.match(path, /dispatch-peer-/);
  assert.equal(existsSync(path), false);
  await assert.rejects(fetch(`http://127.0.0.1:${port}`), TypeError);
});

test("the line of a process whose name has spaces and parentheses is read", () => {
  const line =
    "42 (a (b) c) S 7 42 42 0 -1 4194560 1 2 3 4 11 22 33 44 20 0 1 0 100 5000 250 18446744073709551615";
  assert.deepEqual(parseStat(line), { pid: 42, parent: 7, ticks: 110, pages: 250 });
});

test("a process that is gone has no usage", () => {
  assert.ok(Number.isNaN(treeUsage(2 ** 30).cpuMicros));
});

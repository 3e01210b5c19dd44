import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { BIN, fixture, run, serve, temporaryFolder } from "./cli.test-support.ts";

const functions = fixture("functions.ts");
const status = async (url: string) => (await fetch(url)).status;

test("call that is interrupted says the id, and that the call goes on", async () => {
  using folder = temporaryFolder();
  await using service = await serve([fixture("functions.ts")], { cwd: folder.path });
  const asked = Promise.withResolvers<void>();
  await using front = await frontOf(service.url, (path) => {
    if (path.endsWith("/Wait")) asked.resolve();
  });
  const argv = [BIN, "call", "slow", "60000", "--url", front.url];
  const child = spawn(process.execPath, argv, { cwd: folder.path, stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = once(child, "close");
  await asked.promise;
  child.kill("SIGINT");
  const [code] = await ended;
  const listed = await run(["calls", "list", "--json", "--url", service.url]);
  const [one] = JSON.parse(listed.out) as { dispatchId: string }[];
  assert.equal(
    text,
    `error: SIGINT: call ${one!.dispatchId} goes on\nhint: the call is recorded; \`dispatch calls wait ${one!.dispatchId}\` goes on waiting for it\n`,
  );
  assert.equal(code, 130);
});

/** Passes requests on to a service, and tells of each. */
async function frontOf(url: string, seen: (path: string) => void) {
  const server = createServer((request, response) => {
    const { headers, method, url: path = "/" } = request;
    request.pipe(
      forward(new URL(path, url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }).on("error", () => response.destroy()),
    );
    seen(path);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("serve answers calls; SIGTERM turns /readyz to 503, lets runs end, and exits with 0", async () => {
  using folder = temporaryFolder();
  await using service = await serve([functions], { cwd: folder.path });
  const call = (...args: string[]) => run(["call", ...args, "--direct", "--url", service.url]);
  assert.equal((await call("greet", '"World"')).out, '"Hello, World!"');
  assert.equal(await status(`${service.url}/readyz`), 200);
  // Started before the signal: the thread has it when another run of the same thread is answered.
  const slow = call("slow", "400");
  assert.equal((await call("slow", "1")).out, "1");
  service.child.kill("SIGTERM");
  await service.logged(/^stopping: received SIGTERM/);
  assert.equal(await status(`${service.url}/readyz`), 503);
  assert.equal(await status(`${service.url}/healthz`), 200);
  assert.equal((await slow).out, "400");
  assert.deepEqual(await service.ended, { code: 0, signal: null });
  assert.equal(service.log.at(-1)?.msg, "stopped");
  for (const line of service.log) assert.doesNotMatch(String(line.msg), /ExperimentalWarning/);
});

test("a second signal ends at once, with the signal's exit code", async () => {
  using folder = temporaryFolder();
  await using service = await serve([functions], { cwd: folder.path });
  const slow = run(["call", "slow", "60000", "--direct", "--url", service.url]);
  assert.equal((await run(["call", "slow", "1", "--direct", "--url", service.url])).out, "1");
  service.child.kill("SIGINT");
  await service.logged(/^stopping: received SIGINT/);
  service.child.kill("SIGINT");
  assert.deepEqual(await service.ended, { code: 130, signal: null });
  assert.equal((await slow).exitCode, 3);
});

test("runs that do not end in time are cancelled, and the stop goes on", async () => {
  using folder = temporaryFolder();
  const env = { DISPATCH_DRAIN_TIMEOUT_MS: "50", DISPATCH_CANCEL_GRACE_MS: "50" };
  await using service = await serve([functions], { cwd: folder.path, env });
  const slow = run(["call", "slow", "60000", "--direct", "--url", service.url]);
  assert.equal((await run(["call", "slow", "1", "--direct", "--url", service.url])).out, "1");
  service.child.kill("SIGTERM");
  assert.equal((await service.ended).code, 0);
  const { exitCode, err } = await slow;
  assert.equal(exitCode, 1);
  assert.match(err, /cancelled|stopping/);
});

test("SIGHUP reads the file again: threads change while runs go on, and a wrong file changes nothing", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "dispatch.config.json");
  writeFileSync(file, '{"threadsMax": 1}');
  await using service = await serve([functions], { cwd: folder.path, env: { DISPATCH_THREADS_MAX: "" } });
  const threads = async () =>
    /^dispatch_pool_threads (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1];
  assert.equal(await threads(), "1");

  const slow = run(["call", "slow", "300", "--direct", "--url", service.url]);
  writeFileSync(file, '{"threadsMax": 2, "bodyLimitBytes": 2000}');
  service.child.kill("SIGHUP");
  await service.logged(/^configuration: threadsMax 1 → 2$/);
  await service.logged(
    /^configuration: changes after a restart: endpointAddr$|^configuration: changes after/,
  );
  assert.equal(await threads(), "2");
  assert.equal((await slow).out, "300");

  writeFileSync(file, '{"threadMax": 3}');
  service.child.kill("SIGHUP");
  const refused = await service.logged(/^configuration is not changed: .*did you mean 'threadsMax'/);
  assert.equal(refused.level, 50);
  assert.equal(await threads(), "2");
});

test("a module that cannot load ends serve with its stack, and leaves nothing behind", async () => {
  using folder = temporaryFolder();
  await assert.rejects(serve([fixture("broken.ts")], { cwd: folder.path }), (error: Error) => {
    assert.match(error.message, /this module is broken/);
    assert.match(error.message, /at .*broken\.ts:1/);
    return true;
  });
});

test("an address in use ends serve with what to do", async () => {
  using folder = temporaryFolder();
  await using service = await serve([functions], { cwd: folder.path });
  const env = { DISPATCH_ENDPOINT_ADDR: new URL(service.url).host };
  await assert.rejects(serve([functions], { cwd: folder.path, env }), /is in use\n.*--endpoint-addr/);
});

/** The Node that npm itself runs on, where it is older than this one. */
function olderNode(): string | undefined {
  const node = process.env.npm_node_execpath;
  if (node === undefined || node === process.execPath) return undefined;
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "";
  return Number(/^v(\d+)/.exec(version)?.[1]) < 24 ? node : undefined;
}

const node = olderNode();

test("on an older Node the command hands over to the one that came with the install, signals too", {
  skip: node === undefined,
}, async () => {
  using folder = temporaryFolder();
  await using service = await serve([functions], { cwd: folder.path, node: node! });
  const slow = run(["call", "slow", "300", "--direct", "--url", service.url]);
  assert.equal((await run(["call", "slow", "1", "--direct", "--url", service.url])).out, "1");
  service.child.kill("SIGTERM");
  assert.equal((await slow).out, "300");
  assert.deepEqual(await service.ended, { code: 0, signal: null });
});

/** Functions that take the whole process with them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ControlClient } from "../../src/cli/calls/control-client.ts";
import { waitForEnd } from "../../src/cli/calls/wait.ts";
import { CallState } from "../../src/wire/gen/dispatch/control/v1/call_info_pb.js";
import { dispatchAll, type ServiceProcess, startProcess } from "./process.ts";

const FUNCTIONS = fileURLToPath(new URL("./functions.ts", import.meta.url));

test("a function that kills the process each time it runs is found out, and those beside it end well", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-poison-"));
  const services: ServiceProcess[] = [];
  t.after(() => {
    for (const { child } of services) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async () => {
    const service = await startProcess([FUNCTIONS, "--store-path", join(folder, "dispatch.db")]);
    services.push(service);
    return service;
  };
  const first = await start();
  const ended = once(first.child, "close");
  const beside = [0, 1].map((index) => ({ function: "linger", args: [folder, `beside-${index}`, 300] }));
  const ids = await dispatchAll(first.url, [...beside, { function: "kill", args: [folder] }]);
  assert.deepEqual(await ended, [null, "SIGKILL"]);
  let living = first;
  for (let starts = 0; starts < 10; starts++) {
    // It may be dead before it says where it listens.
    const started = await start().catch(() => undefined);
    if (started === undefined) continue;
    living = started;
    const client = new ControlClient({ url: living.url, apiKey: undefined });
    const death = once(living.child, "close").then(() => "dead" as const);
    const end = waitForEnd(client, ids[2]!, 30_000).then(
      () => "ended" as const,
      () => death,
    );
    if ((await Promise.race([death, end])) === "ended") break;
  }
  const client = new ControlClient({ url: living.url, apiKey: undefined });
  const { call, result } = await waitForEnd(client, ids[2]!, 30_000);
  assert.equal(call?.state, CallState.FAILED);
  assert.equal(result?.error?.type, "ProcessDied");
  assert.equal(readFileSync(join(folder, "kills"), "utf8"), "xxx", "three processes, and no more");
  for (const id of ids.slice(0, 2)) {
    assert.equal((await waitForEnd(client, id, 30_000)).call?.state, CallState.SUCCEEDED);
  }
  assert.equal(await living.end("SIGTERM"), 0);
});

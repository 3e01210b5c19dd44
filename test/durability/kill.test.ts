import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ControlClient } from "../../src/cli/calls/control-client.ts";
import { listCalls } from "../../src/cli/calls/list.ts";
import { waitForEnd } from "../../src/cli/calls/wait.ts";
import { CallState } from "../../src/wire/gen/dispatch/control/v1/call_info_pb.js";
import { dispatchAll, type ServiceProcess, startProcess } from "./process.ts";

const FUNCTIONS = fileURLToPath(new URL("./functions.ts", import.meta.url));
const IS_LONG = process.env.DISPATCH_TEST_LONG !== undefined;
const CALLS = IS_LONG ? 10_000 : 400;
const KILLS = IS_LONG ? 3 : 1;
const BATCH = 100;
/** Which call of a part's end the service is killed at, counted from the last, as a share of the part. */
const MOMENTS = [0.9, 0.5, 0.2];

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-kill-"));
  const services: ServiceProcess[] = [];
  t.after(async () => {
    for (const { child } of services) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const store = join(folder, "data", "dispatch.db");
  const start = async () => {
    const service = await startProcess([FUNCTIONS, "--store-path", store, "--retry-first-delay-ms", "50"]);
    services.push(service);
    return service;
  };
  return { folder, start, store };
}

/** How many runs there were, by the files that they leave. */
function runsOf(folder: string): Map<string, number> {
  const files = readdirSync(folder).filter((name) => name.startsWith("call-"));
  return new Map(files.map((name) => [name, statSync(join(folder, name)).size]));
}

test(`${CALLS} calls, of which a tenth fails twice, all end once though the service is killed ${KILLS} times`, async (t) => {
  const { folder, start } = setup(t);
  let service = await start();
  const calls = Array.from({ length: CALLS }, (_, index) => ({
    function: "flaky",
    args: [folder, `call-${index}`, index % 10 === 0 ? 2 : 0],
  }));
  const ids: string[] = [];
  const share = CALLS / (KILLS + 1);
  for (let part = 0; part <= KILLS; part++) {
    for (let at = 0; at < share; at += BATCH) {
      const from = part * share + at;
      ids.push(...(await dispatchAll(service.url, calls.slice(from, from + Math.min(BATCH, share - at)))));
    }
    if (part === KILLS) break;
    // The moment is that at which a call in the middle of this part ends.
    const client = new ControlClient({ url: service.url, apiKey: undefined });
    await waitForEnd(client, ids.at(-Math.ceil(share * MOMENTS[part]!))!, 60_000);
    await service.end("SIGKILL");
    service = await start();
    const recovered = service.log.find(({ msg }) => msg.startsWith("recovered "));
    t.diagnostic(recovered?.msg ?? "nothing was left to recover");
  }
  const client = new ControlClient({ url: service.url, apiKey: undefined });
  for (const [index, id] of ids.entries()) {
    const { result, call } = await waitForEnd(client, id, 60_000);
    assert.equal(call?.state, CallState.SUCCEEDED, `${id}: ${result?.error?.message}`);
    assert.match(Buffer.from(result!.output!.value).toString(), new RegExp(`call-${index} is done`));
  }
  const listed = await listCalls(client, {}, CALLS + 1);
  assert.deepEqual(listed.map((call) => call.dispatchId).sort(), [...ids].sort());
  assert.ok(listed.every(({ state }) => state === CallState.SUCCEEDED));
  const runs = runsOf(folder);
  assert.equal(runs.size, CALLS);
  for (const [index, { args }] of calls.entries()) {
    assert.ok(runs.get(`call-${index}`)! > (args[2] as number), `call-${index} ran often enough`);
  }
});

test("a service that is told to stop ends its runs, and what waits goes on in the next", async (t) => {
  const { folder, start } = setup(t);
  const first = await start();
  const [done, waiting] = await dispatchAll(first.url, [
    { function: "greet", args: ["World"] },
    { function: "flaky", args: [folder, "call-0", 3] },
  ]);
  const client = new ControlClient({ url: first.url, apiKey: undefined });
  await waitForEnd(client, done!, 30_000);
  assert.equal(await first.end("SIGTERM"), 0);
  assert.deepEqual(
    first.log.filter(({ level }) => level >= 50).map(({ msg }) => msg),
    [],
  );
  const second = await start();
  const again = new ControlClient({ url: second.url, apiKey: undefined });
  for (const id of [done!, waiting!]) {
    const { call } = await waitForEnd(again, id, 30_000);
    assert.equal(call?.state, CallState.SUCCEEDED);
  }
  assert.equal(await second.end("SIGTERM"), 0);
});

test("a second process on the same store is refused by name, and the first goes on", {
  skip: !IS_LONG,
}, async (t) => {
  const { start, store } = setup(t);
  const first = await start();
  await assert.rejects(start(), (error: Error) => {
    assert.match(error.message, /ended with 1/);
    assert.ok(error.message.includes(`${store} is in use by`), error.message);
    return true;
  });
  const [id] = await dispatchAll(first.url, [{ function: "greet", args: ["World"] }]);
  await waitForEnd(new ControlClient({ url: first.url, apiKey: undefined }), id!, 30_000);
});

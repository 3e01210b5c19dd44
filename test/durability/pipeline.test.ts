/** A coroutine whose process is killed at every step of it. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ControlClient } from "../../src/cli/calls/control-client.ts";
import { waitForEnd } from "../../src/cli/calls/wait.ts";
import { decodeValue } from "../../src/wire/values/index.ts";
import { dispatchAll, type ServiceProcess, startProcess } from "./process.ts";

const FUNCTIONS = fileURLToPath(new URL("./functions.ts", import.meta.url));
const STEPS = process.env.DISPATCH_TEST_LONG === undefined ? 2 : 10;

test(`${2 * STEPS} kills between and in the steps of a pipeline: it goes on, and never starts again`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-pipeline-"));
  let service: ServiceProcess | undefined;
  t.after(() => {
    service?.child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const store = join(folder, "data", "dispatch.db");
  const start = () => startProcess([FUNCTIONS, "--store-path", store, "--retry-first-delay-ms", "50"]);

  service = await start();
  const [id] = await dispatchAll(service.url, [{ function: "pipeline", args: [folder, STEPS] }]);
  const marks = Array.from({ length: STEPS }, (_, index) => [`in ${index}`, `after ${index}`]).flat();
  for (const mark of marks) {
    await logged(folder, mark);
    await service.end("SIGKILL");
    service = await start();
  }
  const client = new ControlClient({ url: service.url, apiKey: undefined });
  const { result } = await waitForEnd(client, id!, 60_000);
  assert.equal(decodeValue(result!.output!), Number("1".repeat(STEPS)));
  // Each place was reached once, and once more where the process died: nothing before it ran again.
  const twice = marks.flatMap((mark) => [mark, mark]);
  assert.deepEqual(lines(folder), twice);
});

const lines = (folder: string) =>
  existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8").trim().split("\n") : [];

async function logged(folder: string, line: string): Promise<void> {
  const changes = watch(folder);
  try {
    while (!lines(folder).includes(line)) await new Promise((resolve) => changes.once("change", resolve));
  } finally {
    changes.close();
  }
}

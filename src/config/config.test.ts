import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type ConfigInputs,
  loadConfigFile,
  misspelledVariables,
  OPTIONS,
  parseAddress,
  resolveConfig,
} from "./index.ts";

const refused = (inputs: ConfigInputs, message: RegExp) =>
  assert.throws(() => resolveConfig(inputs), { name: "ConfigError", message });

test("flag wins over environment, environment over file, file over default", () => {
  const file = { path: "dispatch.config.ts", values: { queueMax: 1, concurrency: 1, batchRunsMax: 1 } };
  const env = { DISPATCH_CONCURRENCY: "2", DISPATCH_BATCH_RUNS_MAX: "2" };
  const { config, sources } = resolveConfig({ flags: { batchRunsMax: "3" }, env, file });
  assert.deepEqual([config.queueMax, config.concurrency, config.batchRunsMax], [1, 2, 3]);
  assert.equal(sources.queueMax, "file dispatch.config.ts");
  assert.equal(sources.concurrency, "environment DISPATCH_CONCURRENCY");
  assert.equal(sources.batchRunsMax, "flag --batch-runs-max");
  assert.equal(sources.drainTimeoutMs, "default");
});

test("every option has a resolved key, and defaults pass their own checks", () => {
  const { config } = resolveConfig({});
  assert.deepEqual(Object.keys(config).sort(), OPTIONS.map((option) => option.name).sort());
  for (const option of OPTIONS) {
    const value = config[option.name];
    if (value !== undefined) resolveConfig({ flags: { [option.name]: value } });
  }
});

test("an unknown key is refused with the nearest name", () => {
  refused(
    { file: { path: "f", values: { threadMax: 2 } } },
    /unknown option 'threadMax'; did you mean 'threadsMax'/,
  );
});

test("a value out of bounds is refused with its source and the bounds", () => {
  refused(
    { env: { DISPATCH_QUEUE_MAX: "-1" } },
    /queueMax must be a whole number from 0 to 10000000, got "-1" \(environment DISPATCH_QUEUE_MAX\)/,
  );
  refused({ flags: { queueMax: "many" } }, /flag --queue-max/);
  refused({ flags: { queueMax: "1.5" } }, /whole number/);
  refused({ flags: { metrics: "perhaps" } }, /true or false/);
  refused({ flags: { logLevel: "loud" } }, /one of trace, debug/);
});

test("relations between options are checked", () => {
  refused(
    { flags: { threadsMin: 3, threadsMax: 2 } },
    /threadsMin \(3, flag --threads-min\) must not exceed threadsMax/,
  );
  refused(
    { flags: { heartbeatMs: 500, runTimeoutMs: 500 } },
    /heartbeatMs \(500, .*must be below runTimeoutMs/,
  );
  refused(
    { flags: { heldBytesMax: 2_000, bodyLimitBytes: 3_000 } },
    /heldBytesMax .*at least bodyLimitBytes/,
  );
  refused({ flags: { tlsCert: "a.pem" } }, /together/);
  refused(
    { flags: { runTimeoutMs: 700_000 } },
    /attemptTimeoutMs \(600000, default\) must exceed runTimeoutMs \(700000, flag --run-timeout-ms\)/,
  );
  resolveConfig({ flags: { runTimeoutMs: 700_000, scheduler: "off" } });
  refused({ flags: { retentionMs: 5 } }, /keyRetentionMs \(86400000, default\) must not exceed retentionMs/);
  refused(
    { flags: { retryDelayMsMax: 5 } },
    /retryFirstDelayMs \(200, default\) must not exceed retryDelayMsMax/,
  );
  refused({ flags: { endpointAddr: "nowhere" } }, /host:port/);
});

test("a secret is not shown in a refusal", () => {
  assert.throws(
    () => resolveConfig({ file: { path: "f", values: { apiKey: 12345 } } }),
    (error) => error instanceof Error && !error.message.includes("12345"),
  );
});

test("a misspelled variable is noticed, and one of another program is not", () => {
  assert.deepEqual(misspelledVariables({ DISPATCH_THREAD_MAX: "2", DISPATCH_QUEUE_MAX: "1", PATH: "x" }), [
    "DISPATCH_THREAD_MAX is no option; did you mean DISPATCH_THREADS_MAX?",
  ]);
  assert.deepEqual(misspelledVariables({ DISPATCH_SOMETHING_ELSE: "1", DISPATCH_NODE_REEXEC: "1" }), []);
});

test("an empty environment variable counts as not set", () => {
  assert.equal(resolveConfig({ env: { DISPATCH_QUEUE_MAX: "" } }).sources.queueMax, "default");
});

test("addresses with names, IPv6 and without host are understood", () => {
  assert.deepEqual(parseAddress("localhost:8000"), { host: "localhost", port: 8000 });
  assert.deepEqual(parseAddress("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(parseAddress(":80"), { host: "0.0.0.0", port: 80 });
  for (const bad of ["localhost", "a:b", "a:99999", "::1:80", "[::1]", "http://x:1"]) {
    assert.throws(() => parseAddress(bad), /host:port/, bad);
  }
});

test("configuration files are found by their usual names, read anew, and their faults named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-config-"));
  try {
    assert.equal(await loadConfigFile(folder), undefined);
    await assert.rejects(loadConfigFile(folder, "missing.ts"), /does not exist/);
    writeFileSync(join(folder, "dispatch.config.json"), '{"queueMax": 1}');
    assert.deepEqual((await loadConfigFile(folder))?.values, { queueMax: 1 });
    writeFileSync(join(folder, "dispatch.config.js"), "export default { queueMax: 2 }");
    assert.deepEqual((await loadConfigFile(folder))?.values, { queueMax: 2 });
    writeFileSync(join(folder, "dispatch.config.ts"), "export default { queueMax: 3 as number }");
    assert.deepEqual((await loadConfigFile(folder))?.values, { queueMax: 3 });
    writeFileSync(join(folder, "dispatch.config.ts"), "export default { queueMax: 4 as number }");
    assert.deepEqual((await loadConfigFile(folder))?.values, { queueMax: 4 });
    writeFileSync(
      join(folder, "dispatch.config.ts"),
      'import { Status } from "dispatch-ts"; export default { queueMax: Status.OK };',
    );
    assert.deepEqual((await loadConfigFile(folder))?.values, { queueMax: 1 });
    writeFileSync(join(folder, "dispatch.config.ts"), "export default {");
    await assert.rejects(loadConfigFile(folder), /cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

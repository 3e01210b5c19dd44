import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { resolveConfig } from "../config/index.ts";
import { silentTelemetry } from "../telemetry/events.ts";
import { endpointOf, type Loaded } from "./endpoint-part.ts";
import type { FunctionHost } from "./function-host.ts";

test("/readyz is 503 until the whole start is through, though functions and scheduler are ready before", async (t) => {
  const { config } = resolveConfig({ flags: { endpointAddr: "127.0.0.1:0" } });
  const loaded: Loaded = { host: undefined, functions: [] };
  let isStarted = false;
  const endpoint = endpointOf(config, {
    loaded,
    metrics: new Registry(),
    telemetry: silentTelemetry,
    started: () => isStarted,
    schedulerUnready: () => undefined,
  });
  t.after(() => endpoint.close());
  const readiness = async () => {
    const { statusCode, body } = await endpoint.app.inject("/readyz");
    return [statusCode, body];
  };
  assert.deepEqual(await readiness(), [503, "starting\n"]);
  loaded.host = { unready: () => undefined } as FunctionHost;
  assert.deepEqual(await readiness(), [503, "starting\n"]);
  isStarted = true;
  assert.deepEqual(await readiness(), [200, "ok\n"]);
});

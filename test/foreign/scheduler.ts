/** The scheduler with its API and real delivery over HTTP, for tests that play the other languages. */
import type { TestContext } from "node:test";
import Fastify from "fastify";
import { ApiKeys, schedulerApi } from "../../src/scheduler/api/index.ts";
import {
  BridgeSessions,
  DestinationPolicy,
  HttpTransport,
  type HttpTransportOptions,
  RoutedDelivery,
} from "../../src/scheduler/delivery/index.ts";
import { Scheduler } from "../../src/scheduler/index.ts";
import { MemoryStore } from "../../src/store/index.ts";

export const API_KEY = "0123456789abcdef";

export async function startScheduler(t: TestContext, transport: Partial<HttpTransportOptions> = {}) {
  const policy = new DestinationPolicy();
  let requestId = 0;
  const bridge = new BridgeSessions({ newId: () => `request-${++requestId}` });
  const http = new HttpTransport({ rules: policy.rules, ...transport });
  const scheduler = await Scheduler.open({
    store: new MemoryStore(),
    delivery: new RoutedDelivery({ policy, http, bridge }),
    retry: { attemptsMax: 5, firstDelayMs: 1, delayMsMax: 2 },
  });
  const app = Fastify();
  await app.register(schedulerApi, {
    scheduler: () => scheduler,
    policy,
    bridge,
    keys: new ApiKeys({ keys: [API_KEY] }),
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(async () => {
    await scheduler.close();
    await app.close();
    await http.destroy();
  });
  return { scheduler, url };
}

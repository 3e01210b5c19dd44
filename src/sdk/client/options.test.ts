import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectError } from "../../wire/connect-error.ts";
import { backoffMs } from "./backoff.ts";
import { systemClock } from "./clock.ts";
import { resolveClientOptions } from "./options.ts";

test("the defaults are these", () => {
  const { apiUrl, ...rest } = resolveClientOptions({});
  assert.equal(apiUrl.href, "http://localhost:8000/");
  assert.deepEqual(rest, {
    apiKey: undefined,
    loopback: true,
    batchCallsMax: 1_000,
    batchBytesMax: 4_000_000,
    lingerMs: 0,
    requestsMax: 4,
    queuedBytesMax: 256_000_000,
    waitsMax: 128,
    timeoutMs: 30_000,
    attemptTimeoutMs: 5_000,
    retryFirstDelayMs: 100,
    retryDelayMsMax: 5_000,
    clock: systemClock,
  });
  assert.ok(Object.isFrozen(resolveClientOptions({})));
  assert.equal(resolveClientOptions({ timeoutMs: 100 }).attemptTimeoutMs, 100);
  assert.equal(resolveClientOptions({ retryFirstDelayMs: 9_000 }).retryDelayMsMax, 9_000);
});

test("the backoff is never negative, never beyond its cap, and never sooner than Retry-After", () => {
  const limits = { retryFirstDelayMs: 100, retryDelayMsMax: 5_000 };
  fc.assert(
    fc.property(
      fc.nat(5_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(100_000),
      (attempt, random, after) => {
        const plain = backoffMs(attempt, new Error("x"), random, limits);
        assert.ok(plain >= 0 && plain <= 5_000);
        const asked = new ConnectError("unavailable", "x", { retryAfterMs: after });
        assert.ok(backoffMs(attempt, asked, random, limits) >= after);
      },
    ),
    { seed: 13 },
  );
});

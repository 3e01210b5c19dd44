import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopbackAddress } from "./web-origin.ts";

test("addresses of this machine are known in every spelling of sockets", () => {
  for (const here of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    assert.ok(isLoopbackAddress(here), here);
  for (const there of ["10.0.0.1", "::ffff:10.0.0.1", "1127.0.0.1", "fe80::1", ""]) {
    assert.ok(!isLoopbackAddress(there), there);
  }
});

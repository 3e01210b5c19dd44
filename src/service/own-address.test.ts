import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopbackHost, ownEndpoints, ownUrl } from "./own-address.ts";

test("a process that listens everywhere reaches itself as localhost", () => {
  assert.equal(ownUrl("http://0.0.0.0:8000"), "http://localhost:8000");
  assert.equal(ownUrl("http://[::]:8000"), "http://localhost:8000");
  assert.equal(ownUrl("https://10.1.2.3:8443"), "https://10.1.2.3:8443");
});

test("every loopback name of the own port is the own endpoint, and the public URL too", () => {
  assert.deepEqual(
    new Set(ownEndpoints("http://localhost:8000", "https://app.example.com/base/")),
    new Set([
      "http://localhost:8000",
      "http://127.0.0.1:8000",
      "http://[::1]:8000",
      "https://app.example.com/base",
    ]),
  );
  assert.deepEqual(ownEndpoints("http://10.1.2.3:8000", undefined), ["http://10.1.2.3:8000"]);
});

test("only loopback counts as an address of this machine alone", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1"]) assert.ok(isLoopbackHost(host), host);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.example.com", ""]) {
    assert.ok(!isLoopbackHost(host), host);
  }
});

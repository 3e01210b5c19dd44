import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DestinationError, DestinationPolicy } from "./destination.ts";

function refusal(policy: DestinationPolicy, endpoint: string): string {
  try {
    return JSON.stringify(policy.resolve(endpoint));
  } catch (error) {
    assert.ok(error instanceof DestinationError, String(error));
    return error.code;
  }
}

test("without an allow list only this machine is reached, however its address is written", () => {
  const policy = new DestinationPolicy();
  for (const host of [
    "localhost:8000",
    "app.localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1:9000",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]:80",
    "[::ffff:127.0.0.1]",
  ]) {
    assert.equal(policy.resolve(`http://${host}`).kind, "http", host);
    assert.equal(policy.resolve(`https://${host}`).kind, "http", host);
  }
  for (const host of [
    "example.com",
    "localhost.example.com",
    "8.8.8.8",
    "10.0.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "0",
    "0.0.0.0",
    "[::]",
    "metadata.google.internal",
  ]) {
    assert.equal(refusal(policy, `http://${host}/`), "permission_denied", host);
  }
});

test("an allow list opens names, wildcards, ports and ranges, and nothing beside them", () => {
  const policy = new DestinationPolicy({
    allow: ["worker.example.com", "*.run.example.com", "api.example.com:8443", "10.2.0.0/16", "FD00::/16"],
  });
  for (const host of [
    "worker.example.com",
    "WORKER.example.com.",
    "worker.example.com:81",
    "a.run.example.com",
    "a.b.run.example.com",
    "api.example.com:8443",
    "10.2.3.4:90",
    "[fd00::9]",
  ]) {
    assert.equal(policy.resolve(`http://${host}/x`).kind, "http", host);
  }
  for (const host of [
    "example.com",
    "evil-worker.example.com",
    "worker.example.com.evil.com",
    "run.example.com",
    "xrun.example.com",
    "api.example.com",
    "10.3.0.1",
    "[fd01::1]",
    "203.0.113.9",
  ]) {
    assert.equal(refusal(policy, `http://${host}/x`), "permission_denied", host);
  }
});

test("a star opens any name and public address, but no private one", () => {
  const policy = new DestinationPolicy({ allow: ["*"] });
  assert.equal(policy.resolve("https://example.com").kind, "http");
  assert.equal(policy.resolve("https://8.8.8.8").kind, "http");
  assert.equal(refusal(policy, "https://10.0.0.1"), "permission_denied");
  assert.equal(refusal(policy, "http://169.254.169.254"), "permission_denied");
});

test("the run path is below the endpoint's own path", () => {
  const policy = new DestinationPolicy();
  const runPath = (endpoint: string) => {
    const destination = policy.resolve(endpoint);
    assert.equal(destination.kind, "http");
    return destination.runPath;
  };
  assert.equal(runPath("http://localhost:8000"), "/dispatch.sdk.v1.FunctionService/Run");
  assert.equal(runPath("http://localhost:8000/"), "/dispatch.sdk.v1.FunctionService/Run");
  assert.equal(runPath("http://localhost/a/b/?q#f"), "/a/b/dispatch.sdk.v1.FunctionService/Run");
});

test("a bridge endpoint names a session", () => {
  const policy = new DestinationPolicy();
  assert.deepEqual(policy.resolve("bridge://0190f3a2-7c1e"), { kind: "bridge", session: "0190f3a2-7c1e" });
  for (const endpoint of [
    "bridge://",
    "bridge://a b",
    "bridge://a:1",
    "bridge://user@a",
    `bridge://${"x".repeat(129)}`,
  ]) {
    assert.equal(refusal(policy, endpoint), "invalid_argument", endpoint);
  }
});

test("local endpoints are whatever the service says they are, also later", () => {
  const local = new Set<string>();
  const policy = new DestinationPolicy({ local });
  assert.equal(policy.resolve("http://localhost:8000").kind, "http");
  local.add("http://localhost:8000");
  assert.equal(policy.resolve("http://localhost:8000").kind, "local");
  assert.equal(policy.resolve("http://localhost:8000/").kind, "local");
  assert.equal(policy.resolve("http://localhost:8000/other").kind, "http");
});

test("what is no endpoint is refused as malformed, and Lambda as not reachable from here", () => {
  const policy = new DestinationPolicy({ allow: ["*"] });
  for (const endpoint of [
    "",
    "localhost:8000",
    "//localhost",
    "ftp://localhost",
    "file:///etc/passwd",
    "javascript:1",
    "http://",
    "http://user:secret@localhost",
    "http://local host",
    "http://[::1",
    "\u0000",
  ]) {
    assert.equal(refusal(policy, endpoint), "invalid_argument", JSON.stringify(endpoint));
  }
  assert.equal(refusal(policy, "arn:aws:lambda:eu-west-1:123456789012:function:f"), "permission_denied");
});

test("a password in an endpoint is not repeated in the message", () => {
  assert.throws(
    () => new DestinationPolicy().resolve("http://user:hunter2@localhost"),
    (error: Error) => !error.message.includes("hunter2"),
  );
});

test("an entry of the allow list that cannot be read is refused by name", () => {
  for (const entry of [
    "",
    "http://example.com",
    "a b",
    "example.com/path",
    "*.*.com",
    "a:0",
    "a:99999",
    "1.2.3.4:80",
  ]) {
    assert.throws(
      () => new DestinationPolicy({ allow: [entry] }),
      (error: Error) => error instanceof RangeError && error.message.includes(JSON.stringify(entry)),
      entry,
    );
  }
});

test("any text either resolves or is refused with a DestinationError", () => {
  const policy = new DestinationPolicy({ allow: ["*"] });
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.webUrl(),
    fc.constantFrom("http:", "bridge:").chain((scheme) => fc.string().map((rest) => `${scheme}//${rest}`)),
  );
  fc.assert(
    fc.property(anyText, (endpoint) => {
      refusal(policy, endpoint);
    }),
    { seed: 7, numRuns: 1000 },
  );
});

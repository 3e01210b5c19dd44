import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROL, DISPATCH, setup, WAIT } from "./api.test-support.ts";
import { ApiKeys, type Caller } from "./api-keys.ts";

const LOCAL: Caller = {
  authorization: undefined,
  remoteAddress: "127.0.0.1",
  host: "localhost:8000",
  origin: undefined,
};

test("any of the keys opens, and nothing else does", () => {
  const keys = new ApiKeys({ keys: ["old-key", "new-key"], openOnLoopback: true });
  const lets = (authorization: string | undefined) => keys.refusal({ ...LOCAL, authorization }) === undefined;
  for (const header of ["Bearer old-key", "Bearer new-key", "bearer new-key", "Bearer  new-key "]) {
    assert.ok(lets(header), header);
  }
  for (const header of [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer old-keyx",
    "Bearer old-ke",
    "Bearer OLD-KEY",
    "Basic old-key",
    "old-key",
    "Bearer old-key new-key",
    `Bearer ${"x".repeat(100_000)}`,
  ]) {
    assert.ok(!lets(header), String(header));
  }
});

test("a refusal says what is wrong with the header, and repeats no key", () => {
  const keys = new ApiKeys({ keys: ["right"] });
  const text = (authorization?: string) => keys.refusal({ ...LOCAL, authorization })?.message;
  assert.equal(text(), "[unauthenticated] the Authorization header is missing");
  assert.equal(text("Basic x"), "[unauthenticated] the Authorization header is not of the form 'Bearer KEY'");
  assert.equal(text("Bearer wrong"), "[unauthenticated] the API key is not valid");
});

test("without keys nobody is let in, unless this machine is by choice", () => {
  assert.equal(new ApiKeys().refusal({ ...LOCAL, authorization: "Bearer x" })?.code, "unauthenticated");
  const open = new ApiKeys({ openOnLoopback: true });
  for (const caller of [
    {},
    { authorization: "Bearer whatever" },
    { remoteAddress: "::1", host: "[::1]:8000" },
    { remoteAddress: "::ffff:127.0.0.1", host: "127.0.0.1" },
    { host: undefined },
    { origin: "http://localhost:3000" },
  ]) {
    assert.equal(open.refusal({ ...LOCAL, ...caller }), undefined, JSON.stringify(caller));
  }
});

test("without keys other machines, web pages and rebound names are refused", () => {
  const open = new ApiKeys({ openOnLoopback: true });
  for (const caller of [
    { remoteAddress: "192.168.1.5" },
    { remoteAddress: undefined },
    { remoteAddress: "::ffff:10.0.0.1" },
    { host: "evil.example:8000" },
    { host: "localhost.evil.example" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ]) {
    assert.equal(open.refusal({ ...LOCAL, ...caller })?.code, "unauthenticated", JSON.stringify(caller));
  }
});

test("keys are replaced whole, and stay when the new ones cannot be", () => {
  const keys = new ApiKeys({ keys: ["old"] });
  const lets = (key: string) => keys.refusal({ ...LOCAL, authorization: `Bearer ${key}` }) === undefined;
  keys.replace({ keys: ["old", "new"] });
  assert.deepEqual([lets("old"), lets("new")], [true, true]);
  assert.throws(() => keys.replace({ keys: [""] }), RangeError);
  keys.replace({ keys: ["new"] });
  assert.deepEqual([lets("old"), lets("new")], [false, true]);
});

test("an empty key is a mistake, not a key", () => {
  for (const key of ["", "  "]) assert.throws(() => new ApiKeys({ keys: ["a", key] }), RangeError);
});

test("every route asks for the key before it looks at the body", async (t) => {
  const { app } = await setup(t);
  for (const [method, url] of [
    ["POST", DISPATCH],
    ["POST", WAIT],
    ["POST", `${CONTROL}/List`],
    ["GET", "/sessions/s"],
    ["POST", "/sessions/s"],
    ["DELETE", "/sessions/s"],
  ] as const) {
    for (const authorization of [undefined, "Bearer wrong"]) {
      const response = await app.inject({ method, url, headers: authorization ? { authorization } : {} });
      assert.equal(response.statusCode, 401, `${method} ${url}`);
      assert.equal(response.json().code, "unauthenticated");
      assert.equal(response.headers["www-authenticate"], "Bearer");
    }
  }
});

import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { test } from "node:test";
import { parseAllowRules } from "./allow-list.ts";
import { DESTINATION_REFUSED, guardedLookup } from "./lookup.ts";

function lookUp(allow: string[], addresses: string[], all: boolean): Promise<LookupAddress[] | string> {
  const resolved = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const lookup = guardedLookup(parseAllowRules(allow), (_name, _options, done) => done(null, resolved));
  return new Promise((resolve, reject) => {
    lookup("name.example", { all }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

test("a name that resolves to a private address is refused, and the message says what to allow", async () => {
  await assert.rejects(lookUp(["name.example"], ["10.0.0.1", "169.254.169.254"], true), {
    code: DESTINATION_REFUSED,
    message: /name\.example resolves to 10\.0\.0\.1, 169\.254\.169\.254/,
  });
});

test("only the allowed ones of several addresses are connected to", async () => {
  assert.deepEqual(await lookUp([], ["10.0.0.1", "8.8.8.8", "::ffff:10.0.0.1"], true), [
    { address: "8.8.8.8", family: 4 },
  ]);
  assert.equal(await lookUp([], ["10.0.0.1", "8.8.8.8"], false), "8.8.8.8");
});

test("a private range that is on the allow list is connected to", async () => {
  assert.equal(await lookUp(["10.0.0.0/8"], ["10.0.0.1"], false), "10.0.0.1");
});

test("a failure of the resolver is passed on as it is", async () => {
  const broken = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  const lookup = guardedLookup([], (_name, _options, done) => done(broken, []));
  const error = await new Promise((resolve) => lookup("x", {}, resolve));
  assert.equal(error, broken);
});

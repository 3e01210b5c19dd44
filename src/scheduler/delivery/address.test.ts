import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addressKind, isAddress, parseAddressRange } from "./address.ts";

const KINDS = {
  loopback: ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
  public: ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"],
  internal: [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0::1",
    "2001:db8::1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "not an address",
    "",
  ],
} as const;

for (const [kind, addresses] of Object.entries(KINDS)) {
  test(`addresses of kind ${kind} are told apart`, () => {
    for (const address of addresses) assert.equal(addressKind(address), kind, address);
  });
}

test("a range includes its addresses, also when they are mapped into IPv6", () => {
  const range = parseAddressRange("10.0.0.0/8");
  assert.ok(range);
  assert.ok(range.includes("10.255.0.1"));
  assert.ok(range.includes("::ffff:10.0.0.1"));
  assert.ok(!range.includes("11.0.0.1"));
  assert.ok(!range.includes("fd00::1"));
  assert.ok(!range.includes("name"));
});

test("a single address is a range of one, with or without brackets", () => {
  assert.ok(parseAddressRange("192.168.1.7")?.includes("192.168.1.7"));
  assert.ok(!parseAddressRange("192.168.1.7")?.includes("192.168.1.8"));
  assert.ok(parseAddressRange("[fd00::1]")?.includes("fd00::1"));
});

test("what is neither an address nor a range is not read as one", () => {
  for (const text of ["example.com", "10.0.0.0/33", "10.0.0.0/", "/8", "::/129", ""]) {
    assert.equal(parseAddressRange(text), undefined, text);
  }
  assert.ok(isAddress("[::1]"));
  assert.ok(!isAddress("localhost"));
});

test("every IPv4 address is of the same kind when mapped into IPv6", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => addressKind(`::ffff:${address}`) === addressKind(address)),
    { seed: 4, numRuns: 300 },
  );
});

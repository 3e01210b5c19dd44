import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CoroutineStateSchema } from "../gen/dispatch/sdk/node/v1/state_pb.js";
import { EnvelopeError, type EnvelopeErrorCode, type EnvelopeOptions, StateEnvelope } from "./index.ts";

const bytesOf = (seed: string) => new Uint8Array(createHash("sha256").update(seed).digest());
const KEYS = { current: "b", keys: { a: bytesOf("a"), b: bytesOf("b") } };
const SMALL = Uint8Array.from(Buffer.from("a small snapshot"));
const LARGE = Uint8Array.from(Buffer.from("a large snapshot ".repeat(1000)));

/** Randomness that counts: the same in each run, never the same twice in one. */
function setup(options: Partial<EnvelopeOptions> = {}) {
  let drawn = 0;
  const counted = (count: number) => bytesOf(`random ${drawn++}`).subarray(0, count);
  const plain = new StateEnvelope({ ...options, keys: KEYS });
  const encrypting = new StateEnvelope({ ...options, keys: KEYS, encrypts: true, randomBytes: counted });
  return { plain, encrypting, counted };
}

function refused(run: () => unknown, code: EnvelopeErrorCode): void {
  assert.throws(run, (error: unknown) => error instanceof EnvelopeError && error.code === code, code);
}

/** The state with a field changed. */
function changed(bytes: Uint8Array, change: (state: ReturnType<typeof parsed>) => void): Uint8Array {
  const state = parsed(bytes);
  change(state);
  return toBinary(CoroutineStateSchema, state);
}
const parsed = (bytes: Uint8Array) => fromBinary(CoroutineStateSchema, bytes);

test("a state opens to the snapshot that was sealed", () => {
  const { plain, encrypting } = setup();
  for (const snapshot of [new Uint8Array(), SMALL, LARGE, Uint8Array.from(randomBytes(5000))]) {
    for (const envelope of [plain, encrypting]) {
      assert.deepEqual(new Uint8Array(envelope.open(envelope.seal(snapshot))), snapshot);
      assert.deepEqual(new Uint8Array(envelope.open(envelope.seal(snapshot, "f"), "f")), snapshot);
    }
  }
});

test("the message says which codec was used, and the generated code reads and writes the same bytes", () => {
  const { plain, encrypting } = setup();
  const codecs: [Uint8Array, number, string][] = [
    [plain.seal(SMALL), 1, "b"],
    [plain.seal(LARGE), 2, "b"],
    [encrypting.seal(SMALL), 3, "b"],
    [encrypting.seal(LARGE), 4, "b"],
  ];
  for (const [bytes, codec, keyId] of codecs) {
    const state = parsed(bytes);
    assert.deepEqual([state.format, state.codec, state.keyId], [1, codec, keyId]);
    assert.deepEqual(toBinary(CoroutineStateSchema, state), bytes);
  }
  assert.equal(plain.seal(SMALL).length, SMALL.length + 27);
});

test("only larger snapshots are compressed, and only when that makes them smaller", () => {
  const { plain } = setup();
  assert.ok(plain.seal(LARGE).length < 200);
  assert.equal(parsed(plain.seal(Uint8Array.from(randomBytes(5000)))).codec, 1);
  assert.equal(parsed(plain.seal(LARGE.subarray(0, 2048))).codec, 1);
  assert.equal(parsed(plain.seal(LARGE.subarray(0, 2049))).codec, 2);
  assert.equal(parsed(setup({ compressAboveBytes: Infinity }).plain.seal(LARGE)).codec, 1);
  assert.equal(parsed(setup({ compressAboveBytes: 100 }).plain.seal(LARGE.subarray(0, 300))).codec, 2);
});

test("an encrypted state shows nothing of the snapshot, and never twice the same", () => {
  const { encrypting } = setup();
  const [first, second] = [encrypting.seal(SMALL), encrypting.seal(SMALL)];
  assert.equal(Buffer.from(first).indexOf("small"), -1);
  assert.notDeepEqual(first, second);
});

test("keys rotate: new states use the current key, old ones open as long as their key is there", () => {
  for (const kind of ["plain", "encrypting"] as const) {
    const encrypts = kind === "encrypting";
    const { [kind]: envelope, counted } = setup();
    const old = envelope.seal(SMALL);
    const keys = { ...KEYS.keys, c: bytesOf("c") };
    const rotated = new StateEnvelope({ keys: { current: "c", keys }, encrypts, randomBytes: counted });
    assert.deepEqual(new Uint8Array(rotated.open(old)), SMALL);
    assert.equal(parsed(rotated.seal(SMALL)).keyId, "c");
    const retired = new StateEnvelope({ keys: { current: "c", keys: { c: keys.c } } });
    refused(() => retired.open(old), "UNKNOWN_KEY");
    const sameIdOtherKey = { current: "b", keys: { b: bytesOf("another") } };
    refused(() => new StateEnvelope({ keys: sameIdOtherKey }).open(old), "NOT_AUTHENTIC");
  }
});

test("encryption can be turned on and off while states are suspended", () => {
  const { plain, encrypting } = setup();
  for (const snapshot of [SMALL, LARGE]) {
    assert.deepEqual(new Uint8Array(encrypting.open(plain.seal(snapshot))), snapshot);
    assert.deepEqual(new Uint8Array(plain.open(encrypting.seal(snapshot))), snapshot);
  }
});

test("a state that nobody sealed is not looked at, whatever codec it claims", () => {
  const { plain } = setup();
  for (const codec of [1, 2, 3, 4]) {
    const forged = { format: 1, codec, keyId: "", snapshot: LARGE, mac: new Uint8Array() };
    const bytes = (state: typeof forged) =>
      toBinary(CoroutineStateSchema, create(CoroutineStateSchema, state));
    refused(() => plain.open(bytes(forged)), "UNKNOWN_KEY");
    refused(() => plain.open(bytes({ ...forged, keyId: "b" })), "NOT_AUTHENTIC");
    refused(
      () => plain.open(bytes({ ...forged, keyId: "b", mac: bytesOf("guess").subarray(0, 16) })),
      "NOT_AUTHENTIC",
    );
    refused(() => plain.open(bytes({ ...forged, keyId: "__proto__" })), "UNKNOWN_KEY");
  }
});

test("a state changed in any byte, moved to another context or key is not authentic", () => {
  const both = setup();
  for (const kind of ["plain", "encrypting"] as const) {
    const envelope = both[kind];
    const sealed = envelope.seal(SMALL, "pipeline");
    const altered = (change: (state: ReturnType<typeof parsed>) => void, code: EnvelopeErrorCode) =>
      refused(() => envelope.open(changed(sealed, change), "pipeline"), code);
    refused(() => envelope.open(sealed, "refund"), "NOT_AUTHENTIC");
    altered((state) => (state.keyId = "a"), "NOT_AUTHENTIC");
    altered((state) => (state.codec = kind === "plain" ? 2 : 4), "NOT_AUTHENTIC");
    for (const field of ["snapshot", "mac"] as const) {
      const whole = parsed(sealed)[field];
      for (let at = 0; at < whole.length; at++) {
        altered((state) => (state[field][at] = (state[field][at] as number) ^ 1), "NOT_AUTHENTIC");
        altered((state) => (state[field] = state[field].subarray(0, at)), "NOT_AUTHENTIC");
      }
    }
  }
});

test("unknown formats and codecs are refused", () => {
  const { plain } = setup();
  refused(() => plain.open(changed(plain.seal(SMALL), (state) => (state.format = 2))), "UNSUPPORTED_FORMAT");
  refused(() => plain.open(changed(plain.seal(SMALL), (state) => (state.codec = 0))), "UNSUPPORTED_FORMAT");
  refused(
    () => plain.open(changed(plain.seal(SMALL), (state) => (state.codec = 9 as never))),
    "UNSUPPORTED_FORMAT",
  );
  refused(() => plain.open(new Uint8Array()), "UNSUPPORTED_FORMAT");
});

test("a snapshot beyond the limit is neither sealed nor opened, however small it was compressed", () => {
  const { plain, encrypting } = setup();
  const bomb = new Uint8Array(10_000_000);
  const strict = setup({ bytesMax: 10_000 });
  refused(() => strict.plain.seal(bomb), "LIMIT_EXCEEDED");
  assert.ok(plain.seal(bomb).length < 1000);
  refused(() => strict.plain.open(plain.seal(bomb)), "LIMIT_EXCEEDED");
  refused(() => strict.encrypting.open(encrypting.seal(bomb)), "LIMIT_EXCEEDED");
  refused(() => strict.plain.open(plain.seal(Uint8Array.from(randomBytes(20_000)))), "LIMIT_EXCEEDED");
});

test("keys of another length, a missing current key and missing randomness are refused at the start", () => {
  assert.throws(
    () => new StateEnvelope({ keys: { current: "a", keys: { a: new Uint8Array(16) } } }),
    /the key "a" has 16 bytes, not 32/,
  );
  assert.throws(
    () => new StateEnvelope({ keys: { current: "x", keys: KEYS.keys } }),
    /the current key "x" is not among the keys/,
  );
  assert.throws(() => new StateEnvelope({ keys: KEYS, encrypts: true }), /needs randomBytes/);
});

test("arbitrary and damaged bytes give an EnvelopeError or a snapshot", () => {
  const { plain, encrypting } = setup({ bytesMax: 1_000_000 });
  const sealed = [plain.seal(SMALL), plain.seal(LARGE), encrypting.seal(SMALL), encrypting.seal(LARGE)];
  const check = (bytes: Uint8Array) => {
    for (const envelope of [plain, encrypting]) {
      try {
        envelope.open(bytes);
      } catch (error) {
        assert.ok(error instanceof EnvelopeError, String(error));
      }
    }
  };
  const numRuns = process.env.DISPATCH_TEST_LONG === undefined ? 500 : 10_000;
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check), { seed: 7, numRuns });
  const damage = fc.tuple(fc.constantFrom(...sealed), fc.nat(), fc.nat(255), fc.nat());
  const damaged = damage.map(([bytes, at, byte, cut]) => {
    const copy = Uint8Array.from(bytes);
    copy[at % copy.length] = byte;
    return cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy;
  });
  fc.assert(fc.property(damaged, check), { seed: 7, numRuns });
});

import assert from "node:assert/strict";
import test from "node:test";
import { types } from "node:util";
import { decodeGraph, encodeGraph } from "./index.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
function carried(value: unknown): any {
  return decodeGraph(encodeGraph(value));
}

test("primitives come back as they were", () => {
  const primitives = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    63,
    64,
    127,
    128,
    -1,
    -64,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 60,
    0.5,
    0.1,
    -1e300,
    5e-324,
    Infinity,
    -Infinity,
    NaN,
    0n,
    -1n,
    255n,
    2n ** 53n,
    -(2n ** 64n),
    7n ** 900n,
    "",
    "a",
    "ä",
    "\0",
    "日本語のテキスト",
    "\ud800",
    "a\udfff and more",
    "💶".repeat(40),
    "x".repeat(31),
    "x".repeat(32),
    "ÿ".repeat(48),
    "x".repeat(49),
    "x".repeat(100_000),
    "é".repeat(1000),
    Symbol.for("a key"),
    Symbol.iterator,
    Symbol.asyncDispose,
  ];
  for (const each of primitives) assert.ok(Object.is(carried(each), each), String(each));
  assert.deepEqual(carried(primitives), primitives);
});

test("a string that occurs again is written once", () => {
  const text = "a text that is somewhat longer";
  const once = encodeGraph([text]).length;
  assert.equal(encodeGraph([text, text, text]).length, once + 2);
  assert.equal(encodeGraph([text, { [text]: text }]).length, once + 5);
});

test("shared references and cycles keep their identity", () => {
  const shared = { name: "shared" };
  const root: Record<string, unknown> = { a: shared, b: [shared, shared], set: new Set([shared]) };
  root.self = root;
  root.map = new Map<unknown, unknown>([
    [shared, root],
    [root, shared],
  ]);
  const back = carried(root);
  assert.equal(back.self, back);
  assert.equal(back.b[0], back.a);
  assert.equal(back.b[1], back.a);
  assert.ok(back.set.has(back.a));
  assert.equal(back.map.get(back.a), back);
  assert.equal(back.map.get(back), back.a);
  assert.notEqual(back.a, shared);
});

test("more objects than short references reach keep their identity", () => {
  const objects = Array.from({ length: 300 }, (_, index) => ({ index, [`key ${index}`]: `text ${index}` }));
  const back = carried([...objects, ...objects.toReversed()]);
  assert.deepEqual(back.slice(0, 300), objects);
  for (let index = 0; index < 300; index++) assert.equal(back[index], back[599 - index]);
});

test("a list of a hundred thousand nodes needs no stack", () => {
  let list: { next: unknown; n: number } | null = null;
  for (let n = 0; n < 100_000; n++) list = { next: list, n };
  let back = carried(list);
  for (let n = 99_999; n >= 0; n--, back = back.next) assert.equal(back.n, n);
  assert.equal(back, null);
});

test("dates come back, the invalid one too", () => {
  assert.equal(carried(new Date(1234567890123)).getTime(), 1234567890123);
  assert.equal(carried(new Date(-1)).getTime(), -1);
  assert.ok(Number.isNaN(carried(new Date(NaN)).getTime()));
});

test("a regular expression keeps its flags and where it goes on", () => {
  const pattern = /a(?<name>b+)\/[/]\n/dgimsuy;
  pattern.lastIndex = 7;
  const back = carried(pattern);
  assert.equal(String(back), String(pattern));
  assert.equal(back.lastIndex, 7);
});

test("maps and sets keep order and any keys", () => {
  const map = new Map<unknown, unknown>([
    [NaN, 1],
    ["b", 2],
    ["a", undefined],
    [undefined, "u"],
    [1n, new Map()],
  ]);
  assert.deepEqual([...carried(map)], [...map]);
  assert.deepEqual([...carried(new Set([3, 1, "1", null]))], [3, 1, "1", null]);
});

test("holes, extra properties and sparse arrays come back as they were", () => {
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  const holes = [, 1, , undefined, ,];
  const back = carried(holes);
  assert.equal(back.length, 5);
  assert.deepEqual(Object.keys(back), ["1", "3"]);
  const sparse: unknown[] = [];
  sparse[4_000_000_000] = "far";
  sparse[2] = sparse;
  const far = carried(sparse);
  assert.equal(far.length, 4_000_000_001);
  assert.equal(far[4_000_000_000], "far");
  assert.equal(far[2], far);
  assert.deepEqual(Object.keys(far), ["2", "4000000000"]);
  const match = /b(?<x>c)/.exec("abc") as RegExpExecArray;
  assert.deepEqual({ ...carried(match) }, { ...match });
  assert.equal(carried(match).groups.x, "c");
  const long = Array.from({ length: 1000 }, (_, index) => index);
  assert.deepEqual(carried(long), long);
  const tail = Object.assign([...long], { extra: 1 });
  delete tail[500];
  assert.deepEqual(Object.keys(carried(tail)), Object.keys(tail));
});

test("symbol keys, null prototypes and keys like __proto__ are data", () => {
  const object = { [Symbol.for("s")]: 1, [Symbol.toStringTag]: "Tagged", constructor: 2 };
  Object.defineProperty(object, "__proto__", {
    value: { polluted: 1 },
    enumerable: true,
    configurable: true,
    writable: true,
  });
  const back = carried(object);
  assert.equal(back[Symbol.for("s")], 1);
  assert.equal(back[Symbol.toStringTag], "Tagged");
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(back, "__proto__")?.value, { polluted: 1 });
  assert.equal(back.polluted, undefined);
  const bare = Object.assign(Object.create(null), { __proto__: 5, a: 1 });
  assert.equal(Object.getPrototypeOf(carried(bare)), null);
  assert.deepEqual(Reflect.ownKeys(carried(bare)), Reflect.ownKeys(bare));
});

test("property attributes and integrity come back", () => {
  const hidden = Object.defineProperty({ open: 1 }, "hidden", { value: 2 });
  assert.deepEqual(
    Object.getOwnPropertyDescriptors(carried(hidden)),
    Object.getOwnPropertyDescriptors(hidden),
  );
  const closings: ((value: object) => object)[] = [Object.freeze, Object.seal, Object.preventExtensions];
  for (const close of closings) {
    const inner: Record<string, unknown> = { a: 1 };
    inner.self = inner;
    const back = carried([close(inner), close([1, 2]), close(new Map([[1, 2]]))]);
    for (const [index, original] of [inner, [1, 2], new Map()].entries()) {
      close(original);
      assert.equal(Object.isFrozen(back[index]), Object.isFrozen(original));
      assert.equal(Object.isSealed(back[index]), Object.isSealed(original));
      assert.equal(Object.isExtensible(back[index]), false);
    }
    assert.equal(back[0].self, back[0]);
    assert.deepEqual(
      Object.getOwnPropertyDescriptors(back[1]),
      Object.getOwnPropertyDescriptors(close([1, 2])),
    );
  }
  const tag = ((strings: TemplateStringsArray, ..._: unknown[]) => strings)`a\n${0}b`;
  assert.deepEqual(carried(tag), tag);
  assert.deepEqual(carried(tag).raw, ["a\\n", "b"]);
  assert.ok(Object.isFrozen(carried(tag)));
});

test("errors keep class, message, stack, cause and own properties", () => {
  const cause = new RangeError("inner");
  const error: Error = Object.assign(new TypeError("outer", { cause }), {
    code: "E_OUTER",
    detail: { a: [1] },
  });
  const back = carried(error);
  assert.equal(Object.getPrototypeOf(back), TypeError.prototype);
  assert.equal(types.isNativeError(back), true);
  assert.equal(back.message, "outer");
  assert.equal(back.stack, error.stack);
  assert.equal(back.code, "E_OUTER");
  assert.deepEqual(back.detail, { a: [1] });
  assert.ok(back.cause instanceof RangeError);
  assert.equal(back.cause.stack, cause.stack);
  assert.deepEqual(Object.keys(back), ["code", "detail"]);
  assert.ok(!Object.hasOwn(carried(new Error()), "message"));
  const many = new AggregateError([error, cause], "many");
  const backMany = carried(many);
  assert.ok(backMany instanceof AggregateError);
  assert.equal(backMany.errors[0].cause, backMany.errors[1]);
  const named = new Error("x");
  named.name = "Special";
  assert.equal(String(carried(named)), "Special: x");
  named.cause = named;
  assert.equal(carried(named).cause.name, "Special");
  const abort = new DOMException("stopped", "AbortError");
  const backAbort = carried(abort);
  assert.ok(backAbort instanceof DOMException);
  assert.deepEqual(
    [backAbort.name, backAbort.message, backAbort.code, backAbort.stack],
    ["AbortError", "stopped", 20, abort.stack],
  );
});

test("buffers and views share their backing store again", () => {
  const buffer = new ArrayBuffer(32);
  const bytes = new Uint8Array(buffer, 4, 8);
  const doubles = new Float64Array(buffer, 8, 3);
  const view = new DataView(buffer, 1, 9);
  bytes.set([1, 2, 3, 4, 5, 6, 7, 8]);
  const back = carried({ bytes, doubles, view, buffer });
  assert.equal(back.bytes.buffer, back.buffer);
  assert.equal(back.doubles.buffer, back.buffer);
  assert.deepEqual([back.bytes.byteOffset, back.bytes.length], [4, 8]);
  assert.deepEqual([back.view.byteOffset, back.view.byteLength], [1, 9]);
  assert.deepEqual(new Uint8Array(back.buffer), new Uint8Array(buffer));
  back.bytes[4] = 99;
  assert.equal(back.view.getUint8(7), 99);
  const unheld = carried([bytes, doubles]);
  assert.equal(unheld[0].buffer, unheld[1].buffer);
  for (const Class of [
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
  ]) {
    const numbers = Class.of(1, 2, 255);
    assert.deepEqual(carried(numbers), numbers);
  }
  assert.deepEqual(carried(BigInt64Array.of(-1n)), BigInt64Array.of(-1n));
  assert.deepEqual(carried(BigUint64Array.of(2n ** 64n - 1n)), BigUint64Array.of(2n ** 64n - 1n));
});

test("a Buffer takes along what Buffers show, not the pool it lies in", () => {
  const whole = Buffer.from("one two three");
  const neighbour = Buffer.from("secret");
  assert.equal(whole.buffer, neighbour.buffer, "both lie in the pool");
  const encoded = encodeGraph({ whole, part: whole.subarray(4, 7), end: whole.subarray(7) });
  assert.ok(encoded.length < 60, `${encoded.length} bytes`);
  const back = decodeGraph(encoded) as Record<"whole" | "part" | "end", Buffer>;
  assert.ok(Buffer.isBuffer(back.part));
  assert.equal(back.part.toString(), "two");
  back.part.write("TWO");
  assert.equal(back.whole.toString(), "one TWO three");
  assert.equal(back.end.toString(), " three");
  const apart = carried([Buffer.from("a"), Buffer.from("b"), Buffer.alloc(0)]);
  assert.deepEqual(apart.map(String), ["a", "b", ""]);
});

test("boxed primitives, URLs and arguments come back", () => {
  const boxes = [Object(1), Object("text"), Object(false), Object(1n), Object(Symbol.for("b"))];
  for (const [index, box] of carried(boxes).entries()) {
    assert.equal(typeof box, "object");
    assert.equal(box.valueOf(), (boxes[index] as object).valueOf());
    assert.equal(Object.getPrototypeOf(box), Object.getPrototypeOf(boxes[index]));
  }
  assert.deepEqual(Reflect.ownKeys(carried(Object.assign(Object("ab"), { x: 1 }))), [
    "0",
    "1",
    "length",
    "x",
  ]);
  const url = new URL("https://user:pw@example.test:81/a?b=c#d");
  assert.equal(carried(url).href, url.href);
  assert.ok(carried(url) instanceof URL);
  assert.equal(carried(new URLSearchParams("a=1&a=2&b=ü")).toString(), "a=1&a=2&b=%C3%BC");
  const list = (function (..._: unknown[]) {
    // biome-ignore lint/complexity/noArguments: an arguments object is what is tested
    return arguments;
  })(1, url, "x");
  const back = carried(list);
  assert.ok(types.isArgumentsObject(back));
  assert.equal(back[1].href, url.href);
  assert.deepEqual([...back].length, 3);
});

test("own properties of built-in objects travel with them", () => {
  for (const each of [
    new Map(),
    new Set(),
    new Date(0),
    /x/,
    Object(1),
    new URL("a:b"),
    new ArrayBuffer(1),
  ]) {
    const self = Object.assign(each, { extra: [1], [Symbol.for("more")]: 2 });
    Object.assign(self, { self });
    const back = carried(self);
    assert.equal(back.self, back);
    assert.deepEqual(back.extra, [1]);
    assert.equal(back[Symbol.for("more")], 2);
  }
});

test("the same value gives the same bytes", () => {
  const value = () => ({ a: [1, Buffer.from("x")], b: new Map([["k", new Date(0)]]) });
  assert.deepEqual(encodeGraph(value()), encodeGraph(value()));
});

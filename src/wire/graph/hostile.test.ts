/** What can be wrong with bytes from outside, case by case. */
import assert from "node:assert/strict";
import test from "node:test";
import { decodeGraph, encodeGraph, GraphError, type GraphErrorCode } from "./index.ts";

function refused(
  bytes: readonly number[] | Uint8Array,
  code: GraphErrorCode = "MALFORMED",
  options = {},
): void {
  assert.throws(
    () => decodeGraph(Uint8Array.from(bytes), options),
    (error: unknown) => {
      assert.ok(error instanceof GraphError, String(error));
      assert.equal(error.code, code, error.message);
      return true;
    },
  );
}

const HEADER = [0xda, 1];
const NEW_NODE = 0xc5;
/** The largest integer that LEB128 can hold here. */
const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];

test("nothing, another format and another version are told apart", () => {
  refused([]);
  refused([0xda]);
  refused([...Buffer.from("{}")]);
  refused([0xda, 2, 0], "UNSUPPORTED_VERSION");
});

test("bytes behind the end are refused", () => {
  refused([...encodeGraph({ a: 1 }), 0]);
});

test("counts and lengths that promise more than there is are refused before anything is allocated", () => {
  for (const kind of [1, 2, 3, 4, 6, 7, 8, 16]) refused([...HEADER, NEW_NODE, kind, ...HUGE, 0]);
  for (const tag of [0xc8, 0xc9, 0xca, 0xcf, 0xd0]) refused([...HEADER, tag, ...HUGE, 0]);
  refused([...HEADER, NEW_NODE, 0x40, ...HUGE]);
  refused([...HEADER, NEW_NODE, 0x40, 0, ...HUGE]);
});

test("integers that are too large or never end are refused", () => {
  refused([...HEADER, 0xcb, ...new Array(20).fill(0xff), 0]);
  refused([...HEADER, 0xcb, ...new Array(2000).fill(0x80), 0]);
  refused([...HEADER, 0xcb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
});

test("references to objects and strings that are not there are refused", () => {
  refused([...HEADER, 0xa0]);
  refused([...HEADER, 0xc6, 5]);
  refused([...HEADER, 0x40]);
  refused([...HEADER, 0xc7, 9]);
  refused([...HEADER, NEW_NODE, 3, 2, 0xa0, 0xa1]);
});

test("unknown tags, kinds, symbols and classes of errors and views are refused", () => {
  refused([...HEADER, 0xd5]);
  refused([...HEADER, 0xff]);
  refused([...HEADER, 0xd2, 200]);
  for (const kind of [0, 22, 0x3f, 0x80, 0xff]) refused([...HEADER, NEW_NODE, kind, 0, 0, 0]);
  refused([...HEADER, NEW_NODE, 11, 99, 0xc0, 0xc0, 0]);
  refused([...HEADER, NEW_NODE, 17, 99, 1, 0, 0, 0, 0, 0]);
});

test("tags are refused where they have no meaning", () => {
  refused([...HEADER, 0xc4]); // a hole as root
  refused([...HEADER, 0xd3, 1, 1]); // bytes of a head as root
  refused([...HEADER, NEW_NODE, 8, 1, 0xc4, 0]); // a hole in a Set
  refused([...HEADER, NEW_NODE, 1, 1, 0x81, 97, 0xc4]); // a hole as property
  refused([...HEADER, NEW_NODE, 1, 1, 5, 5]); // a number as key
  refused([...HEADER, NEW_NODE, 1, 1, NEW_NODE, 5, 1, 0]); // an object as key
  refused([...HEADER, NEW_NODE, 1, 1, 0xd4, 16, 0x81, 97, 0]); // unknown attributes
  refused([...HEADER, NEW_NODE, 1, 1, 0xd4, 8, 0x81, 97, 5, 0xc0]); // a getter that is a number
  refused([...HEADER, NEW_NODE, 1, 1, 0xd4, 8, 0x81, 97, 0xc0, 0xa0]); // a setter that is an object
  refused([...HEADER, NEW_NODE, 21, 0, 1, 0]); // integrity of none
  refused([...HEADER, NEW_NODE, 21, 4, 1, 0]);
  refused([...HEADER, NEW_NODE, 21, 1, 21, 1, 1, 0]);
});

test("views beyond their buffer, unaligned ones and those of other objects are refused", () => {
  const view = (classIndex: number, regions: number[]) => [...HEADER, NEW_NODE, 17, classIndex, ...regions];
  assert.deepEqual(decodeGraph(Uint8Array.from(view(1, [1, 2, 7, 8, 0, 0, 0, 2]))), Uint8Array.of(7, 8));
  refused(view(1, [1, 2, 7, 8, 0, 0, 0, 3]));
  refused(view(1, [1, 2, 7, 8, 0, 0, 3, 0]));
  refused(view(0, [1, 2, 7, 8, 0, 0, 1, 2]));
  refused(view(9, [1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]));
  refused(view(1, [0, 0, 0, 0]));
  refused(view(1, [2, 0, 0, 0, 0, 0])); // of the node that the view itself is
  refused(view(1, [2, 9, 0, 0, 0, 0]));
  refused(view(1, [9]));
});

test("what the built-in constructors refuse is malformed", () => {
  refused([...HEADER, NEW_NODE, 10, 0x81, 40, 0x80, 0, 0]); // new RegExp("(")
  refused([...HEADER, NEW_NODE, 10, 0x81, 97, 0x81, 33, 0, 0]); // flag "!"
  refused([...HEADER, NEW_NODE, 14, 0x81, 97, 0]); // new URL("a")
  refused([...HEADER, NEW_NODE, 13, 0xc0, 0]); // Object(undefined)
  refused([...HEADER, NEW_NODE, 13, 0xa0, 0]); // boxes itself
  refused([...HEADER, NEW_NODE, 9, 0x81, 97, 0]); // a Date of a string
  refused([...HEADER, NEW_NODE, 5, ...HUGE, 0]); // an array too long
});

test("a regular expression nested too deep for the engine is malformed", () => {
  const bytes = encodeGraph("(".repeat(200_000) + ")".repeat(200_000));
  refused([...HEADER, NEW_NODE, 10, ...bytes.subarray(2), 0x80, 0, 0]);
});

test("a huge sparse array costs nothing", () => {
  const far = decodeGraph(Uint8Array.from([...HEADER, NEW_NODE, 5, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]));
  assert.equal((far as unknown[]).length, 2 ** 32 - 1);
});

test("prototypes cannot be reached through the names of properties", () => {
  for (const key of ["__proto__", "constructor", "prototype"]) {
    const holder = Object.defineProperty({}, key, {
      value: { polluted: true },
      enumerable: true,
      writable: true,
      configurable: true,
    });
    for (const value of [holder, Object.assign([1], {}), new Map([[key, { polluted: true }]])]) {
      const back = decodeGraph(encodeGraph(value)) as Record<string, unknown>;
      assert.equal(back.polluted, undefined);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    }
  }
});

test("limits hold when reading", () => {
  refused(encodeGraph([[], [], []]), "LIMIT_EXCEEDED", { nodesMax: 3 });
  refused(encodeGraph([[[[]]]]), "LIMIT_EXCEEDED", { depthMax: 2 });
  refused(encodeGraph("x".repeat(100)), "LIMIT_EXCEEDED", { bytesMax: 50 });
});

test("the bytes given are not kept: changing them later changes nothing", () => {
  const bytes = encodeGraph([Uint8Array.of(1, 2), new ArrayBuffer(2), Buffer.from("ab"), "text"]);
  const back = decodeGraph(bytes) as [Uint8Array, ArrayBuffer, Buffer, string];
  bytes.fill(0xff);
  assert.deepEqual(
    [back[0][0], new Uint8Array(back[1])[0], back[2].toString(), back[3]],
    [1, 0, "ab", "text"],
  );
});

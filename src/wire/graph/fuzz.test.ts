/** Bytes from outside: whatever they are, reading them gives a value or a GraphError, soon and in bounded memory. */
import assert from "node:assert/strict";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import {
  ClassRegistry,
  type DecodeGraphOptions,
  decodeGraph,
  type EncodeGraphOptions,
  encodeGraph,
  GraphError,
} from "./index.ts";

const LONG = process.env.DISPATCH_TEST_LONG !== undefined;
const SEED = Number(process.env.FUZZ_SEED ?? 20_240_607);
const runs = (everyDay: number, long: number) => ({ seed: SEED, numRuns: LONG ? long : everyDay });

class Point {
  x = 1;
}
class Sealed {
  #inside: unknown;
  constructor(inside: unknown) {
    this.#inside = inside;
  }
  inside() {
    return this.#inside;
  }
}
class Index extends Map<unknown, unknown> {}

const classes = new ClassRegistry();
classes.register(Point);
classes.register(Index);
classes.register(Sealed, {
  toState: (sealed) => ({ inside: sealed.inside() }),
  fromState: (state: { inside: unknown } | undefined) => new Sealed(state?.inside),
});

class Frame {
  children: readonly unknown[] = [];
}
const encodeOptions: EncodeGraphOptions = {
  classes,
  hooks: {
    isNamed: () => false,
    describe: (value) =>
      value instanceof Frame ? { kind: 5, head: [1, "frame"], children: value.children } : undefined,
  },
};
const decodeOptions: DecodeGraphOptions = {
  classes,
  hooks: {
    allocate: (_kind, _head, child) => {
      child(0);
      return new Frame();
    },
    fill: (value, _kind, _head, children) => {
      if (value instanceof Frame) value.children = children;
    },
  },
};

const PRIMITIVES = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ minLength: 30, maxLength: 70, unit: "grapheme" }),
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, NaN, Symbol.iterator, Symbol.for("s")),
);

/** Any value of the codec's kinds, its parts shared and linked into cycles. */
const GRAPHS = fc
  .letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, PRIMITIVES, tie("holder")),
    holder: fc.oneof(
      fc.array(tie("value"), { maxLength: 6 }),
      fc.dictionary(fc.string({ unit: "binary", maxLength: 4 }), tie("value"), { maxKeys: 5 }),
      fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
      fc.array(tie("value"), { maxLength: 3 }).map((items) => Object.freeze(items)),
      fc.date({ noInvalidDate: false }),
      fc.uint8Array({ maxLength: 20 }),
      fc.float32Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => new DataView(bytes.buffer)),
      fc.string().map((message) => new RangeError(message)),
      tie("value").map((cause) => new Error("outer", { cause })),
      fc.constantFrom(/a+/g, /[^/]\//uy),
      fc.webUrl().map((url) => new URL(url)),
      PRIMITIVES.filter((each) => each !== null && each !== undefined).map(Object),
      tie("value").map((x) => Object.assign(new Point(), { x })),
      tie("value").map((inside) => new Sealed(inside)),
      fc.array(tie("value"), { maxLength: 3 }).map((items) => new Index(items.map((item) => [item, item]))),
      fc.array(tie("value"), { maxLength: 3 }).map((children) => Object.assign(new Frame(), { children })),
      fc
        .array(tie("value"), { maxLength: 3 })
        .map((items) => Object.assign(Object.create(null), { ...items })),
    ),
    root: fc.tuple(tie("holder"), tie("value"), fc.boolean()),
  }))
  .root.map(([holder, value, cyclic]) => {
    const root: unknown[] = [holder, value, holder];
    if (cyclic) root.push(root);
    return root;
  });

/** Ends in time and throws nothing but a GraphError. */
function read(bytes: Uint8Array): unknown {
  try {
    return decodeGraph(bytes, { ...decodeOptions, nodesMax: 100_000 });
  } catch (error) {
    if (!(error instanceof GraphError)) assert.fail(`threw ${String((error as Error).stack)}`);
    return error;
  }
}

test("any graph comes back equal, and writing it again gives the same bytes", () => {
  fc.assert(
    fc.property(GRAPHS, (graph) => {
      const bytes = encodeGraph(graph, encodeOptions);
      const back = decodeGraph(bytes, decodeOptions) as unknown[];
      assert.deepEqual(Buffer.from(encodeGraph(back, encodeOptions)), Buffer.from(bytes));
      assert.equal(back[0], back[2]);
      assert.ok(isDeepStrictEqual(back.slice(0, 3), graph.slice(0, 3)));
    }),
    runs(1500, 30_000),
  );
});

test("a graph cut anywhere is refused", () => {
  fc.assert(
    fc.property(GRAPHS, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (graph, part) => {
      const bytes = encodeGraph(graph, encodeOptions);
      const result = read(bytes.subarray(0, Math.floor(bytes.length * part)));
      assert.ok(result instanceof GraphError && result.code === "MALFORMED", String(result));
    }),
    runs(1500, 20_000),
  );
});

test("a graph with bits flipped and bytes changed gives a value or a GraphError", () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), flip: fc.boolean() });
  fc.assert(
    fc.property(GRAPHS, fc.array(change, { minLength: 1, maxLength: 4 }), (graph, changes) => {
      const bytes = encodeGraph(graph, encodeOptions);
      for (const { at, byte, flip } of changes) {
        const index = 2 + (at % (bytes.length - 2));
        bytes[index] = flip ? (bytes[index] as number) ^ (1 << (byte % 8)) : byte;
      }
      read(bytes);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    }),
    runs(3000, 60_000),
  );
});

test("arbitrary bytes behind a good header give a value or a GraphError", () => {
  const tags = fc.integer({ min: 0xa0, max: 0xd5 });
  const kinds = fc.integer({ min: 0, max: 22 });
  const byte = fc.oneof(tags, kinds, fc.constant(0xc5), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), (body) => {
      read(Uint8Array.from([0xda, 1, ...body]));
    }),
    runs(3000, 60_000),
  );
});

test("what every single byte of a rich graph turns into by every flip is a value or a GraphError", () => {
  const shared = Buffer.from("shared");
  const rich = [
    { a: 1, b: "text", c: [1.5, 10n ** 20n, -5], d: new Map([["k", new Set([Symbol.for("x")])]]) },
    new Index([[1, new Sealed(new Point())]]),
    Object.freeze([new Error("e", { cause: new Date(1) }), /x/g, Object(1), new URL("https://a.test/")]),
    [shared, shared.subarray(1), new Float64Array(2), Object.assign([1, 2], { extra: true })],
    Object.assign(new Frame(), { children: [{ in: "frame" }] }),
  ];
  const bytes = encodeGraph(rich, encodeOptions);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << bit);
      read(changed);
    }
    read(bytes.subarray(0, at));
  }
});

import assert from "node:assert/strict";
import test from "node:test";
import {
  CannotCarryError,
  type DecodeHooks,
  decodeGraph,
  type EncodeHooks,
  encodeGraph,
  GraphError,
} from "./index.ts";

type Adder = ((n: number) => number) & { captured: unknown[]; note?: unknown };

/** A little runtime: functions that capture values, a frame, and one object with a name. */
function setup() {
  const CONFIG = { secret: () => 1 };
  const makeAdder = (captured: unknown[]): Adder =>
    Object.assign((n: number) => n + (captured[0] as number), { captured });
  class Frame {
    position = 0;
    locals: unknown[] = [];
  }
  const encodeHooks: EncodeHooks = {
    isNamed: (value) => value === CONFIG,
    describe(value) {
      if (value === CONFIG) return { kind: 0, head: ["CONFIG"], children: [] };
      if (value instanceof Frame) {
        return {
          kind: 1,
          head: [value.position, "frame of main", Uint8Array.of(1, 2)],
          children: value.locals,
          labels: [".total", ".conn"],
        };
      }
      if (typeof value !== "function") return undefined;
      if (!("captured" in value)) throw new CannotCarryError({ what: "a native function", hint: "Name it" });
      const adder = value as Adder;
      return { kind: 63, head: ["adder"], children: [adder.note, ...adder.captured] };
    },
  };
  const calls: string[] = [];
  const decodeHooks: DecodeHooks = {
    allocate(kind, head, child, count) {
      calls.push(`allocate ${kind} ${String(head[0])}`);
      if (kind === 0) return CONFIG;
      if (kind === 1) return new Frame();
      return makeAdder(Array.from({ length: count - 1 }, (_, index) => child(index + 1)));
    },
    fill(value, kind, head, children) {
      calls.push(`fill ${kind}`);
      if (kind === 63) (value as Adder).note = children[0];
      if (kind !== 1) return;
      const frame = value as Frame;
      frame.position = head[0] as number;
      frame.locals = [...children];
      assert.deepEqual(head.slice(1), ["frame of main", Uint8Array.of(1, 2)]);
    },
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  const carried = (value: unknown): any =>
    decodeGraph(encodeGraph(value, { hooks: encodeHooks }), { hooks: decodeHooks });
  return { CONFIG, makeAdder, Frame, carried, calls, encodeHooks, decodeHooks };
}

test("functions and frames travel by the hooks, with cycles through everything", () => {
  const { makeAdder, Frame, carried } = setup();
  const shared: unknown[] = [];
  const adder = makeAdder([5, shared]);
  const frame = new Frame();
  frame.position = 7;
  frame.locals = [adder, shared, frame];
  adder.note = frame;
  shared.push(adder, { frame });
  const back = carried({ frame, adder });
  assert.ok(back.frame instanceof Frame);
  assert.equal(back.frame.position, 7);
  assert.equal(back.frame.locals[0], back.adder);
  assert.equal(back.frame.locals[2], back.frame);
  assert.equal(back.adder(1), 6);
  assert.equal(back.adder.captured[1], back.frame.locals[1]);
  assert.equal(back.adder.note, back.frame);
  assert.equal(back.frame.locals[1][0], back.adder);
  assert.equal(back.frame.locals[1][1].frame, back.frame);
});

test("an object with a name comes back as that very object, and nothing else asks the hooks for plain ones", () => {
  const { CONFIG, carried, calls } = setup();
  const back = carried([{ plain: 1 }, CONFIG, [CONFIG]]);
  assert.equal(back[1], CONFIG);
  assert.equal(back[2][0], CONFIG);
  assert.deepEqual(calls, ["allocate 0 CONFIG", "fill 0"]);
});

test("a closure that captures a closure that captures … needs no deep stack", () => {
  const { makeAdder, carried } = setup();
  let adder = makeAdder([0]);
  for (let index = 0; index < 50_000; index++) adder = makeAdder([index, adder]);
  let depth = 0;
  for (let link = carried(adder); link !== undefined; link = link.captured[1]) depth++;
  assert.equal(depth, 50_001);
});

test("closures that need each other to be made are malformed", () => {
  const { makeAdder, carried } = setup();
  const captured: unknown[] = [1];
  const adder = makeAdder(captured);
  captured.push(adder);
  assert.throws(
    () => carried(adder),
    (error: unknown) => error instanceof GraphError && error.code === "MALFORMED",
  );
});

test("a refusal of the hooks gets the path, with the labels of the frame", () => {
  const { Frame, encodeHooks } = setup();
  const frame = new Frame();
  frame.locals = [1, { socket: () => 1 }];
  const refusal = (error: unknown) => {
    assert.ok(error instanceof CannotCarryError);
    assert.equal(error.message, "pipeline[0].conn.socket: cannot carry a native function. Name it");
    assert.equal(error.what, "a native function");
    assert.deepEqual(
      error.trail.map(({ label }) => label),
      ["[0]", ".conn", ".socket"],
    );
    assert.equal(error.trail[1]?.holder, frame);
    return true;
  };
  assert.throws(() => encodeGraph([frame], { hooks: encodeHooks, pathRoot: "pipeline" }), refusal);
  frame.locals = [Symbol("x")];
  assert.throws(
    () => encodeGraph(frame, { hooks: encodeHooks }),
    /^CannotCarryError: value\.total: cannot carry a Symbol/,
  );
});

test("what the hooks throw comes through as it is", () => {
  const { Frame, encodeHooks, decodeHooks } = setup();
  class Incompatible extends Error {}
  const bytes = encodeGraph([new Frame()], { hooks: encodeHooks });
  const failing = (): never => {
    throw new Incompatible("changed");
  };
  assert.throws(() => decodeGraph(bytes, { hooks: { ...decodeHooks, allocate: failing } }), Incompatible);
  assert.throws(() => decodeGraph(bytes, { hooks: { ...decodeHooks, fill: failing } }), Incompatible);
  assert.throws(
    () => encodeGraph(new Frame(), { hooks: { ...encodeHooks, describe: failing } }),
    Incompatible,
  );
});

test("accessors travel when the hooks know their functions", () => {
  const { makeAdder, carried, encodeHooks } = setup();
  const get = makeAdder([1]);
  const holder = Object.defineProperties({ plain: 1 } as Record<PropertyKey, unknown>, {
    both: { get: get as never, set: makeAdder([2]), enumerable: true, configurable: true },
    [Symbol.for("hidden")]: { get: get as never },
  });
  const back = Object.getOwnPropertyDescriptors(carried([holder, get])[0]);
  assert.deepEqual(Reflect.ownKeys(back), ["plain", "both", Symbol.for("hidden")]);
  assert.equal((back.both!.get as unknown as Adder)(1), 2);
  assert.deepEqual((back.both!.set as unknown as Adder).captured, [2]);
  assert.deepEqual([back.both!.enumerable, back.both!.configurable], [true, true]);
  const hidden = back[Symbol.for("hidden") as never] as unknown as PropertyDescriptor;
  assert.deepEqual([hidden.get, hidden.set, hidden.enumerable], [back.both!.get, undefined, false]);
  const native = Object.defineProperty({}, "x", { get: () => 1 });
  const message = /^CannotCarryError: value\[0\]\.x \(getter\): cannot carry a native function/;
  assert.throws(() => encodeGraph([native], { hooks: encodeHooks }), message);
});

test("nodes of hooks are refused where there are none", () => {
  const { Frame, encodeHooks } = setup();
  const bytes = encodeGraph([new Frame()], { hooks: encodeHooks });
  assert.throws(
    () => decodeGraph(bytes),
    (error: unknown) => error instanceof GraphError && error.code === "UNKNOWN_CLASS",
  );
});

import assert from "node:assert/strict";
import test from "node:test";
import { types } from "node:util";
import type { AnyClass } from "./index.ts";
import { ClassRegistry, decodeGraph, encodeGraph, GraphError, type SerializableOptions } from "./index.ts";

function setup() {
  const classes = new ClassRegistry();
  return {
    classes,
    register: <T, S>(Class: AnyClass<T>, options?: SerializableOptions<T, S>) =>
      classes.register(Class, options),
    // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
    carried: (value: unknown): any => decodeGraph(encodeGraph(value, { classes }), { classes }),
  };
}

class Money {
  amount: bigint;
  currency: string;
  constructor(amount: bigint, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
  doubled() {
    return new Money(this.amount * 2n, this.currency);
  }
}

class Vault {
  #content: unknown;
  constructor(content: unknown) {
    this.#content = content;
  }
  open() {
    return this.#content;
  }
}
const VAULT = {
  toState: (vault: Vault) => ({ content: vault.open() }),
  fromState: (state: { content: unknown }) => new Vault(state.content),
};

test("an instance of a registered class keeps its class and its own fields, without its constructor being called", () => {
  const { register, carried } = setup();
  let constructed = 0;
  class Counted {
    count = ++constructed;
    me: unknown = this;
  }
  register(Money);
  register(Counted, { name: "a counter" });
  assert.equal(carried(new Money(3n, "EUR")).doubled().amount, 6n);
  const back = carried(new Counted());
  assert.ok(back instanceof Counted);
  assert.equal(back.me, back);
  assert.deepEqual([back.count, constructed], [1, 1]);
});

test("a setter of the class is not called for a field of the same name", () => {
  const { register, carried } = setup();
  class Base {
    set value(_: number) {
      assert.fail("was called");
    }
  }
  class Derived extends Base {}
  register(Derived);
  const instance = Object.defineProperty(new Derived(), "value", {
    value: 1,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  assert.deepEqual(
    Object.getOwnPropertyDescriptors(carried(instance)),
    Object.getOwnPropertyDescriptors(instance),
  );
});

test("subclasses of built-in classes keep both the built-in's contents and their fields", () => {
  const { register, carried } = setup();
  class Index extends Map<string, unknown> {
    hits = 1;
  }
  class Tags extends Set<unknown> {}
  class Row extends Array<unknown> {
    label = "r";
  }
  class Day extends Date {}
  class Pattern extends RegExp {}
  class NotFound extends TypeError {
    status = 404;
  }
  class Several extends AggregateError {}
  for (const Class of [Index, Tags, Row, Day, Pattern, NotFound, Several])
    register<unknown, unknown>(Class as AnyClass);
  const index = new Index([["a", 1]]);
  index.set("self", index);
  const backIndex = carried(index);
  assert.ok(backIndex instanceof Index && types.isMap(backIndex));
  assert.deepEqual([backIndex.get("a"), backIndex.get("self") === backIndex, backIndex.hits], [1, true, 1]);
  assert.ok(carried(new Tags([1])).has(1));
  const row = carried(Row.of(1, 2));
  assert.ok(row instanceof Row && Array.isArray(row));
  assert.deepEqual([row.length, row.label, [...row]], [2, "r", [1, 2]]);
  assert.equal(carried(new Day(5)).getTime(), 5);
  assert.equal(carried(new Pattern("a+", "g")).exec("caa")[0], "aa");
  const error = carried(new NotFound("no", { cause: new Several([new Error("1")], "s") }));
  assert.ok(error instanceof NotFound && types.isNativeError(error));
  assert.deepEqual([error.status, error.message], [404, "no"]);
  assert.ok(error.cause instanceof Several);
  assert.equal(error.cause.errors[0].message, "1");
});

test("a class with private fields needs toState and fromState", () => {
  const { register, carried } = setup();
  assert.throws(() => register(Vault), /Vault has the private member #content: give toState and fromState/);
  class Heir extends Vault {}
  assert.throws(() => register(Heir), /#content/);
  class Method {
    #secret() {}
    run() {
      this.#secret();
    }
  }
  assert.throws(() => register(Method), /#secret/);
  class Harmless {
    static #count = 0;
    color = "#fff";
    count() {
      return Harmless.#count;
    }
  }
  register(Harmless);
  register(Vault, VAULT);
  assert.deepEqual(carried(new Vault([1, { a: 2 }])).open(), [1, { a: 2 }]);
});

test("a class over a class of the platform that hides its state needs toState and fromState", () => {
  const { register } = setup();
  class Stop extends AbortController {}
  assert.throws(() => register(Stop), /Stop has the private member #\w+: give toState and fromState/);
  class Later extends Promise<void> {}
  assert.throws(() => register(Later as AnyClass), /Later extends Promise/);
});

test("states may hold instances, be shared, and are whole when fromState sees them", () => {
  const { register, carried } = setup();
  register(Vault, VAULT);
  register(Money);
  const shared = { list: [1, 2] };
  const inner = new Vault(new Map([["shared", shared]]));
  const outer = new Vault({ inner, money: new Money(1n, "EUR"), again: inner, shared });
  const back = carried({ outer, inner, shared });
  const opened = back.outer.open();
  assert.equal(opened.inner, back.inner);
  assert.equal(opened.again, back.inner);
  assert.equal(opened.shared, back.shared);
  assert.equal(back.inner.open().get("shared"), back.shared);
  assert.ok(opened.money instanceof Money);
  let chain: unknown = null;
  for (let index = 0; index < 20_000; index++) chain = new Vault({ next: chain });
  let depth = 0;
  for (let link = carried(chain); link !== null; link = link.open().next) depth++;
  assert.equal(depth, 20_000);
  let seen: unknown;
  class Whole {}
  register(Whole, {
    toState: () => ({ deep: [{ er: new Set(["x"]) }], vault: inner }),
    fromState: (state: { deep: { er: Set<string> }[]; vault: Vault }) => {
      seen = [...(state.deep[0]?.er ?? []), state.vault.open() instanceof Map];
      return new Whole();
    },
  });
  carried([new Whole()]);
  assert.deepEqual(seen, ["x", true]);
});

test("a state that refers back to its own instance is refused when it is written", () => {
  const { classes, register } = setup();
  register(Vault, VAULT);
  const content: Record<string, unknown> = {};
  const vault = new Vault(content);
  content.deep = [{ vault }];
  const message = /value\.a: cannot carry an object whose toState refers back to it/;
  assert.throws(() => encodeGraph({ a: vault }, { classes }), message);
  const first: { to?: unknown } = {};
  const second = { to: new Vault(first) };
  first.to = [new Vault(second), first];
  assert.throws(() => encodeGraph(second, { classes }), /cannot carry an object whose toState refers back/);
  class Selfish {}
  register(Selfish, { toState: (self) => self, fromState: (self: unknown) => self as Selfish });
  assert.throws(() => encodeGraph(new Selfish(), { classes }), /refers back to it/);
});

test("what toState gives is part of the path, and what it throws comes with the class", () => {
  const { classes, register } = setup();
  register(Vault, VAULT);
  assert.throws(
    () => encodeGraph([new Vault([() => 1])], { classes }),
    /^CannotCarryError: value\[0\]\.content\[0\]: cannot carry a function$/,
  );
  class Broken {}
  register(Broken, {
    toState: () => {
      throw new Error("no state today");
    },
    fromState: () => new Broken(),
  });
  const failed = (error: unknown) =>
    error instanceof GraphError && error.code === "CLASS_FAILED" && error.cause instanceof Error;
  assert.throws(() => encodeGraph(new Broken(), { classes }), failed);
  const other = setup();
  other.register(Broken, {
    toState: () => 1,
    fromState: () => {
      throw new Error("not this one");
    },
  });
  assert.throws(() => other.carried(new Broken()), failed);
  const third = setup();
  third.register(Broken, { toState: () => 1, fromState: () => 5 as unknown as Broken });
  assert.throws(() => third.carried(new Broken()), /CLASS_FAILED|gave no object/);
});

test("toState may itself write a graph", () => {
  const { register, carried } = setup();
  class Packed {
    content: unknown;
    constructor(content: unknown) {
      this.content = content;
    }
  }
  register(Packed, {
    toState: (packed) => encodeGraph(packed.content),
    fromState: (bytes: Uint8Array) => new Packed(decodeGraph(bytes)),
  });
  const back = carried(["before", new Packed({ text: "inside" }), "after", new Packed("before")]);
  assert.deepEqual(
    [back[0], back[1].content, back[2], back[3].content],
    ["before", { text: "inside" }, "after", "before"],
  );
});

test("two classes cannot have one name, but a reloaded class takes over", () => {
  const { register, carried } = setup();
  const make = (value: number) =>
    class Item {
      value() {
        return value;
      }
    };
  const One = make(1);
  register(One);
  register(make(2));
  assert.equal(carried(new One()).value(), 2);
  const Other = {
    Item: class Item {
      other = 1;
    },
  }.Item;
  assert.throws(
    () => register(Other),
    /another class is serializable as Item: give one of them the option name/,
  );
  register(Other, { name: "other/Item" });
  assert.ok(carried(new Other()) instanceof Other);
  assert.throws(() => register(class {}), /without a name/);
  assert.throws(() => register(Money, { toState: (money) => money.amount }), /belong together/);
});

test("a subclass of a registered class is not registered with it", () => {
  const { classes, register } = setup();
  register(Money);
  class Cash extends Money {}
  assert.throws(() => encodeGraph(new Cash(1n, "EUR"), { classes }), /cannot carry a Cash/);
});

test("a class that is not registered here is refused by its name", () => {
  const { classes, register } = setup();
  register(Money);
  const bytes = encodeGraph(new Money(1n, "EUR"), { classes });
  const unknown = (error: unknown) =>
    error instanceof GraphError && error.code === "UNKNOWN_CLASS" && /Money/.test(error.message);
  assert.throws(() => decodeGraph(bytes, { classes: new ClassRegistry() }), unknown);
});

test("a frozen instance comes back frozen", () => {
  const { register, carried } = setup();
  register(Money);
  assert.ok(Object.isFrozen(carried(Object.freeze(new Money(1n, "EUR")))));
});

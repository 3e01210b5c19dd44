import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { registerSerializable } from "../../wire/graph/index.ts";
import { callError } from "../../wire/hot-path/index.ts";
import { Status } from "../../wire/status.ts";
import { decodeValue, encodeValue } from "../../wire/values/index.ts";
import { AnyException, NotFoundError, TemporaryError } from "./dispatch-error.ts";
import { errorFromWire, errorToWire, RemoteError } from "./error-wire.ts";
import { registerErrorType, statusOfError } from "./status-of.ts";

const travel = (thrown: unknown) => errorFromWire(errorToWire(thrown)) as Error & Record<string, unknown>;

test("type, message and traceback are readable in any language", () => {
  const wire = errorToWire(new TypeError("no"));
  assert.equal(wire.type, "TypeError");
  assert.equal(wire.message, "no");
  assert.match(new TextDecoder().decode(wire.traceback), /^TypeError: no\n {4}at /);
});

test("the traceback has the causes, and an error that is made again has them as its cause alone", () => {
  const disk = new RangeError("disk");
  const error = new TypeError("no", { cause: new Error("inner", { cause: disk }) });
  const text = new TextDecoder().decode(errorToWire(error).traceback);
  assert.match(
    text,
    /^TypeError: no\n {4}at [\s\S]*\nCaused by: Error: inner\n {4}at [\s\S]*\nCaused by: RangeError: disk\n/,
  );
  const back = travel(error);
  assert.equal(back.stack, error.stack);
  assert.equal(((back.cause as Error).cause as Error).message, "disk");
  disk.cause = error;
  assert.ok(errorToWire(error).traceback.length <= 16_384, "a circle of causes ends");
  const other = new TextDecoder().decode(errorToWire(new Error("no", { cause: { code: 5 } })).traceback);
  assert.match(other, /\nCaused by: \{"code":5\}$/);
});

test("built-in classes and those of this package are kept, with cause and members", () => {
  for (const error of [new TypeError("a"), new RangeError("b"), new TemporaryError("c"), new Error("d")]) {
    const back = travel(error);
    assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(error));
    assert.equal(back.message, error.message);
    assert.equal(back.stack, error.stack);
    assert.equal(statusOfError(back), statusOfError(error));
  }
  const any = travel(new AnyException([new NotFoundError("x"), 5, new Error("y", { cause: "z" })]));
  assert.ok(any instanceof AnyException);
  assert.ok(any.errors[0] instanceof NotFoundError);
  assert.equal(any.errors[1], 5);
  assert.equal(any.errors[2].cause, "z");
  assert.equal(statusOfError(any), Status.NOT_FOUND);
});

test("errors of Node and of fetch keep what decides their status", async () => {
  const missing = await readFile("/no/such/file").catch((error) => error);
  const back = travel(missing);
  assert.equal(back.code, "ENOENT");
  assert.equal(back.syscall, "open");
  assert.equal(statusOfError(back), Status.NOT_FOUND);
  const refused = await fetch("http://127.0.0.1:1").catch((error) => error);
  assert.equal(statusOfError(travel(refused)), statusOfError(refused));
  const aborted = travel(AbortSignal.timeout(0).reason ?? new DOMException("late", "TimeoutError"));
  assert.equal(statusOfError(aborted), Status.TIMEOUT);
  assert.ok(aborted instanceof DOMException);
});

test("a registered class is kept with its fields, and its constructor does not run", () => {
  let made = 0;
  class CardDeclined extends Error {
    readonly card: { last4: string };
    constructor(last4: string) {
      super(`card ${last4} was declined`);
      this.card = { last4 };
      made++;
    }
  }
  registerErrorType(CardDeclined, Status.PERMANENT_ERROR);
  const back = travel(new CardDeclined("4242"));
  assert.ok(back instanceof CardDeclined);
  assert.equal(made, 1);
  assert.deepEqual(back.card, { last4: "4242" });
  assert.equal(back.message, "card 4242 was declined");
  const bare = errorFromWire(callError({ type: "CardDeclined", message: "m" }));
  assert.ok(bare instanceof CardDeclined);
  assert.equal(made, 1);
});

test("a class that is not known keeps its name, and the nearest class that is known", () => {
  class OutOfStock extends TemporaryError {}
  const back = travel(new OutOfStock("none"));
  assert.equal(back.name, "OutOfStock");
  assert.ok(back instanceof TemporaryError);
  assert.equal(statusOfError(back), Status.TEMPORARY_ERROR);
  const foreign = errorFromWire(
    callError({ type: "ValueError", message: "m", value: Uint8Array.of(1, 2, 3) }),
  );
  assert.ok(foreign instanceof RemoteError);
  assert.equal(foreign.name, "ValueError");
});

test("of a class that is not registered only plain fields travel: requests hold credentials", () => {
  const error = Object.assign(new Error("x"), {
    code: "E1",
    config: { headers: { authorization: "Bearer secret" } },
    status: 500,
  });
  const wire = errorToWire(error);
  assert.equal(Buffer.from(wire.value).includes("secret"), false);
  const back = travel(error);
  assert.equal(back.code, "E1");
  assert.equal(back.status, 500);
  assert.equal("config" in back, false);
});

test("a class given to serializable keeps itself as a failure, by its own codec where it has one", () => {
  class Quota extends Error {
    readonly left: number[] = [1, 2];
  }
  class Vault extends Error {
    readonly #secret: string;
    constructor(secret: string) {
      super("locked");
      this.#secret = secret;
    }
    reveal() {
      return this.#secret;
    }
  }
  registerSerializable(Quota, { name: "billing.Quota" });
  registerSerializable(Vault, { toState: (v) => v.reveal(), fromState: (s: string) => new Vault(s) });
  const quota = travel(new Quota("none left"));
  assert.ok(quota instanceof Quota);
  assert.deepEqual(quota.left, [1, 2]);
  assert.equal(errorToWire(quota).type, "billing.Quota");
  const vault = travel(new Vault("xyz"));
  assert.ok(vault instanceof Vault);
  assert.equal(vault.reveal(), "xyz");
});

test("errors are values too: in lists and as fields they keep their class", () => {
  class Declined extends Error {
    readonly card = "4242";
  }
  registerErrorType(Declined, Status.PERMANENT_ERROR);
  const settled = [
    { status: "rejected", reason: new Declined("no") },
    { reason: new TemporaryError("later") },
  ];
  const [a, b] = decodeValue(encodeValue(settled)) as [{ reason: Declined }, { reason: TemporaryError }];
  assert.ok(a.reason instanceof Declined);
  assert.equal(a.reason.card, "4242");
  assert.ok(b.reason instanceof TemporaryError);
  assert.equal(b.reason.status, Status.TEMPORARY_ERROR);
});

test("what is thrown and is no error arrives as it was, or is at least described", () => {
  for (const value of [null, 0, "text", true, { a: 1 }, [1]]) assert.deepEqual(travel(value), value);
  const described = travel(() => 1);
  assert.ok(described instanceof RemoteError);
  assert.equal(described.name, "function");
  assert.equal(errorToWire(Symbol("s")).message, "Symbol(s)");
  assert.equal(errorToWire({ message: "like an error" }).message, "like an error");
});

test("errors that resist being looked at do not break the run", () => {
  const hostile = new Proxy(new Error("x"), {
    get() {
      throw new Error("trap");
    },
  });
  assert.match(errorToWire(hostile).message, /cannot be read/);
  const cyclic = new Error("c");
  cyclic.cause = new Error("d", { cause: cyclic });
  assert.equal((travel(cyclic).cause as Error).message, "d");
  let deep = new Error("0");
  for (let i = 1; i < 1000; i++) deep = new Error(String(i), { cause: deep });
  assert.equal(travel(deep).message, "999");
});

test("the stack grows by one line with every call it passes through, and not without end", () => {
  let error: unknown = new Error("deep");
  for (let i = 0; i < 1000; i++) error = errorFromWire(errorToWire(error), `f${i} id`);
  const { stack } = error as Error;
  assert.match(stack!, /^Error: deep\n/);
  assert.match(stack!, /at dispatched call \(f999 id\)$/);
  assert.ok(stack!.length <= 16_384);
});

test("a name or a field from the wire cannot touch a prototype", () => {
  const wire = errorToWire(
    Object.assign(new Error("x"), JSON.parse('{"__proto__": "p", "constructor": "c"}')),
  );
  const back = errorFromWire(wire) as Error;
  assert.ok(back instanceof Error);
  assert.equal(Object.getPrototypeOf(back), Error.prototype);
  assert.equal(({} as Record<string, unknown>).p, undefined);
});

test("any bytes as value are an error all the same", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.string(), (value, type, message) => {
      const error = errorFromWire(callError({ type, message, value }));
      assert.ok(error instanceof Error);
      assert.equal(error.message, message);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("any value that can be thrown can be sent", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }), (value) => {
      assert.equal(typeof errorToWire(value).message, "string");
      errorFromWire(errorToWire(value));
    }),
    { seed: 8, numRuns: 300 },
  );
});

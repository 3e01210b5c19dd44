import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  pollResult,
  readRunResponse,
  runRequest,
  writeAny,
  writeRunRequest,
} from "../../wire/hot-path/index.ts";
import { Status } from "../../wire/status.ts";
import { encodeArguments } from "../../wire/values/index.ts";
import { CallResult } from "../call-result.ts";
import { setHostDefaults } from "../environment.ts";
import { ConfigurationError, TemporaryError } from "../errors/dispatch-error.ts";
import { AsyncFunction } from "../functions/async-function.ts";
import { Reset, TailCall } from "../functions/tail-call.ts";
import { Output } from "../output.ts";
import { currentRun, type RunContext } from "../run-context.ts";
import { defaultRegistry, setDefaultRegistry } from "./default-registry.ts";
import { findFunction, openRegistries, run } from "./open-registries.ts";
import { Registry } from "./registry.ts";

const endpoint = "http://localhost:1234";

function setup(t: TestContext, name = t.name): Registry {
  const registry = new Registry(name, { endpoint });
  t.after(() => registry.close());
  return registry;
}

function request(name: string, ...args: unknown[]): Uint8Array {
  return writeRunRequest(
    runRequest({
      function: name,
      input: writeAny(encodeArguments(args)),
      dispatchId: "id-1",
      parentDispatchId: "id-0",
      rootDispatchId: "id-r",
      creationTime: { seconds: 5, nanos: 0 },
    }),
  );
}

function read(bytes: Uint8Array): { status: Status; result: CallResult } {
  const { status, exit } = readRunResponse(bytes);
  return { status, result: new CallResult(exit!.result!) };
}

test("a function is run with its arguments and answers with its result", async (t) => {
  const registry = setup(t);
  registry.function("add", async (a: number, b: number) => a + b);
  const { status, result } = read(await registry.run(request("add", 2, 40)));
  assert.equal(status, Status.OK);
  assert.equal(result.output, 42);
});

test("a function that is not async, and one that returns nothing, are functions too", async (t) => {
  const registry = setup(t);
  registry.function("sync", (text: string) => text.length);
  registry.function("nothing", async () => {});
  assert.equal(read(await registry.run(request("sync", "four"))).result.output, 4);
  assert.equal(read(await registry.run(request("nothing"))).result.output, undefined);
});

test("what a function throws is the failure of the run, with its status, message and cause", async (t) => {
  const registry = setup(t);
  registry.function("fail", async () => {
    throw new TemporaryError("not now", { cause: new Error("disk") });
  });
  const { status, result } = read(await registry.run(request("fail")));
  assert.equal(status, Status.TEMPORARY_ERROR);
  const error = result.error as Error;
  assert.ok(error instanceof TemporaryError);
  assert.equal(error.message, "not now");
  assert.equal((error.cause as Error).message, "disk");
});

test("a result that cannot be carried is INVALID_RESPONSE and names the place", async (t) => {
  const registry = setup(t);
  registry.function("bad", async () => ({ list: [1, () => 2] }));
  const { status, result } = read(await registry.run(request("bad")));
  assert.equal(status, Status.INVALID_RESPONSE);
  assert.match((result.error as Error).message, /^cannot return output/);
});

test("an HTTP response that is returned decides the status of the run", async (t) => {
  const registry = setup(t);
  registry.function("fetch", async (code: number) => new Response("secret", { status: code }));
  const throttled = read(await registry.run(request("fetch", 429)));
  assert.equal(throttled.status, Status.THROTTLED);
  assert.match((throttled.result.error as Error).message, /^HTTP 429/);
  const fine = read(await registry.run(request("fetch", 200)));
  assert.equal(fine.status, Status.INVALID_RESPONSE);
  assert.match((fine.result.error as Error).message, /return its text\(\) or json\(\)/);
});

test("what is wrong with a request is a response with a status, never a rejection", async (t) => {
  const registry = setup(t);
  registry.function("f", async () => 1);
  const table: [string, Uint8Array, Status, RegExp][] = [
    ["random bytes", Uint8Array.of(0xff, 0xff, 1), Status.INVALID_ARGUMENT, /malformed run request/],
    ["no bytes", new Uint8Array(), Status.INVALID_ARGUMENT, /function is required/],
    ["no directive", Uint8Array.of(10, 1, 102), Status.INVALID_ARGUMENT, /input or poll_result is required/],
    ["unknown", request("g'\"x"), Status.NOT_FOUND, /^function 'g'"x' does not exist$/],
  ];
  for (const [name, bytes, status, message] of table) {
    const answer = read(await registry.run(bytes));
    assert.equal(answer.status, status, name);
    assert.match((answer.result.error as Error).message, message, name);
  }
});

test("a function knows its run, and only inside it", async (t) => {
  const registry = setup(t);
  let seen: RunContext | undefined;
  registry.function("look", async () => {
    await null;
    seen = currentRun();
  });
  const { signal } = new AbortController();
  await registry.run(request("look"), { signal, attempt: 3 });
  assert.equal(seen?.dispatchId, "id-1");
  assert.equal(seen?.parentDispatchId, "id-0");
  assert.equal(seen?.rootDispatchId, "id-r");
  assert.equal(seen?.attempt, 3);
  assert.equal(seen?.signal, signal);
  assert.equal(seen?.creationTime?.getTime(), 5000);
  assert.equal(seen?.expirationTime, undefined);
  assert.equal(currentRun(), undefined);
});

test("a run that outlasts its timeoutMs is TIMEOUT, and its signal is aborted", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const registry = setup(t);
  let signal: AbortSignal | undefined;
  registry.function(
    "hang",
    () => {
      signal = currentRun()?.signal;
      return new Promise<void>(() => {});
    },
    { timeoutMs: 50 },
  );
  const answer = registry.run(request("hang"));
  t.mock.timers.tick(50);
  const { status, result } = read(await answer);
  assert.equal(status, Status.TIMEOUT);
  assert.match((result.error as Error).message, /timeoutMs of 50/);
  assert.equal(signal?.aborted, true);
});

test("the abort of a run reaches a function with a timeoutMs too", async (t) => {
  const registry = setup(t);
  registry.function(
    "wait",
    () => {
      const { signal } = currentRun()!;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    { timeoutMs: 60_000 },
  );
  const controller = new AbortController();
  const answer = registry.run(request("wait"), { signal: controller.signal });
  controller.abort(new TemporaryError("draining"));
  assert.equal(read(await answer).status, Status.TEMPORARY_ERROR);
});

test("TailCall and Reset end the run with a call in its place", async (t) => {
  const registry = setup(t);
  const next = registry.function("next", async (_n: number) => {});
  registry.function("tail", async () => {
    throw new TailCall(next.buildCall(1));
  });
  registry.function("reset", async () => {
    throw new Reset(next, 2);
  });
  for (const name of ["tail", "reset"]) {
    const { status, exit } = readRunResponse(await registry.run(request(name)));
    assert.equal(status, Status.OK);
    assert.equal(exit?.tailCall?.function, "next");
    assert.equal(exit?.result, undefined);
  }
});

test("a resumed run of a function that is no coroutine is INCOMPATIBLE_STATE", async (t) => {
  const registry = setup(t);
  registry.function("f", async () => 1);
  const resume = runRequest({ function: "f", pollResult: pollResult() });
  const { status } = read(await registry.run(writeRunRequest(resume)));
  assert.equal(status, Status.INCOMPATIBLE_STATE);
});

test("a primitive function gets the input and answers with an output", async (t) => {
  const registry = setup(t);
  registry.primitiveFunction("double", async (input) => Output.value(2 * (input.input as number)));
  assert.equal(read(await registry.run(request("double", 21))).result.output, 42);
});

test("a primitive function that throws or answers nonsense is a fatal error with its cause", async (t) => {
  const registry = setup(t);
  registry.primitiveFunction("throws", () => {
    throw new Error("oops");
  });
  registry.primitiveFunction("nonsense", (async () => 5) as never);
  const thrown = read(await registry.run(request("throws")));
  assert.equal(thrown.status, Status.PERMANENT_ERROR);
  assert.equal((thrown.result.error as Error).name, "FatalError");
  assert.equal(((thrown.result.error as Error).cause as Error).message, "oops");
  assert.match(
    (read(await registry.run(request("nonsense"))).result.error as Error).message,
    /fatal error: it did not/,
  );
});

test("names are checked when a function is registered", (t) => {
  const registry = setup(t);
  registry.function("taken", async () => {});
  refuses(() => registry.function("taken", async () => {}), "function already registered with name 'taken'");
  refuses(() => registry.primitiveFunction("taken", () => Output.value(1)), /already registered/);
  refuses(() => registry.function(async () => {}), /^missing function name/);
  for (const name of ["1a", "a-b", "a b", "é", "a'", "a\nb"]) {
    refuses(() => registry.function(name, async () => {}), /^invalid function name/);
  }
  for (const name of ["_", "a.b", "Outer.<locals>.inner", "x1"]) registry.function(name, async () => {});
  refuses(() => registry.function("n", 5 as never), "cannot register a number: pass a function");
  registry.function(async function named() {});
  assert.ok(registry.get("named"));
});

test("options are checked when a function is registered", (t) => {
  const registry = setup(t);
  const options = {
    retry: { attemptsMax: 3, factor: 2 },
    expirationMs: 5000,
    priority: -5,
    concurrencyMax: 1,
  };
  registry.function("ok", async () => {}, options);
  assert.deepEqual(registry.functions(), [{ name: "ok", kind: "async", options }]);
  assert.throws(
    () => registry.function("a", async () => {}, { timeoutMs: 0 }),
    /timeoutMs of 0 is not a number from 1/,
  );
  assert.throws(
    () => registry.function("a", async () => {}, { priority: 1.5 }),
    /priority of 1.5 is not an integer/,
  );
  assert.throws(
    () => registry.function("a", async () => {}, { timeoutMS: 5 } as never),
    /unknown function option "timeoutMS"/,
  );
  assert.throws(
    () => registry.function("a", async () => {}, { retry: { firstDelayMs: 10, delayMsMax: 5 } }),
    /delayMsMax of 5 is less/,
  );
});

test("a registry needs a name of its own and an endpoint that can be one", (t) => {
  setup(t, "mine");
  refuses(() => new Registry("", { endpoint }), "missing registry name");
  refuses(() => new Registry("mine", { endpoint }), "registry with name 'mine' already exists");
  refuses(
    () => new Registry("x", { endpoint: "localhost:80" }),
    "missing protocol scheme in registry endpoint URL: localhost:80",
  );
  refuses(
    () => new Registry("x", { endpoint: "ftp://h" }),
    /^invalid protocol scheme in registry endpoint URL: ftp:\/\/h/,
  );
  refuses(() => new Registry("x", { endpoint: "http://" }), "missing host in registry endpoint URL: http://");
  refuses(() => new Registry("x", { endpoint: "https://:80" }), /^missing host/);
  refuses(() => new Registry("x", { endpoint: "http://a b" }), /is not a URL$/);
  refuses(() => new Registry("x", { endpoint: "arn:aws:s3:::bucket" }), /must be of arn:aws:lambda/);
  const good = [
    "bridge://session",
    "arn:aws:lambda:us-east-1:123456789012:function:f:1",
    "https://[::1]:80/p",
  ];
  for (const [index, url] of good.entries()) {
    const registry = new Registry(`good${index}`, { endpoint: url });
    t.after(() => registry.close());
    assert.equal(registry.endpoint, url);
  }
});

test("the endpoint comes from the variable, or from the service that hosts the functions", (t) => {
  const missing = "missing application endpoint: set it with the DISPATCH_ENDPOINT_URL environment variable";
  delete process.env.DISPATCH_ENDPOINT_URL;
  refuses(() => new Registry("env"), missing);
  t.after(() => {
    delete process.env.DISPATCH_ENDPOINT_URL;
    setHostDefaults({});
  });
  process.env.DISPATCH_ENDPOINT_URL = "nonsense";
  refuses(
    () => new Registry("env"),
    "missing protocol scheme in endpoint URL of the DISPATCH_ENDPOINT_URL environment variable: nonsense",
  );
  process.env.DISPATCH_ENDPOINT_URL = "";
  setHostDefaults({ endpoint: "http://host:1" });
  const registry = new Registry("env");
  t.after(() => registry.close());
  assert.equal(registry.endpoint, "http://host:1");
});

test("a closed registry serves nothing, and gives its name free", async () => {
  const registry = new Registry("closing", { endpoint });
  registry.function("f", async () => 1);
  assert.ok(openRegistries().includes(registry));
  assert.equal(findFunction("f")?.registry, registry);
  await registry.close();
  await registry.close();
  assert.equal(read(await registry.run(request("f"))).status, Status.NOT_FOUND);
  assert.equal(read(await run(request("f"))).status, Status.NOT_FOUND);
  assert.deepEqual(registry.functions(), []);
  refuses(() => registry.function("g", async () => 1), "registry 'closing' is closed");
  await new Registry("closing", { endpoint }).close();
});

test("the default registry needs no setting to declare functions, only to dispatch", async (t) => {
  t.after(() => setDefaultRegistry(undefined));
  const registry = defaultRegistry();
  t.after(() => registry.close());
  const fn = registry.function("later", async (_: string) => 1);
  assert.equal(defaultRegistry(), registry);
  assert.equal(fn.buildCall("x").endpoint, "");
  refuses(() => registry.endpoint, /^missing application endpoint/);
  const other = setup(t);
  setDefaultRegistry(other);
  assert.equal(defaultRegistry(), other);
});

test("a durable function is an object that is called: name, length, methods and instanceof hold", (t) => {
  const registry = setup(t);
  const fn = registry.function("typed", async (a: number, b: string) => a + b.length);
  assert.equal(typeof fn, "function");
  assert.ok(fn instanceof AsyncFunction);
  assert.ok(fn instanceof Function);
  assert.equal(fn.name, "typed");
  assert.equal(fn.length, 2);
  assert.equal(typeof fn.bind, "function");
});

test("buildCall carries arguments, endpoint and options", (t) => {
  const registry = setup(t);
  const fn = registry.function("built", async (_a: number, _b: string) => {}, { expirationMs: 1500 });
  const call = fn.buildCall(1, "x");
  assert.equal(call.endpoint, endpoint);
  assert.deepEqual(call.input, encodeArguments([1, "x"]));
  assert.deepEqual(call.toMessage().expiration, {
    seconds: 1,
    nanos: 500_000_000,
  });
  assert.equal(call.toMessage().options, undefined);
  const bound = fn
    .with({ delayMs: 250, priority: 7, retry: { attemptsMax: 2 } })
    .with({ retry: { factor: 3 } });
  const message = bound.buildCall(1, "x").toMessage();
  assert.equal(message.options?.delay?.nanos, 250_000_000);
  assert.equal(message.options?.priority, 7);
  assert.equal(message.options?.retry?.attemptsMax, 2);
  assert.equal(message.options?.retry?.factor, 3);
  assert.equal(message.expiration?.seconds, 1);
  assert.throws(() => fn.with({ delay: 5 } as never), /unknown call option "delay"/);
});

function refuses(body: () => unknown, message: string | RegExp): void {
  assert.throws(body, (error: Error) => {
    assert.ok(error instanceof ConfigurationError, String(error));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}

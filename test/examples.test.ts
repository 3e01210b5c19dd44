/** Every example does what it says. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pino } from "pino";
import { resolveConfig } from "../src/config/index.ts";
import { LOCAL_ENDPOINT } from "../src/scheduler/delivery/index.ts";
import { type Service, startService } from "../src/service.ts";
import { readAny, writeAny } from "../src/wire/hot-path/index.ts";
import { decodeValue, encodeArguments } from "../src/wire/values/index.ts";

const example = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
let service: Service;

before(async () => {
  const { config } = resolveConfig({
    flags: {
      endpointAddr: "127.0.0.1:0",
      adminAddr: "off",
      storePath: ":memory:",
      threadsMax: 1,
      retryFirstDelayMs: 1,
    },
  });
  const modules = [example("functions.ts"), example("orders.ts")];
  service = await startService({ config, modules, logger: pino({ level: "silent" }) });
});

after(() => service.stop("the tests have ended"));

async function call(name: string, ...args: unknown[]): Promise<unknown> {
  const scheduler = service.scheduler!;
  const input = writeAny(encodeArguments(args));
  const [id] = await scheduler.dispatch([{ endpoint: LOCAL_ENDPOINT, function: name, input }]);
  const { output, error } = await scheduler.wait(id!);
  assert.equal(error, null);
  return output === null ? undefined : decodeValue(readAny(output));
}

test("functions.ts greets, fetches and computes", async (t) => {
  assert.equal(await call("greet", "World"), "Hello, World!");
  assert.equal(await call("countPrimes", 100), 25);
  const page = createServer((_request, response) => response.end("twelve bytes"));
  t.after(() => page.close());
  await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
  const { port } = page.address() as AddressInfo;
  assert.deepEqual(await call("fetchPage", `http://127.0.0.1:${port}/`), { status: 200, bytes: 12 });
});

test("orders.ts charges, tries again what was busy, reserves and confirms", async () => {
  const { placedAt, ...confirmation } = (await call("checkout", "order-7", [250, 1_250])) as {
    placedAt: unknown;
  };
  assert.ok(placedAt instanceof Date);
  assert.deepEqual(confirmation, { receipt: "order-7/1500", parcels: ["order-7#0", "order-7#1"] });
});

test("client.ts calls the service from a process of its own", async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--conditions=dispatch-source", "--disable-warning=ExperimentalWarning", example("client.ts")],
    {
      env: {
        ...process.env,
        DISPATCH_API_URL: service.url,
        DISPATCH_API_KEY: "any",
        DISPATCH_ENDPOINT_URL: service.url,
      },
    },
  );
  assert.match(stdout, /^Hello, World!\ndispatched [\w-]+\ndispatched 3 more\n$/);
  assert.equal(stderr, "");
});

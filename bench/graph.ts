// What carrying values costs: the state of a coroutine step, and common arguments. `node bench/graph.ts`
import { deserialize, serialize } from "node:v8";
import { type DecodeHooks, decodeGraph, type EncodeHooks, encodeGraph } from "../src/wire/graph/index.ts";

class Frame {
  functionId: string;
  position: number;
  locals: readonly unknown[];
  constructor(functionId: string, position: number, locals: readonly unknown[]) {
    this.functionId = functionId;
    this.position = position;
    this.locals = locals;
  }
}

const encodeHooks: EncodeHooks = {
  isNamed: () => false,
  describe: (value) =>
    value instanceof Frame
      ? { kind: 1, head: [value.functionId, "0f9c2a71", value.position], children: value.locals }
      : undefined,
};
const decodeHooks: DecodeHooks = {
  allocate: (_kind, head) => new Frame(head[0] as string, head[2] as number, []),
  fill: (value, _kind, _head, children) => {
    (value as Frame).locals = children;
  },
};

/** Two frames of five locals each, as after `const x = await step(…)` in a helper of the main function. */
function coroutine() {
  const order = { id: "order-8412", customer: "ada@example.test", total: 129.95, paid: false };
  const inner = new Frame("functions.ts#chargeWithRetry", 4, [order, 3, 250, "EUR", undefined]);
  return {
    main: new Frame("functions.ts#pipeline", 11, [order, [1, 2, 3], "2024-06-07", 17, inner]),
    next: 12,
  };
}

const rows = Array.from({ length: 100 }, (_, index) => ({
  id: index,
  name: `row ${index}`,
  tags: ["a", "b"],
  price: index + 0.5,
}));

const cases: [string, unknown][] = [
  ["two frames, five locals each", coroutine()],
  ["small object", { id: 1, name: "Ada", admin: true }],
  ["100 rows", rows],
  ["10,000 integers", Array.from({ length: 10_000 }, (_, index) => index * 3)],
  ["64 KiB of bytes", new Uint8Array(65_536)],
];

function microseconds(run: () => void): number {
  const samples: number[] = [];
  for (let sample = 0; sample < 25; sample++) {
    const startNs = process.hrtime.bigint();
    let runs = 0;
    while (process.hrtime.bigint() - startNs < 20_000_000n) {
      run();
      runs++;
    }
    samples.push(Number(process.hrtime.bigint() - startNs) / runs / 1000);
  }
  return samples.sort((a, b) => a - b)[12] as number;
}

const table = cases.map(([name, value]) => {
  const bytes = encodeGraph(value, { hooks: encodeHooks });
  const plain = name.startsWith("two") ? undefined : serialize(value);
  const us = (run: () => void) => microseconds(run).toFixed(1);
  return {
    value: name,
    bytes: bytes.length,
    "encode µs": us(() => encodeGraph(value, { hooks: encodeHooks })),
    "decode µs": us(() => decodeGraph(bytes, { hooks: decodeHooks })),
    "v8 bytes": plain?.length ?? "-",
    "v8 encode µs": plain === undefined ? "-" : us(() => serialize(value)),
    "v8 decode µs": plain === undefined ? "-" : us(() => deserialize(plain)),
  };
});
console.log(`value graphs, ${process.version}, median of 25 samples of 20 ms`);
console.table(table);

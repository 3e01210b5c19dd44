/** Functions of the scheduler's benchmark: as little as a function can do, so that what is left is the scheduler. */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { Delivery, Outcome, Run } from "../../src/scheduler/index.ts";

export const STEPS = 10;
export const CHILDREN = 100;
/** 200 bytes, as the store's measurements use. */
export const INPUT = new BinaryWriter()
  .uint32(10)
  .string("bench/input")
  .uint32(18)
  .bytes(new Uint8Array(180))
  .finish();

/** Runs in the scheduler's own process and thread; asynchronous, as every delivery is. */
export class LocalFunctions implements Delivery {
  runs = 0;

  async deliver(run: Run): Promise<Outcome> {
    this.runs += 1;
    await Promise.resolve();
    return { kind: "response", response: this.#answer(run) };
  }

  #answer(run: Run): Uint8Array {
    switch (run.function) {
      case "sequence":
        return this.#sequence(run.request);
      case "fanout":
        return this.#fanout(run.request);
      case "sleeper":
        return poll(new Uint8Array(100), 0, 1, 86_400);
      default:
        return EXIT;
    }
  }

  #sequence(request: Uint8Array): Uint8Array {
    const { state, results } = resumed(request);
    const step = state === undefined ? 0 : state[0]! + results;
    return step >= STEPS ? EXIT : poll(new Uint8Array(100).fill(step, 0, 1), 1, 1, 60);
  }

  #fanout(request: Uint8Array): Uint8Array {
    const { state, results } = resumed(request);
    if (state === undefined) return poll(new Uint8Array(100).fill(CHILDREN, 0, 1), CHILDREN, CHILDREN, 60);
    const left = state[0]! - results;
    return left <= 0 ? EXIT : poll(new Uint8Array(100).fill(left, 0, 1), 0, left, 60);
  }
}

const EXIT = (() => {
  const result = new BinaryWriter().uint32(18).bytes(new Uint8Array(40)).finish();
  const exit = new BinaryWriter().uint32(10).bytes(result).finish();
  return new BinaryWriter().uint32(8).int32(1).uint32(18).bytes(exit).finish();
})();

const CHILD = new BinaryWriter().uint32(26).string("trivial").uint32(34).bytes(INPUT).finish();

function poll(state: Uint8Array, calls: number, min: number, maxWaitSeconds: number): Uint8Array {
  const body = new BinaryWriter().uint32(50).bytes(state);
  for (let i = 0; i < calls; i++) body.uint32(18).bytes(CHILD);
  body.uint32(26).fork().uint32(8).int64(maxWaitSeconds).join();
  body.uint32(32).int32(Math.max(10, min)).uint32(40).int32(min);
  return new BinaryWriter().uint32(8).int32(1).uint32(26).bytes(body.finish()).finish();
}

function resumed(request: Uint8Array): { state: Uint8Array | undefined; results: number } {
  let state: Uint8Array | undefined;
  let results = 0;
  const reader = new BinaryReader(request);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 3) reader.skip(wireType, field);
    else {
      const inner = new BinaryReader(reader.bytes());
      while (inner.pos < inner.len) {
        const [part, partType] = inner.tag();
        if (part === 4) state = inner.bytes();
        else {
          if (part === 2) results += 1;
          inner.skip(partType, part);
        }
      }
    }
  }
  return { state, results };
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { create, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CallOptionsSchema } from "../gen/dispatch/sdk/node/v1/options_pb.js";
import { DispatchRequestSchema, DispatchResponseSchema } from "../gen/dispatch/sdk/v1/dispatch_pb.js";
import { RunRequestSchema, RunResponseSchema } from "../gen/dispatch/sdk/v1/function_pb.js";
import {
  peekRunRequest,
  readDispatchRequest,
  readDispatchResponse,
  readRunRequest,
  readRunResponse,
  WireFormatError,
  writeDispatchRequest,
  writeDispatchResponse,
  writeRunRequest,
  writeRunResponse,
} from "./index.ts";
import {
  dispatchRequests,
  dispatchResponses,
  generatedDispatchRequest,
  generatedDispatchResponse,
  generatedRead,
  generatedRunRequest,
  generatedRunResponse,
  runRequests,
  runResponses,
} from "./test-messages.ts";

const RUNS = process.env.DISPATCH_TEST_LONG ? 20_000 : 300;

interface Codec<T = unknown, D extends DescMessage = DescMessage> {
  name: string;
  schema: D;
  messages: fc.Arbitrary<T>;
  read(bytes: Uint8Array): T;
  write(message: T): Uint8Array;
  generated(message: T): MessageShape<D>;
}

/** One place where the four messages are the same type. */
function codec<T, D extends DescMessage>(codec: Codec<T, D>): Codec {
  return codec as unknown as Codec;
}

const CODECS: Codec[] = [
  codec({
    name: "dispatch.sdk.v1.RunRequest",
    schema: RunRequestSchema,
    messages: runRequests,
    read: readRunRequest,
    write: writeRunRequest,
    generated: generatedRunRequest,
  }),
  codec({
    name: "dispatch.sdk.v1.RunResponse",
    schema: RunResponseSchema,
    messages: runResponses,
    read: readRunResponse,
    write: writeRunResponse,
    generated: generatedRunResponse,
  }),
  codec({
    name: "dispatch.sdk.v1.DispatchRequest",
    schema: DispatchRequestSchema,
    messages: dispatchRequests,
    read: readDispatchRequest,
    write: writeDispatchRequest,
    generated: generatedDispatchRequest,
  }),
  codec({
    name: "dispatch.sdk.v1.DispatchResponse",
    schema: DispatchResponseSchema,
    messages: dispatchResponses,
    read: readDispatchResponse,
    write: writeDispatchResponse,
    generated: generatedDispatchResponse,
  }),
];

/** Reads with the hot path and holds the result to the generated code's; false when the hot path refuses. */
function acceptsLikeGenerated(codec: Codec, wire: Uint8Array): boolean {
  let message: unknown;
  try {
    message = codec.read(wire);
  } catch (error) {
    assert.ok(error instanceof WireFormatError, String(error));
    return false;
  }
  assert.deepEqual(codec.generated(message), generatedRead(codec.schema, wire));
  return true;
}

const vectors: { name: string; type: string; base64: string }[] = JSON.parse(
  readFileSync("test/vectors/messages.json", "utf8"),
);

for (const vector of vectors) {
  test(`the Python SDK's "${vector.name}" reads as the generated code reads it and writes back to the same bytes`, () => {
    const codec = CODECS.find((one) => one.name === vector.type)!;
    const wire = Buffer.from(vector.base64, "base64");
    assert.ok(acceptsLikeGenerated(codec, wire));
    assert.equal(Buffer.from(codec.write(codec.read(wire))).toString("base64"), vector.base64);
  });
}

for (const codec of CODECS) {
  test(`any ${codec.name} is written as the generated code writes it and read back the same`, () => {
    fc.assert(
      fc.property(codec.messages, (message) => {
        const wire = codec.write(message);
        assert.deepEqual(wire, toBinary(codec.schema, codec.generated(message)));
        assert.deepEqual(codec.read(wire), message);
      }),
      { seed: 11, numRuns: RUNS },
    );
  });

  test(`two ${codec.name} after one another merge as the generated code merges them`, () => {
    fc.assert(
      fc.property(codec.messages, codec.messages, (head, tail) => {
        assert.ok(acceptsLikeGenerated(codec, Buffer.concat([codec.write(head), codec.write(tail)])));
      }),
      { seed: 12, numRuns: RUNS },
    );
  });

  test(`fields a ${codec.name} does not have are skipped`, () => {
    // Varint of ten bytes, eight bytes, text, four bytes, a group with a field inside: of field 100.
    const unknown = [
      "a006ffffffffffffffffff01",
      "a1060102030405060708",
      "a20602c328",
      "a50601020304",
      "a3060a0178a406",
    ];
    fc.assert(
      fc.property(codec.messages, fc.constantFrom(...unknown), fc.boolean(), (message, hex, first) => {
        const extra = Buffer.from(hex, "hex");
        const wire = codec.write(message);
        const mixed = Buffer.concat(first ? [extra, wire] : [wire, extra]);
        assert.ok(acceptsLikeGenerated(codec, mixed));
        assert.deepEqual(codec.read(mixed), message);
      }),
      { seed: 13, numRuns: RUNS },
    );
  });

  test(`whatever a damaged ${codec.name} is read as, the generated code reads the same`, () => {
    const damage = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
      cut: fc.option(fc.nat(), { nil: undefined, freq: 4 }),
    });
    fc.assert(
      fc.property(codec.messages, damage, (message, { at, remove, insert, cut }) => {
        const wire = codec.write(message);
        const position = wire.length === 0 ? 0 : at % wire.length;
        const damaged = Buffer.concat([wire.subarray(0, position), insert, wire.subarray(position + remove)]);
        acceptsLikeGenerated(
          codec,
          cut === undefined ? damaged : damaged.subarray(0, cut % (damaged.length + 1)),
        );
      }),
      { seed: 14, numRuns: RUNS * 4 },
    );
  });

  test(`random bytes are a ${codec.name} as the generated code reads it, or a WireFormatError`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (wire) => void acceptsLikeGenerated(codec, wire)),
      { seed: 15, numRuns: RUNS * 4 },
    );
  });
}

test("a peek accepts exactly what a read accepts, and sees the same", () => {
  const flip = fc.record({ at: fc.nat(), bits: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(runRequests, flip, ({ ...message }, { at, bits }) => {
      const wire = writeRunRequest(message);
      if (wire.length > 0) wire[at % wire.length]! ^= bits;
      let request: ReturnType<typeof readRunRequest>;
      try {
        request = readRunRequest(wire);
      } catch {
        assert.throws(() => peekRunRequest(wire), WireFormatError);
        return;
      }
      const head = peekRunRequest(wire);
      assert.equal(head.function, request.function);
      assert.equal(head.dispatchId, request.dispatchId);
      assert.deepEqual(head.trace, request.trace);
      if (request.input) assert.ok(head.hasInput);
      if (request.pollResult) assert.ok(head.hasPollResult);
      assert.equal(head.hasInput || head.hasPollResult, Boolean(request.input ?? request.pollResult));
    }),
    { seed: 16, numRuns: RUNS * 4 },
  );
});

test("a peek tells of both directives where a read keeps the last", () => {
  const wire = Buffer.from("0a016612001a00", "hex");
  assert.deepEqual(peekRunRequest(wire), {
    function: "f",
    dispatchId: "",
    hasInput: true,
    hasPollResult: true,
    trace: undefined,
  });
  const request = readRunRequest(wire);
  assert.equal(request.input, undefined);
  assert.deepEqual(request.pollResult?.results, []);
});

test("what cannot be a message is refused, saying why and where", () => {
  const cases: [what: string, hex: string, why: RegExp][] = [
    ["a string as a varint", "0801", /field 1 has the wrong wire type 0/],
    ["a message as eight bytes", "110102030405060708", /field 2 has the wrong wire type 1/],
    ["a message as a group", "1314", /field 2 has the wrong wire type 3/],
    ["a tag cut short", "80", /EOF \(at byte 2 of 1\)/],
    ["a length cut short", "0a", /EOF/],
    ["a string cut short", "0a0561", /EOF/],
    ["a length of -1", "0affffffffffffffffff01", /EOF/],
    ["an Any longer than the message", "12050a0161", /reaches beyond its message/],
    ["an Any whose field is longer than itself", "12020a0161", /reaches beyond its message/],
    ["an end of a group that never began", "a406", /cant skip wire type 4/],
    ["a group that never ends", "a3060a0178", /EOF/],
    ["field number 0", "0200", /field number 0/],
    ["wire type 6", "a606", /cant skip wire type 6/],
    ["a tag of 6 bytes", "8a808080800000", /illegal tag/],
    ["a tag beyond 32 bits", "8a8080801000", /illegal tag/],
    ["a varint of 11 bytes", "3a0c08ffffffffffffffffffff01", /invalid varint/],
    ["seconds beyond 2^53", "3a0a08ffffffffffffffff7f", /seconds are out of range/],
    ["a function that is no UTF-8", "0a02c328", /./],
    ["a type URL that is no UTF-8", "12040a02c328", /not UTF-8/],
  ];
  for (const [what, hex, why] of cases) {
    const wire = Buffer.from(hex, "hex");
    for (const read of [readRunRequest, peekRunRequest]) {
      assert.throws(
        () => read(wire),
        (error: Error) => {
          assert.ok(error instanceof WireFormatError, what);
          assert.match(error.message, /^malformed RunRequest: /, what);
          assert.match(error.message, read === peekRunRequest ? /./ : why, what);
          return true;
        },
        what,
      );
    }
  }
});

test("unknown fields inside the options of a call are dropped like all others", () => {
  const request = readDispatchRequest(Buffer.from("0a08c23e0512016b7801", "hex"));
  assert.deepEqual(request.calls[0]?.options, create(CallOptionsSchema, { idempotencyKey: "k" }));
});

test("a status in ten bytes, as a negative number has it, is read and written", () => {
  const response = readRunResponse(Buffer.from("08ffffffffffffffffff01", "hex"));
  assert.equal(response.status, -1);
  assert.equal(Buffer.from(writeRunResponse(response)).toString("hex"), "08ffffffffffffffffff01");
});

test("millions of empty elements in few bytes are refused before they fill the memory", () => {
  const wire = Buffer.from("0a00".repeat(100_001), "hex");
  assert.throws(() => readDispatchRequest(wire), /more than 100000 elements/);
  assert.throws(() => readDispatchResponse(wire), /more than 100000 elements/);
  assert.equal(readDispatchRequest(wire.subarray(2)).calls.length, 100_000);
});

test("views of a Node Buffer come out as plain Uint8Arrays of the same bytes", () => {
  const wire = Buffer.from("12060a0161120178", "hex");
  const { input } = readRunRequest(wire);
  assert.equal(input?.constructor, Uint8Array);
  assert.deepEqual(input, Uint8Array.of(0x0a, 1, 0x61, 0x12, 1, 0x78));
});

test("a message with both directives is not written", () => {
  const request = readRunRequest(Buffer.from("1200", "hex"));
  request.pollResult = readRunRequest(Buffer.from("1a00", "hex")).pollResult;
  assert.throws(() => writeRunRequest(request), RangeError);
  const response = readRunResponse(Buffer.from("1200", "hex"));
  response.poll = readRunResponse(Buffer.from("1a00", "hex")).poll;
  assert.throws(() => writeRunResponse(response), RangeError);
});

test("a writer that failed half way leaves nothing in the next message", () => {
  const broken = readRunResponse(Buffer.from("1a00", "hex"));
  broken.poll!.maxResults = 0.5;
  assert.throws(() => writeRunResponse(broken), /invalid int32/);
  assert.equal(
    Buffer.from(writeRunResponse(readRunResponse(Buffer.from("0801", "hex")))).toString("hex"),
    "0801",
  );
});

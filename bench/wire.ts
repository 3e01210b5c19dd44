// node --conditions=dispatch-source bench/wire.ts [--smoke]: nanoseconds per operation of the wire room, beside the
// generated code doing the same. Not measured: garbage collection under a live heap, messages of megabytes.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack, Int64ValueSchema, StringValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { RunRequestSchema, RunResponseSchema } from "../src/wire/gen/dispatch/sdk/v1/function_pb.js";
import {
  callResult,
  peekRunRequest,
  readAny,
  readRunRequest,
  readRunResponse,
  runRequest,
  runResponse,
  timestampOf,
  writeAny,
  writeRunRequest,
  writeRunResponse,
} from "../src/wire/hot-path/index.ts";
import { decodeValue, encodeValue } from "../src/wire/values/index.ts";
import { describeCommit, describeMachine } from "./harness/machine.ts";
import { spreadOf } from "./harness/stats.ts";
import { renderTable } from "./harness/table.ts";

const smoke = process.argv.includes("--smoke");
const REPEATS = smoke ? 1 : 5;
const MILLISECONDS = smoke ? 5 : 60;

const id = "0190f3a2-7c1e-7b3a-9d55-2f6f1c8f0a01";
const text = encodeValue("World");
const time = timestampOf(1_719_459_192_123);
const request = runRequest({
  function: "greet",
  input: writeAny(text),
  dispatchId: id,
  parentDispatchId: id,
  rootDispatchId: id,
  creationTime: time,
  expirationTime: time,
});
const requestBytes = writeRunRequest(request);
const generatedRequest = fromBinary(RunRequestSchema, requestBytes);
const response = runResponse({
  status: 1,
  exit: { result: callResult({ output: writeAny(text) }), tailCall: undefined },
});
const responseBytes = writeRunResponse(response);
const user = { id: 7, name: "Ada", tags: ["a", "b"], address: { city: "London", zip: null } };
const userStruct = JSON.parse(JSON.stringify(user));
const userAny = encodeValue(user);

const operations: [name: string, generated: () => unknown, own: () => unknown][] = [
  [
    "RunRequest, what the front needs",
    () => fromBinary(RunRequestSchema, requestBytes),
    () => peekRunRequest(requestBytes),
  ],
  ["RunRequest read", () => fromBinary(RunRequestSchema, requestBytes), () => readRunRequest(requestBytes)],
  [
    "RunRequest read, input unpacked",
    () => {
      const message = fromBinary(RunRequestSchema, requestBytes);
      return message.directive.case === "input" && anyUnpack(message.directive.value, StringValueSchema);
    },
    () => decodeValue(readAny(readRunRequest(requestBytes).input!)),
  ],
  ["RunRequest write", () => toBinary(RunRequestSchema, generatedRequest), () => writeRunRequest(request)],
  [
    "RunResponse of a string",
    () => {
      const output = anyPack(StringValueSchema, create(StringValueSchema, { value: "Hello, World!" }));
      const value = { result: { output } };
      return toBinary(
        RunResponseSchema,
        create(RunResponseSchema, { status: 1, directive: { case: "exit", value } }),
      );
    },
    () => {
      const output = writeAny(encodeValue("Hello, World!"));
      const exit = { result: callResult({ output }), tailCall: undefined };
      return writeRunResponse(runResponse({ status: 1, exit }));
    },
  ],
  [
    "RunResponse read",
    () => fromBinary(RunResponseSchema, responseBytes),
    () => readRunResponse(responseBytes),
  ],
  [
    "value: integer, there and back",
    () => anyUnpack(anyPack(Int64ValueSchema, create(Int64ValueSchema, { value: 42n })), Int64ValueSchema),
    () => decodeValue(encodeValue(42)),
  ],
  [
    "value: string, there and back",
    () =>
      anyUnpack(anyPack(StringValueSchema, create(StringValueSchema, { value: "World" })), StringValueSchema),
    () => decodeValue(encodeValue("World")),
  ],
  [
    "value: object, packed",
    () => anyPack(ValueSchema, create(ValueSchema, { kind: { case: "structValue", value: userStruct } })),
    () => encodeValue(user),
  ],
  ["value: object, unpacked", () => anyUnpack(userAny, ValueSchema), () => decodeValue(userAny)],
];

/** Keeps results alive, so that no operation is optimised away. */
let sink: unknown;

function nanoseconds(operation: () => unknown): number {
  let rounds = 16;
  for (;;) {
    const start = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++) sink = operation();
    const elapsed = Number(process.hrtime.bigint() - start);
    if (elapsed >= MILLISECONDS * 1e6) return elapsed / rounds;
    rounds *= 2;
  }
}

const rows = operations.map(([name, generated, own]) => {
  nanoseconds(generated);
  nanoseconds(own);
  const samples = Array.from({ length: REPEATS }, () => [nanoseconds(generated), nanoseconds(own)] as const);
  const slow = spreadOf(samples.map(([ns]) => ns));
  const fast = spreadOf(samples.map(([, ns]) => ns));
  const ratio = slow.median / fast.median;
  return [
    name,
    slow.median.toFixed(0),
    fast.median.toFixed(0),
    `${ratio.toFixed(1)} ×`,
    `± ${(fast.relative * 100).toFixed(0)} %`,
  ];
});

const machine = describeMachine(false);
console.log(`${machine.cpu}, Node ${machine.node}, commit ${describeCommit()}, median of ${REPEATS}`);
console.log(renderTable(["operation", "generated ns", "own ns", "ratio", "spread"], rows));
if (sink === undefined) console.log("nothing was measured");

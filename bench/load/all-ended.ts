/** Waits for the end of calls whose results nobody takes. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CallState } from "../../src/wire/gen/dispatch/control/v1/call_info_pb.js";
import { ListRequestSchema, ListResponseSchema } from "../../src/wire/gen/dispatch/control/v1/control_pb.js";

const UNFINISHED = [
  CallState.DISPATCHED,
  CallState.DELAYED,
  CallState.READY,
  CallState.RUNNING,
  CallState.SUSPENDED,
  CallState.CANCELLING,
];

/** Resolves when no call of the service is left; asks every 20 ms. */
export async function allEnded(url: string): Promise<void> {
  const request = create(ListRequestSchema, { states: UNFINISHED, pageSize: 1 });
  const body = new Uint8Array(toBinary(ListRequestSchema, request));
  for (;;) {
    const response = await fetch(`${url}/dispatch.control.v1.ControlService/List`, {
      method: "POST",
      headers: { "content-type": "application/proto" },
      body,
    });
    if (!response.ok) throw new Error(`List answered ${response.status}: ${await response.text()}`);
    const { calls } = fromBinary(ListResponseSchema, new Uint8Array(await response.arrayBuffer()));
    if (calls.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

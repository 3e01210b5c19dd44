import { BinaryReader, type BinaryWriter } from "@bufbuild/protobuf/wire";
import { traceHeaders, traceText } from "../../telemetry/tracing/index.ts";

/** The text of an encoded dispatch.sdk.node.v1.TraceContext; null when what it says is malformed. */
export function readTrace(bytes: Uint8Array): string | null {
  const reader = new BinaryReader(bytes);
  let traceparent = "";
  let tracestate = "";
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 2) traceparent = reader.string();
    else if (field === 2 && wireType === 2) tracestate = reader.string();
    else reader.skip(wireType, field);
  }
  return traceText(traceparent, tracestate);
}

export function writeTrace(writer: BinaryWriter, text: string): BinaryWriter {
  const { traceparent, tracestate } = traceHeaders(text);
  writer.uint32(10).string(traceparent);
  return tracestate === "" ? writer : writer.uint32(18).string(tracestate);
}

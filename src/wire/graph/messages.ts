import type { DescMessage } from "@bufbuild/protobuf";

/** Finds protobuf message types by name; a `Registry` of @bufbuild/protobuf is one. */
export interface MessageTypes {
  getMessage(typeName: string): DescMessage | undefined;
}

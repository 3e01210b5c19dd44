/** What calls carry, as people read it: in the command line and in the live page. */
import { toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { readAny } from "../hot-path/index.ts";
import { decodeArguments, decodeValue } from "./index.ts";
import { renderValue } from "./render-value.ts";

/** A result as it prints; of a value of another language what it is and how large. */
export function valueText(any: Any, hasColors = false): string {
  return decodedOr(any, (own) => renderValue(decodeValue(own), hasColors));
}

/** The arguments of a call, separated by commas. */
export function argumentsText(any: Any, hasColors = false): string {
  return decodedOr(any, (own) =>
    decodeArguments(own)
      .map((argument) => renderValue(argument, hasColors))
      .join(", "),
  );
}

function decodedOr(any: Any, render: (own: ReturnType<typeof readAny>) => string): string {
  try {
    return render(readAny(toBinary(AnySchema, any)));
  } catch {
    return `(${any.typeUrl}, ${any.value.length} bytes)`;
  }
}

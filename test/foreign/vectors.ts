/** Bytes that the Python SDK wrote, by name. */
import { readFileSync } from "node:fs";

interface Vector {
  readonly name: string;
  readonly base64: string;
}

const VECTORS = JSON.parse(
  readFileSync(new URL("../vectors/messages.json", import.meta.url), "utf8"),
) as Vector[];

export function vector(name: string): Buffer<ArrayBuffer> {
  const found = VECTORS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return Buffer.from(found.base64, "base64");
}

/** The value-graph codec. Until it is here, nothing needs it to be carried. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}

export function encodeGraph(_value: unknown, options: { pathRoot?: string } = {}): Uint8Array {
  throw new GraphError(`${options.pathRoot ?? "value"}: cannot be carried`);
}

export function decodeGraph(_bytes: Uint8Array): unknown {
  throw new GraphError("cannot be read");
}

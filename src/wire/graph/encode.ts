/** Value graphs into bytes. */
import { ByteWriter } from "./byte-writer.ts";
import { type ClassRegistry, serializableClasses } from "./classes.ts";
import { checkStates } from "./decode.ts";
import { CannotCarryError, GraphError } from "./error.ts";
import { MAGIC, VERSION } from "./format.ts";
import type { EncodeHooks } from "./hooks.ts";
import { BYTES_MAX, DEPTH_MAX, type GraphLimits, NODES_MAX } from "./limits.ts";
import type { MessageTypes } from "./messages.ts";
import { NodeWriter, UNIQUE_SYMBOL } from "./node-writer.ts";
import { trailTo } from "./trail.ts";

export interface EncodeGraphOptions extends GraphLimits {
  readonly hooks?: EncodeHooks | undefined;
  /** What errors call the root, e.g. `arguments[0]`. Default: `value`. */
  readonly pathRoot?: string;
  /** Classes whose instances may travel. Default: those given to `registerSerializable`. */
  readonly classes?: ClassRegistry;
  /** Protobuf messages found here travel as their type and bytes. Default: as the plain objects most of them are. */
  readonly messages?: MessageTypes | undefined;
  /**
   * An Error of a class that is not registered: refused, or carried as the nearest built-in class it extends, its
   * name kept. Default: `refuse`.
   */
  readonly unknownErrors?: "refuse" | "as-base";
}

let idleOutput: ByteWriter | undefined = new ByteWriter();

/**
 * Writes a value and all it refers to, with sharing and cycles kept: primitives, plain objects, arrays, Map, Set, Date,
 * RegExp, errors, buffers and views, boxed primitives, URL, registered symbols, instances of registered classes, and
 * what the hooks know. {@link decodeGraph} reads it back.
 *
 * @throws {CannotCarryError} naming the path to a value of any other sort, an accessor, or a symbol of this process
 *   alone
 * @throws {GraphError} `LIMIT_EXCEEDED`; `CLASS_FAILED` when a `toState` throws. What the hooks throw comes through.
 */
export function encodeGraph(root: unknown, options: EncodeGraphOptions = {}): Uint8Array {
  // A `toState` or hook may itself encode a graph: that one gets a buffer of its own.
  const out = idleOutput ?? new ByteWriter();
  idleOutput = undefined;
  const writer = new NodeWriter(out, {
    hooks: options.hooks,
    classes: options.classes ?? serializableClasses,
    messages: options.messages,
    errorsAsBase: options.unknownErrors === "as-base",
  });
  try {
    out.byte(MAGIC);
    out.byte(VERSION);
    if (!writer.value(root)) throw new CannotCarryError(UNIQUE_SYMBOL);
    writeNodes(writer, out, options);
    writer.writeRegions();
    const bytes = out.take();
    if (writer.hasStates) {
      checkStates(bytes, writer.options.classes, options, (number) => {
        writer.current = number;
        writer.refuse("an object whose toState refers back to it");
      });
    }
    return bytes;
  } catch (error) {
    if (!(error instanceof CannotCarryError)) throw error;
    const { what, hint, cause } = error;
    const trail = [...trailTo(writer), ...error.trail];
    throw new CannotCarryError({
      what,
      trail,
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
      ...(options.pathRoot === undefined ? {} : { pathRoot: options.pathRoot }),
    });
  } finally {
    out.reset();
    idleOutput = out;
  }
}

function writeNodes(writer: NodeWriter, out: ByteWriter, limits: GraphLimits): void {
  const { bytesMax = BYTES_MAX, nodesMax = NODES_MAX, depthMax = DEPTH_MAX } = limits;
  const nodes = writer.nodes;
  let depth = 0;
  let levelEnd = nodes.length;
  for (let number = 0; number < nodes.length; number++) {
    if (number === levelEnd) {
      levelEnd = nodes.length;
      if (++depth > depthMax) throw new GraphError("LIMIT_EXCEEDED", `a value deeper than ${depthMax}`);
    }
    writer.writeNode(number);
    if (nodes.length > nodesMax) throw new GraphError("LIMIT_EXCEEDED", `more than ${nodesMax} objects`);
    if (out.position > bytesMax) throw new GraphError("LIMIT_EXCEEDED", `more than ${bytesMax} bytes`);
  }
  if (out.position > bytesMax) throw new GraphError("LIMIT_EXCEEDED", `more than ${bytesMax} bytes`);
}

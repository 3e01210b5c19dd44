/** Bytes into nodes: all that was written, nothing made of it yet. Everything malformed is found here or by `make.ts`. */
import { malformed } from "./byte-reader.ts";
import type { ClassRegistry } from "./classes.ts";
import { GraphError } from "./error.ts";
import {
  ACCESSOR,
  ALL_ATTRIBUTES,
  FROZEN,
  HOOK_KINDS,
  KIND_ARGUMENTS,
  KIND_ARRAY,
  KIND_ARRAY_BUFFER,
  KIND_ARRAY_WITH_PROPERTIES,
  KIND_BOXED,
  KIND_DATE,
  KIND_DOM_EXCEPTION,
  KIND_ERROR,
  KIND_HOOK,
  KIND_INTEGRITY,
  KIND_MAP,
  KIND_MESSAGE,
  KIND_NULL_PROTOTYPE,
  KIND_OBJECT,
  KIND_OF_CLASS,
  KIND_REGEXP,
  KIND_SET,
  KIND_SPARSE_ARRAY,
  KIND_STATE,
  KIND_URL,
  KIND_URL_SEARCH_PARAMS,
  KIND_VIEW,
  MAGIC,
  TAG_ATTRIBUTES,
  VERSION,
} from "./format.ts";
import { AttributedKey, type GraphNode, SETTER_KEY, type ViewHead } from "./graph-node.ts";
import { BYTES_MAX, DEPTH_MAX, type GraphLimits, NODES_MAX } from "./limits.ts";
import { readRegions } from "./regions.ts";
import { HOLE, ValueReader } from "./value-reader.ts";

export interface ParsedGraph {
  readonly root: unknown;
  /** In the order of their numbers. */
  readonly nodes: readonly GraphNode[];
  /** Children of nodes; an object among them is its node. */
  readonly slots: readonly unknown[];
}

/** @throws {GraphError} `MALFORMED`, `UNSUPPORTED_VERSION`, `UNKNOWN_CLASS`, `LIMIT_EXCEEDED` */
export function parseGraph(
  bytes: Uint8Array,
  classes: ClassRegistry,
  limits: GraphLimits,
  symbolOfName?: SymbolOfName,
): ParsedGraph {
  const { bytesMax = BYTES_MAX } = limits;
  if (bytes.length > bytesMax) throw new GraphError("LIMIT_EXCEEDED", `more than ${bytesMax} bytes`);
  return new GraphParser(bytes, classes, symbolOfName).parse(limits);
}

type SymbolOfName = (name: string) => symbol;

class GraphParser extends ValueReader {
  readonly #classes: ClassRegistry;
  readonly #symbolOfName: SymbolOfName | undefined;
  readonly #slots: unknown[] = [];
  readonly #views: ViewHead[] = [];

  constructor(bytes: Uint8Array, classes: ClassRegistry, symbolOfName: SymbolOfName | undefined) {
    super(bytes);
    this.#classes = classes;
    this.#symbolOfName = symbolOfName;
  }

  protected override symbolOfName(name: string): symbol {
    return this.#symbolOfName?.(name) ?? super.symbolOfName(name);
  }

  parse({ nodesMax = NODES_MAX, depthMax = DEPTH_MAX }: GraphLimits): ParsedGraph {
    if (this.byte() !== MAGIC) throw malformed("it begins with something else");
    const version = this.byte();
    if (version !== VERSION) {
      throw new GraphError("UNSUPPORTED_VERSION", `a value graph of version ${version}, not ${VERSION}`);
    }
    const root = this.#child();
    const nodes = this.nodes;
    let depth = 0;
    let levelEnd = nodes.length;
    for (let number = 0; number < nodes.length; number++) {
      if (number === levelEnd) {
        levelEnd = nodes.length;
        if (++depth > depthMax) throw new GraphError("LIMIT_EXCEEDED", `a value deeper than ${depthMax}`);
      }
      this.#node(nodes[number] as GraphNode, this.byte());
      if (nodes.length > nodesMax) throw new GraphError("LIMIT_EXCEEDED", `more than ${nodesMax} objects`);
    }
    this.#places();
    if (this.remaining > 0) throw malformed("it goes on after its end");
    return { root, nodes, slots: this.#slots };
  }

  #places(): void {
    if (this.#views.length === 0) return;
    const places = readRegions(this, this.#views.length);
    for (const [index, view] of this.#views.entries()) view.place = places[index];
  }

  #node(node: GraphNode, kind: number): void {
    if (kind === KIND_INTEGRITY) {
      node.level = this.byte();
      if (node.level === 0 || node.level > FROZEN) throw malformed("an unknown level of integrity");
      kind = this.byte();
    }
    if (kind === KIND_OF_CLASS || kind === KIND_STATE) {
      const name = this.string();
      node.ofClass = this.#classes.ofName(name);
      if (node.ofClass === undefined || (kind === KIND_STATE) !== (node.ofClass.codec !== undefined)) {
        throw new GraphError("UNKNOWN_CLASS", `no class is serializable as ${name} in this form`);
      }
      if (kind === KIND_OF_CLASS) kind = this.byte();
      if (kind === KIND_OF_CLASS || kind === KIND_INTEGRITY) throw malformed("a class of a class");
    }
    node.kind = kind;
    if (kind >= KIND_HOOK) this.#hookNode(node);
    else if (kind === KIND_OBJECT || kind === KIND_NULL_PROTOTYPE) this.#properties(node);
    else this.#builtin(node, kind);
  }

  #builtin(node: GraphNode, kind: number): void {
    switch (kind) {
      case KIND_ARRAY:
        this.#elements(node, 1);
        return;
      case KIND_ARRAY_WITH_PROPERTIES:
        this.#elements(node, 1);
        break;
      case KIND_ARGUMENTS:
        this.#elements(node, 1);
        return;
      case KIND_SPARSE_ARRAY:
        node.head = this.varint();
        if ((node.head as number) > 0xffffffff) throw malformed("an array longer than arrays can be");
        break;
      case KIND_MAP:
        this.#elements(node, 2);
        break;
      case KIND_SET:
        this.#elements(node, 1);
        break;
      case KIND_STATE:
        this.#children(node, 1);
        return;
      case KIND_BOXED:
        this.#children(node, 1);
        break;
      case KIND_VIEW: {
        const head: ViewHead = { classIndex: this.byte(), place: undefined };
        node.head = head;
        this.#views.push(head);
        return;
      }
      case KIND_MESSAGE:
        node.head = { typeName: this.string(), bytes: this.copy(this.varint()) };
        return;
      default:
        this.#leaf(node, kind);
    }
    this.#properties(node);
  }

  /** Kinds that hold no other object but in their properties. */
  #leaf(node: GraphNode, kind: number): void {
    switch (kind) {
      case KIND_DATE:
        node.head = this.value();
        if (typeof node.head !== "number") throw malformed("a Date that is no number");
        return;
      case KIND_REGEXP:
        node.head = { source: this.string(), flags: this.string() };
        this.#children(node, 1);
        return;
      case KIND_ERROR:
        node.head = { classIndex: this.byte(), stack: this.#optionalString(), name: this.#optionalString() };
        return;
      case KIND_DOM_EXCEPTION:
        node.head = { name: this.string(), message: this.string(), stack: this.#optionalString() };
        return;
      case KIND_URL:
      case KIND_URL_SEARCH_PARAMS:
        node.head = this.string();
        return;
      case KIND_ARRAY_BUFFER:
        node.head = this.copy(this.varint()).buffer;
        return;
      default:
        throw malformed(`an unknown kind of object ${kind}`);
    }
  }

  #hookNode(node: GraphNode): void {
    if (node.kind >= KIND_HOOK + HOOK_KINDS) throw malformed(`an unknown kind of object ${node.kind}`);
    const head: unknown[] = [];
    for (let left = this.count(1); left > 0; left--) {
      const value = this.value();
      if (typeof value !== "string" && typeof value !== "number" && !(value instanceof Uint8Array)) {
        throw malformed("a head of another type");
      }
      head.push(value);
    }
    node.head = head;
    this.#children(node, this.count(1));
  }

  #optionalString(): string | undefined {
    const value = this.value();
    if (value !== undefined && typeof value !== "string") throw malformed("no string where one belongs");
    return value;
  }

  #elements(node: GraphNode, valuesEach: number): void {
    const count = this.count(valuesEach) * valuesEach;
    node.start = this.#slots.length;
    node.count = count;
    const mayHaveHoles = node.kind === KIND_ARRAY || node.kind === KIND_ARRAY_WITH_PROPERTIES;
    for (let left = count; left > 0; left--) {
      const value = this.value();
      if (value instanceof Uint8Array || (value === HOLE && !mayHaveHoles)) throw malformed("no value");
      this.#slots.push(value);
    }
  }

  #children(node: GraphNode, count: number): void {
    node.start = this.#slots.length;
    node.count = count;
    for (let left = count; left > 0; left--) this.#slots.push(this.#child());
  }

  /** A value that is neither a hole nor the bytes of a head. */
  #child(): unknown {
    const value = this.value();
    if (value === HOLE || value instanceof Uint8Array) throw malformed("no value");
    return value;
  }

  #properties(node: GraphNode): void {
    const count = this.count(2);
    const slots = this.#slots;
    node.propertiesStart = slots.length;
    node.propertyCount = count;
    for (let left = count; left > 0; left--) {
      const key = this.#key();
      slots.push(key);
      slots.push(this.#child());
      if (!(key instanceof AttributedKey) || (key.attributes & ACCESSOR) === 0) continue;
      slots.push(SETTER_KEY, this.#child());
      node.propertyCount++;
    }
  }

  #key(): string | symbol | AttributedKey {
    let attributes = ALL_ATTRIBUTES as number;
    if (this.bytes[this.position] === TAG_ATTRIBUTES) {
      this.position++;
      attributes = this.byte();
      if (attributes > (ALL_ATTRIBUTES | ACCESSOR)) throw malformed("unknown attributes");
    }
    const key = this.value();
    if ((typeof key !== "string" && typeof key !== "symbol") || key === HOLE) throw malformed("no key");
    return attributes === ALL_ATTRIBUTES ? key : new AttributedKey(key, attributes);
  }
}

/** Writes the bodies of nodes: which kind an object is, and what of it travels. */
import { types } from "node:util";
import { isMessage, toBinary } from "@bufbuild/protobuf";
import { writeBuiltin } from "./builtin-writer.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { ClassRegistry, RegisteredClass } from "./classes.ts";
import { CannotCarryError, GraphError } from "./error.ts";
import {
  ACCESSOR,
  ALL_ATTRIBUTES,
  CONFIGURABLE,
  ENUMERABLE,
  FROZEN,
  KIND_HOOK,
  KIND_INTEGRITY,
  KIND_MESSAGE,
  KIND_NULL_PROTOTYPE,
  KIND_OBJECT,
  KIND_OF_CLASS,
  KIND_STATE,
  NON_EXTENSIBLE,
  SEALED,
  TAG_ATTRIBUTES,
  TAG_BYTES,
  USUAL_ATTRIBUTES,
  WRITABLE,
} from "./format.ts";
import type { EncodeHooks, HeadValue, NodeDescription } from "./hooks.ts";
import type { MessageTypes } from "./messages.ts";
import { refusalOf } from "./refusal.ts";
import { type View, writeRegions } from "./regions.ts";
import { propertyLabel } from "./trail.ts";
import { ValueWriter } from "./value-writer.ts";

export interface NodeWriterOptions {
  readonly hooks: EncodeHooks | undefined;
  readonly classes: ClassRegistry;
  readonly messages: MessageTypes | undefined;
  readonly errorsAsBase: boolean;
}

export class NodeWriter extends ValueWriter {
  readonly options: NodeWriterOptions;
  /** The descriptions that hooks gave, by number of the node: for paths of errors. */
  readonly descriptions = new Map<number, NodeDescription>();
  readonly views: View[] = [];
  hasStates = false;

  constructor(out: ByteWriter, options: NodeWriterOptions) {
    super(out);
    this.options = options;
  }

  /** @throws {CannotCarryError} without the path to the node */
  writeNode(number: number): void {
    this.current = number;
    const node = this.nodes[number] as object;
    // First of all: asking a Proxy anything runs code.
    if (types.isProxy(node)) this.refuse();
    const prototype = Object.getPrototypeOf(node) as object | null;
    const isPlain = prototype === Object.prototype || prototype === Array.prototype;
    const hooks = this.options.hooks;
    if (hooks !== undefined && (!isPlain || hooks.isNamed(node))) {
      const description = hooks.describe(node);
      if (description !== undefined) {
        this.#description(number, description);
        return;
      }
    }
    if (typeof node === "function") this.refuse();
    if (this.options.messages !== undefined && this.#message(node, this.options.messages)) return;
    if (prototype === Object.prototype && !types.isArgumentsObject(node)) this.#plain(node, KIND_OBJECT);
    else if (prototype === null) this.#nullPrototype(node);
    else this.#builtin(node, prototype);
  }

  protected override nameOfSymbol(symbol: symbol): string | undefined {
    return this.options.hooks?.nameOfSymbol?.(symbol);
  }

  writeRegions(): void {
    if (this.views.length > 0) writeRegions(this.out, this.views, (buffer) => this.numberOf(buffer));
  }

  /** Refuses the node being written. */
  refuse(what?: string, hint?: string): never {
    const refusal = what === undefined ? refusalOf(this.nodes[this.current] as object) : { what };
    throw new CannotCarryError(hint === undefined ? refusal : { ...refusal, hint });
  }

  /** A child of the node being written. The label is its step in the path, were it refused. */
  child(holder: object, value: unknown, label: string | symbol | number): void {
    if (this.value(value)) return;
    const step = typeof label === "number" ? `[${label}]` : propertyLabel(label);
    throw new CannotCarryError({ ...UNIQUE_SYMBOL, trail: [{ holder, label: step }] });
  }

  /** The own properties of an object under these keys, their number first. */
  properties(holder: object, keys: readonly (string | symbol)[], level: number): void {
    this.out.varint(keys.length);
    const usual = USUAL_ATTRIBUTES[level];
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor;
      const isAccessor = property.get !== undefined || property.set !== undefined;
      // Without hooks its functions could not be carried either, and would be named instead of it.
      if (isAccessor && this.options.hooks === undefined) {
        const trail = [{ holder, label: propertyLabel(key) }];
        throw new CannotCarryError({ what: "an accessor (get or set)", trail });
      }
      const attributes = attributesOf(property) | (isAccessor ? ACCESSOR : 0);
      if (attributes !== usual) {
        this.out.byte(TAG_ATTRIBUTES);
        this.out.byte(attributes);
      }
      if (typeof key === "string") this.string(key);
      else this.child(holder, key, key);
      if (isAccessor) {
        this.value(property.get);
        this.value(property.set);
      } else {
        this.child(holder, property.value, key);
      }
    }
  }

  /** Writes how far an object is closed to change, and returns it. */
  integrity(node: object): number {
    if (Object.isExtensible(node)) return 0;
    const level = Object.isFrozen(node) ? FROZEN : Object.isSealed(node) ? SEALED : NON_EXTENSIBLE;
    this.out.byte(KIND_INTEGRITY);
    this.out.byte(level);
    return level;
  }

  #plain(node: object, kind: number): void {
    const level = this.integrity(node);
    this.out.byte(kind);
    this.properties(node, Reflect.ownKeys(node), level);
  }

  #nullPrototype(node: object): void {
    if (types.isModuleNamespaceObject(node)) this.refuse();
    this.#plain(node, KIND_NULL_PROTOTYPE);
  }

  #builtin(node: object, prototype: object): void {
    const registered = this.options.classes.ofPrototype(prototype);
    if (registered?.codec !== undefined) {
      this.#state(node, registered, registered.codec.toState);
      return;
    }
    const level = this.integrity(node);
    if (registered === undefined) {
      if (!writeBuiltin(this, node, prototype, level)) this.refuse();
      return;
    }
    this.out.byte(KIND_OF_CLASS);
    this.string(registered.name);
    if (registered.base === Object) {
      this.out.byte(KIND_OBJECT);
      this.properties(node, Reflect.ownKeys(node), level);
    } else if (!writeBuiltin(this, node, registered.base.prototype as object, level)) {
      this.refuse();
    }
  }

  #state(node: object, { name }: RegisteredClass, toState: (instance: unknown) => unknown): void {
    this.hasStates = true;
    let state: unknown;
    try {
      state = toState(node);
    } catch (cause) {
      if (cause instanceof GraphError) throw cause;
      throw new GraphError("CLASS_FAILED", `toState of ${name} threw: ${String(cause)}`, { cause });
    }
    this.out.byte(KIND_STATE);
    this.string(name);
    this.child(node, state, "toState");
  }

  #message(node: object, messages: MessageTypes): boolean {
    if (!isMessage(node)) return false;
    const type = messages.getMessage(node.$typeName);
    if (type === undefined) return false;
    this.integrity(node);
    this.out.byte(KIND_MESSAGE);
    this.string(node.$typeName);
    const bytes = toBinary(type, node);
    this.out.varint(bytes.length);
    this.out.raw(bytes);
    return true;
  }

  #description(number: number, description: NodeDescription): void {
    const { kind, head, children, labels } = description;
    this.descriptions.set(number, description);
    this.out.byte(KIND_HOOK | kind);
    this.out.varint(head.length);
    for (const value of head) this.#head(value);
    this.out.varint(children.length);
    for (let index = 0; index < children.length; index++) {
      if (this.value(children[index])) continue;
      const trail = [{ holder: this.nodes[number] as object, label: labels?.[index] ?? `[${index}]` }];
      throw new CannotCarryError({ ...UNIQUE_SYMBOL, trail });
    }
  }

  #head(value: HeadValue): void {
    if (typeof value === "string") this.string(value);
    else if (typeof value === "number") this.number(value);
    else {
      this.out.byte(TAG_BYTES);
      this.out.varint(value.length);
      this.out.raw(value);
    }
  }
}

export const UNIQUE_SYMBOL = {
  what: "a Symbol of this process alone",
  hint: "Use Symbol.for(...)",
} as const;

function attributesOf(property: PropertyDescriptor): number {
  if (property.writable && property.enumerable && property.configurable) return ALL_ATTRIBUTES;
  return (
    (property.writable ? WRITABLE : 0) |
    (property.enumerable ? ENUMERABLE : 0) |
    (property.configurable ? CONFIGURABLE : 0)
  );
}

/** Objects of the codec's own kinds, still without their elements and properties. */
import { fromBinary } from "@bufbuild/protobuf";
import { malformed } from "./byte-reader.ts";
import type { AnyClass } from "./classes.ts";
import { GraphError } from "./error.ts";
import {
  ERROR_CLASSES,
  KIND_ARGUMENTS,
  KIND_ARRAY,
  KIND_ARRAY_BUFFER,
  KIND_ARRAY_WITH_PROPERTIES,
  KIND_BOXED,
  KIND_DATE,
  KIND_DOM_EXCEPTION,
  KIND_ERROR,
  KIND_MAP,
  KIND_MESSAGE,
  KIND_NULL_PROTOTYPE,
  KIND_OBJECT,
  KIND_REGEXP,
  KIND_SET,
  KIND_SPARSE_ARRAY,
  KIND_URL,
  KIND_URL_SEARCH_PARAMS,
  KIND_VIEW,
} from "./format.ts";
import type {
  DomExceptionHead,
  ErrorHead,
  GraphNode,
  MessageHead,
  RegExpHead,
  ViewHead,
} from "./graph-node.ts";
import type { GraphMaker } from "./make.ts";
import { viewOf } from "./regions.ts";

/** @throws {GraphError} when what was written makes no such object */
export function allocateBuiltin(maker: GraphMaker, node: GraphNode): object {
  if (node.kind === KIND_OBJECT) {
    if (node.ofClass === undefined) return {};
    checkBase(node, Object);
    return Object.create(node.ofClass.Class.prototype as object) as object;
  }
  const value = allocateOther(maker, node);
  if (node.ofClass !== undefined) {
    checkBase(node, value.constructor as AnyClass);
    Object.setPrototypeOf(value, node.ofClass.Class.prototype as object);
  }
  return value;
}

function checkBase(node: GraphNode, base: AnyClass): void {
  if (node.ofClass?.base !== base) throw malformed(`a ${node.ofClass?.name} that is no ${base.name}`);
}

function allocateOther(maker: GraphMaker, node: GraphNode): object {
  switch (node.kind) {
    case KIND_NULL_PROTOTYPE:
      return Object.create(null) as object;
    case KIND_ARRAY:
    case KIND_ARRAY_WITH_PROPERTIES:
    case KIND_SPARSE_ARRAY:
      return [];
    case KIND_MAP:
      return new Map();
    case KIND_SET:
      return new Set();
    case KIND_DATE:
      return new Date(node.head as number);
    case KIND_REGEXP: {
      const { source, flags } = node.head as RegExpHead;
      return new RegExp(source, flags);
    }
    case KIND_ERROR:
      return allocateError(node.head as ErrorHead);
    case KIND_DOM_EXCEPTION:
      return allocateDomException(node.head as DomExceptionHead);
    case KIND_ARGUMENTS:
      if (node.count > ARGUMENTS_MAX) throw malformed("too many arguments");
      return argumentsOf(...new Array<undefined>(node.count));
    default:
      return allocateFromHead(maker, node);
  }
}

function allocateFromHead(maker: GraphMaker, node: GraphNode): object {
  switch (node.kind) {
    case KIND_BOXED:
      return boxed(maker.slots[node.start]);
    case KIND_URL:
      return new URL(node.head as string);
    case KIND_URL_SEARCH_PARAMS:
      return new URLSearchParams(node.head as string);
    case KIND_ARRAY_BUFFER:
      return node.head as ArrayBuffer;
    case KIND_VIEW:
      return allocateView(maker, node.head as ViewHead);
    case KIND_MESSAGE:
      return allocateMessage(maker, node.head as MessageHead);
    default:
      throw malformed(`an object of kind ${node.kind} where it cannot be`);
  }
}

/** More would not fit on the stack. */
const ARGUMENTS_MAX = 10_000;

function argumentsOf(..._list: undefined[]): object {
  // biome-ignore lint/complexity/noArguments: an arguments object is what is asked for
  return arguments;
}

function allocateError({ classIndex, stack, name }: ErrorHead): Error {
  const Class = ERROR_CLASSES[classIndex];
  if (Class === undefined) throw malformed("an error of an unknown class");
  const error = withoutStack(() =>
    Class === AggregateError ? new AggregateError([]) : new (Class as ErrorConstructor)(),
  );
  if (Class === AggregateError) delete (error as Partial<AggregateError>).errors;
  if (stack !== undefined) error.stack = stack;
  if (name !== undefined) {
    Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
  }
  return error;
}

function allocateDomException({ name, message, stack }: DomExceptionHead): DOMException {
  const exception = withoutStack(() => new DOMException(message, name));
  if (stack !== undefined) {
    Object.defineProperty(exception, "stack", { value: stack, writable: true, configurable: true });
  }
  return exception;
}

/** The stack of reading bytes says nothing, and taking it costs more than all the rest. */
function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function boxed(primitive: unknown): object {
  if (primitive === null || primitive === undefined || typeof primitive === "object") {
    throw malformed("a boxed value that is no primitive");
  }
  return Object(primitive) as object;
}

function allocateView(maker: GraphMaker, { classIndex, place }: ViewHead): object {
  if (place === undefined) throw malformed("a view of nothing");
  let buffer = place.buffer;
  if (buffer === undefined) {
    const node = maker.nodes[place.node];
    if (node?.kind !== KIND_ARRAY_BUFFER) throw malformed("a view of what is no ArrayBuffer");
    buffer = maker.allocated(node) as ArrayBuffer;
  }
  return viewOf(classIndex, buffer, place.offset, place.length);
}

function allocateMessage({ messages }: GraphMaker, { typeName, bytes }: MessageHead): object {
  const type = messages?.getMessage(typeName);
  if (type === undefined) throw new GraphError("UNKNOWN_CLASS", `the message type ${typeName} is not known`);
  return fromBinary(type, bytes);
}

/**
 * The bytes behind typed arrays, DataViews and Buffers, written once behind all nodes.
 *
 * An ArrayBuffer that is held itself, or shown by a typed array or DataView, is carried whole, so that all of its views
 * keep sharing it. One that only Buffers show is carried as the ranges they show, overlapping ones together: small
 * Buffers are slices of a pool that the whole process shares, and its other contents are nobody's business.
 *
 *     regions := region* END(0) view*        view := region-number offset length   (length in elements)
 *     region  := NEW(1) bytes | NODE(2) node-number
 */
import { types } from "node:util";
import { type ByteReader, malformed } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { VIEW_CLASSES } from "./format.ts";

export type View = ArrayBufferView<ArrayBuffer>;

const END = 0;
const NEW = 1;
const NODE = 2;

interface Region {
  readonly buffer: ArrayBuffer;
  readonly start: number;
  end: number;
  /** -1 until it is written. */
  number: number;
}

/** The index of a view's class, or -1 when it is none of the built-in ones. */
export function viewClassOf(prototype: object): number {
  return VIEW_CLASSES.findIndex((each) => each.prototype === prototype);
}

/** @param nodeOf the number of the node of an ArrayBuffer that is part of the graph itself */
export function writeRegions(
  out: ByteWriter,
  views: readonly View[],
  nodeOf: (buffer: ArrayBuffer) => number | undefined,
): void {
  const regions = new Map<View, Region>();
  for (const [buffer, shown] of Map.groupBy(views, (view) => view.buffer)) {
    findRegions(regions, buffer, shown, nodeOf(buffer) !== undefined);
  }
  // In the order of the views: where a Buffer lies in the pool must not change what is written.
  let count = 0;
  for (const view of views) {
    const region = regions.get(view) as Region;
    if (region.number >= 0) continue;
    region.number = count++;
    writeRegion(out, region, nodeOf(region.buffer));
  }
  out.byte(END);
  for (const view of views) {
    const { number, start } = regions.get(view) as Region;
    out.varint(number);
    out.varint(view.byteOffset - start);
    out.varint(types.isDataView(view) ? view.byteLength : (view as Uint8Array).length);
  }
}

function writeRegion(out: ByteWriter, { buffer, start, end }: Region, node: number | undefined): void {
  if (node !== undefined) {
    out.byte(NODE);
    out.varint(node);
  } else {
    out.byte(NEW);
    out.varint(end - start);
    out.raw(new Uint8Array(buffer, start, end - start));
  }
}

function findRegions(regions: Map<View, Region>, buffer: ArrayBuffer, views: View[], isHeld: boolean): void {
  if (isHeld || !views.every(Buffer.isBuffer)) {
    const whole = { buffer, start: 0, end: buffer.byteLength, number: -1 };
    for (const view of views) regions.set(view, whole);
    return;
  }
  let last: Region | undefined;
  for (const view of views.toSorted((a, b) => a.byteOffset - b.byteOffset)) {
    const end = view.byteOffset + view.byteLength;
    if (last !== undefined && (view.byteOffset < last.end || view.byteOffset === last.start)) {
      last.end = Math.max(last.end, end);
    } else {
      last = { buffer, start: view.byteOffset, end, number: -1 };
    }
    regions.set(view, last);
  }
}

/** Where a view is to be made: in a buffer of its own region, or in that of a node. */
export interface ViewPlace {
  readonly buffer: ArrayBuffer | undefined;
  readonly node: number;
  readonly offset: number;
  readonly length: number;
}

export function readRegions(reader: ByteReader, viewCount: number): ViewPlace[] {
  const regions: { buffer: ArrayBuffer | undefined; node: number }[] = [];
  for (;;) {
    const kind = reader.byte();
    if (kind === END) break;
    if (kind === NEW) regions.push({ buffer: reader.copy(reader.varint()).buffer, node: -1 });
    else if (kind === NODE) regions.push({ buffer: undefined, node: reader.varint() });
    else throw malformed("an unknown region");
  }
  const places: ViewPlace[] = [];
  for (let index = 0; index < viewCount; index++) {
    const region = regions[reader.varint()];
    if (region === undefined) throw malformed("a view of no region");
    places.push({ ...region, offset: reader.varint(), length: reader.varint() });
  }
  return places;
}

/** @throws {GraphError} when the view does not fit into the buffer */
export function viewOf(classIndex: number, buffer: ArrayBuffer, offset: number, length: number): View {
  const Class = VIEW_CLASSES[classIndex];
  if (Class === undefined) throw malformed("a view of an unknown class");
  try {
    return Class === Buffer
      ? Buffer.from(buffer, offset, length)
      : new (Class as Uint8ArrayConstructor)(buffer, offset, length);
  } catch (cause) {
    throw malformed("a view beyond its buffer", cause);
  }
}

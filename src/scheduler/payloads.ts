/**
 * Copies of payloads, kept while there is room. They save reads and decide nothing: everything here is in the
 * store, or in the commit that goes before the run that needs it.
 */
import type { StoredResult } from "../store/index.ts";
import { ownBytes } from "../wire/own-bytes.ts";
import type { Entry, Payload } from "./entry.ts";
import { Oldest } from "./oldest.ts";

export class Payloads {
  readonly #bytesMax: number;
  /** Suspended calls in the order they were: the first to make room. */
  readonly #asleep = new Set<Entry>();
  readonly #sleepiest = new Oldest(this.#asleep);
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of the calls that wait, the one that has for longest, unless it is among the latest `kept`; to be released. */
  sleepiest(kept: number): Entry | undefined {
    return this.#asleep.size > kept ? this.#sleepiest.next() : undefined;
  }

  keepInput(entry: Entry, input: Uint8Array | null): void {
    const payload = payloadOf(entry);
    this.#count(payload, sizeOf(input) - sizeOf(payload.input));
    payload.input = this.#fits() ? ownBytes(input) : this.#without(payload, input);
  }

  /** Also begins a new inbox when every result that arrived was taken. */
  keepState(entry: Entry, state: Uint8Array | null): void {
    const payload = payloadOf(entry);
    this.#count(payload, sizeOf(state) - sizeOf(payload.state));
    payload.state = this.#fits() ? ownBytes(state) : this.#without(payload, state);
  }

  /** An inbox with a gap would deliver the wrong results: once one is not kept, none is until it is empty. */
  keepResult(entry: Entry, result: StoredResult): void {
    const payload = entry.payload;
    if (payload?.inbox === undefined) return;
    this.#count(payload, sizeOfResult(result));
    const fits = this.#fits();
    // Making room may have taken this very payload, with the result counted.
    if (entry.payload !== payload) return;
    if (fits) payload.inbox.push(ownResult(result));
    else {
      this.#count(payload, -sizeOfResult(result));
      this.#dropInbox(payload);
    }
  }

  /** Nothing arrived that was not taken: from here on the inbox is whole. */
  beginInbox(entry: Entry): void {
    const payload = payloadOf(entry);
    this.#dropInbox(payload);
    payload.inbox = [];
  }

  forgetInbox(entry: Entry): void {
    if (entry.payload !== undefined) this.#dropInbox(entry.payload);
  }

  taken(entry: Entry, count: number): void {
    const payload = entry.payload;
    if (payload?.inbox === undefined || count === 0) return;
    for (const result of payload.inbox.splice(0, count)) this.#count(payload, -sizeOfResult(result));
  }

  /** What a run was given is needed again only when it fails: read then. */
  runStarted(entry: Entry): void {
    const payload = entry.payload;
    if (payload === undefined) return;
    this.#count(payload, -sizeOf(payload.input) - sizeOf(payload.state));
    payload.input = undefined;
    payload.state = undefined;
  }

  fellAsleep(entry: Entry): void {
    this.#asleep.add(entry);
    this.#fits();
  }

  wokeUp(entry: Entry): void {
    this.#asleep.delete(entry);
  }

  release(entry: Entry): void {
    this.#asleep.delete(entry);
    if (entry.payload !== undefined) this.#bytes -= entry.payload.bytes;
    entry.payload = undefined;
  }

  #fits(): boolean {
    if (this.#bytes <= this.#bytesMax) return true;
    for (let entry = this.#sleepiest.next(); entry !== undefined; entry = this.#sleepiest.next()) {
      this.release(entry);
      if (this.#bytes <= this.#bytesMax) return true;
    }
    return false;
  }

  #without(payload: Payload, bytes: Uint8Array | null): undefined {
    this.#count(payload, -sizeOf(bytes));
    return undefined;
  }

  #dropInbox(payload: Payload): void {
    for (const result of payload.inbox ?? []) this.#count(payload, -sizeOfResult(result));
    payload.inbox = undefined;
  }

  #count(payload: Payload, bytes: number): void {
    payload.bytes += bytes;
    this.#bytes += bytes;
  }
}

function payloadOf(entry: Entry): Payload {
  return (entry.payload ??= { input: undefined, state: undefined, inbox: undefined, bytes: 0 });
}

function ownResult(result: StoredResult): StoredResult {
  return { ...result, output: ownBytes(result.output), error: ownBytes(result.error) };
}

/** Beside the bytes themselves, what an object of its own costs. */
const OVERHEAD_BYTES = 96;

function sizeOf(bytes: Uint8Array | null | undefined): number {
  return bytes ? bytes.length + OVERHEAD_BYTES : 0;
}

function sizeOfResult(result: StoredResult): number {
  return OVERHEAD_BYTES + sizeOf(result.output) + sizeOf(result.error);
}

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { request } from "undici";
import { CallResultSchema } from "../../wire/gen/dispatch/sdk/v1/call_pb.js";
import { DispatchRequestSchema, DispatchResponseSchema } from "../../wire/gen/dispatch/sdk/v1/dispatch_pb.js";
import type { Call } from "../call.ts";
import { CallResult } from "../call-result.ts";
import { readSetting } from "../environment.ts";
import type { CallSite } from "../errors/call-site.ts";
import { ConfigurationError } from "../errors/dispatch-error.ts";

/** The id of a dispatched call. */
export type DispatchId = string;

export interface DispatchOptions {
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly via?: string;
  readonly site?: CallSite;
}

export class Client {
  readonly #apiUrl: string;
  readonly #apiKey: string;

  constructor(options: { apiKey?: string; apiUrl?: string } = {}) {
    const key = readSetting(options.apiKey, "DISPATCH_API_KEY", "apiKey");
    if (key === undefined) {
      throw new ConfigurationError("missing API key: set it with the DISPATCH_API_KEY environment variable");
    }
    this.#apiKey = key.value;
    this.#apiUrl =
      readSetting(options.apiUrl, "DISPATCH_API_URL", "apiUrl")?.value ?? "http://localhost:8000";
  }

  async dispatch(calls: Iterable<Call>, options: DispatchOptions = {}): Promise<DispatchId[]> {
    const messages = Array.from(calls, (call) => call.toMessage());
    if (messages.length === 0) return [];
    const body = toBinary(DispatchRequestSchema, {
      $typeName: "dispatch.sdk.v1.DispatchRequest",
      calls: messages,
    });
    return fromBinary(DispatchResponseSchema, await this.#post("Dispatch", body, options.signal)).dispatchIds;
  }

  async wait(id: DispatchId, options: WaitOptions = {}): Promise<unknown> {
    const bytes = await this.#post("Wait", Buffer.from(id), options.signal);
    return new CallResult(fromBinary(CallResultSchema, bytes)).unwrap(options.via);
  }

  async close(): Promise<void> {}

  async #post(method: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const response = await request(new URL(`/dispatch.sdk.v1.DispatchService/${method}`, this.#apiUrl), {
      method: "POST",
      headers: { authorization: `Bearer ${this.#apiKey}`, "content-type": "application/proto" },
      body,
      signal,
    });
    return response.body.bytes();
  }
}

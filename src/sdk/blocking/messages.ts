/** What the blocked thread and its helper say to each other; all of it can be cloned between threads. */

import type { CallError } from "../../wire/hot-path/index.ts";
import type { Any } from "../../wire/values/index.ts";
import type { ClientConnection } from "../client/client.ts";
import type { CallOptions } from "../scope.ts";

export interface BlockingRequest {
  readonly connection: ClientConnection;
  readonly call: {
    readonly name: string;
    readonly endpoint: string;
    readonly version: string;
    readonly input: Any;
    readonly callOptions: CallOptions;
  };
  readonly options: { readonly wait: boolean; readonly timeoutMs?: number };
}

export type Answer =
  | { readonly dispatchId: string; readonly result: Uint8Array | undefined }
  | { readonly error: CallError };

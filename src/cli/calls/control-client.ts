import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { ConnectError } from "../../wire/connect-error.ts";
import { connectErrorOfResponse } from "../../wire/connect-error-response.ts";
import { CliError } from "../cli-error.ts";
import { checkServiceUrl } from "../service-url.ts";
import { unreachable } from "../unreachable.ts";

export interface ControlClientOptions {
  /** Of the service, without a path. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** There is a service, and it does not schedule calls. */
export class NoSchedulerError extends CliError {}

/** Asks the scheduler of a running service, by Connect. */
export class ControlClient {
  readonly #options: ControlClientOptions;

  /** @throws {CliError} when the URL is none */
  constructor(options: ControlClientOptions) {
    checkServiceUrl(options.url);
    this.#options = options;
  }

  /** @throws {CliError} with what to do about it */
  async ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const body = toBinary(method.input, create(method.input, request));
    const response = await this.#fetch(`/${method.parent.typeName}/${method.name}`, body);
    return fromBinary(method.output, new Uint8Array(await response.arrayBuffer()));
  }

  /** @throws {CliError} with what to do about it */
  async download(path: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.#fetch(path, undefined)).body!;
  }

  /** POST with a message, GET without. The answer is a 200. */
  async #fetch(path: string, message: Uint8Array | undefined): Promise<Response> {
    const response = await this.#send(path, message);
    if (response.status === 200) return response;
    const headers = Object.fromEntries(response.headers);
    const body = new Uint8Array(await response.arrayBuffer());
    throw explained(connectErrorOfResponse({ httpStatus: response.status, headers, body }, Date.now()));
  }

  async #send(path: string, message: Uint8Array | undefined): Promise<Response> {
    const { url, apiKey } = this.#options;
    try {
      return await fetch(new URL(path, url), {
        headers: {
          ...(message === undefined ? {} : { "content-type": "application/proto" }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        ...(message === undefined ? {} : { method: "POST", body: message as Uint8Array<ArrayBuffer> }),
      });
    } catch (error) {
      throw unreachable(url, error);
    }
  }
}

function explained(error: ConnectError): CliError {
  const options = { cause: error };
  switch (error.code) {
    case "unauthenticated":
      return new CliError(error.rawMessage, {
        ...options,
        hint: "set DISPATCH_API_KEY to one of the service's keys",
      });
    case "not_found":
      return error.rawMessage === "path not found"
        ? new NoSchedulerError("the service at this URL has no scheduler", {
            ...options,
            hint: "name the scheduler's URL with --url",
          })
        : new CliError(error.rawMessage, options);
    default:
      return new CliError(error.rawMessage, options);
  }
}

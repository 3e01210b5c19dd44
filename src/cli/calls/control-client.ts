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
import { EXIT } from "../exit-codes.ts";

export interface ControlClientOptions {
  /** Of the service, without a path. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Asks the scheduler of a running service, by Connect. */
export class ControlClient {
  readonly #options: ControlClientOptions;

  constructor(options: ControlClientOptions) {
    this.#options = options;
  }

  /** @throws {CliError} with what to do about it */
  async ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const body = toBinary(method.input, create(method.input, request));
    const response = await this.#post(`/${method.parent.typeName}/${method.name}`, body);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 200) return fromBinary(method.output, bytes);
    const headers = Object.fromEntries(response.headers);
    throw explained(
      connectErrorOfResponse({ httpStatus: response.status, headers, body: bytes }, Date.now()),
    );
  }

  async #post(path: string, body: Uint8Array): Promise<Response> {
    const { url, apiKey } = this.#options;
    try {
      return await fetch(new URL(path, url), {
        method: "POST",
        headers: {
          "content-type": "application/proto",
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: body as Uint8Array<ArrayBuffer>,
      });
    } catch (error) {
      const reason = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? String(error);
      throw new CliError(`cannot reach a service at ${url} (${reason})`, {
        hint: "start one with `dispatch serve functions.ts`, or name its URL with --url",
        exitCode: EXIT.unreachable,
        cause: error,
      });
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
        ? new CliError("the service at this URL has no scheduler", {
            ...options,
            hint: "name the scheduler's URL with --url",
          })
        : new CliError(error.rawMessage, options);
    default:
      return new CliError(error.rawMessage, options);
  }
}

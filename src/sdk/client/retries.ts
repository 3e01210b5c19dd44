import { ConnectError } from "../../wire/connect-error.ts";
import { backoffMs, isPassing } from "./backoff.ts";
import { ClientError, describeFailure } from "./client-error.ts";
import type { ResolvedClientOptions } from "./options.ts";
import type { Transport } from "./transport.ts";

export interface RetriedPost {
  readonly path: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Time for one attempt and for all of them together. */
  readonly attemptTimeoutMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked before each retry: false when nobody wants the answer any more. */
  readonly isWanted?: () => boolean;
}

/**
 * Posts until there is an answer, the failure is one that stays, or the time is up.
 *
 * @throws {ConnectError} what the API answered; a ClientError when the time is up, with the last failure as its cause
 */
export async function postWithRetries(
  transport: Transport,
  options: Pick<ResolvedClientOptions, "clock" | "retryFirstDelayMs" | "retryDelayMsMax">,
  post: RetriedPost,
): Promise<Uint8Array> {
  const { clock } = options;
  const { path, body, headers, signal, isWanted = () => true } = post;
  const startMs = clock.nowMs();
  for (let attempt = 0; ; attempt++) {
    const leftMs = startMs + post.timeoutMs - clock.nowMs();
    try {
      const timeoutMs = Math.max(1, Math.min(post.attemptTimeoutMs, leftMs));
      return await transport.post(path, body, { timeoutMs, signal, ...(headers && { headers }) });
    } catch (failure) {
      signal.throwIfAborted();
      if (!isPassing(failure) || !isWanted()) throw asAnswer(failure);
      const delayMs = backoffMs(attempt, failure, clock.random(), options);
      const spentMs = clock.nowMs() - startMs;
      if (spentMs + delayMs >= post.timeoutMs) throw gaveUp(failure, attempt + 1, spentMs);
      await clock.sleep(delayMs, signal);
    }
  }
}

/** An answer of the API is kept as it is, for what it says of single calls. */
function asAnswer(failure: unknown): ConnectError | ClientError {
  return failure instanceof ConnectError ? failure : ClientError.from(failure);
}

function gaveUp(failure: unknown, attempts: number, spentMs: number): ClientError {
  const { code, message } = describeFailure(failure);
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return new ClientError(code, `${message} (gave up after ${tries} in ${Math.round(spentMs)} ms)`, {
    cause: failure,
  });
}

/**
 * A scheduler for tests of the driver: it runs a call of a registry's function and the calls it makes, one run at a
 * time, and time passes only when everything waits for it. Requests and responses are the bytes of the wire.
 */
import { Call, CallResult, type Registry } from "../../sdk/index.ts";
import {
  type Call as CallMessage,
  type CallResult as CallResultMessage,
  millisecondsOf,
  pollResult,
  type RunResponse,
  readRunResponse,
  runRequest,
  writeRunRequest,
} from "../../wire/hot-path/index.ts";

export interface TestSchedulerOptions {
  readonly registry: Registry;
  /** Refuses the calls of a poll, as a scheduler may: the function gets the error. */
  readonly refuse?: (call: CallMessage) => Error | undefined;
  /** Changes a response before it is acted on, such as its state. */
  readonly tamper?: (response: RunResponse) => RunResponse;
  /** More results to deliver with each resumption: late losers, duplicates, unknown ones. */
  readonly noise?: () => CallResultMessage[];
  /** Called at each suspension. */
  readonly onPoll?: (response: RunResponse) => void;
}

export interface CallOutcome {
  readonly status: number;
  readonly result: CallResult | undefined;
  readonly runs: number;
}

export class TestScheduler {
  nowMs = 1_700_000_000_000;
  private readonly options: TestSchedulerOptions;
  private calls = 0;

  constructor(options: TestSchedulerOptions) {
    this.options = options;
  }

  /** Runs a call to its end. Children run before their parent is resumed, one result at a time. */
  async call(name: string, ...args: unknown[]): Promise<CallOutcome> {
    return this.run(new Call({ function: name, args }).toMessage());
  }

  private async run(call: CallMessage): Promise<CallOutcome> {
    const dispatchId = `call-${++this.calls}`;
    let request = runRequest({ function: call.function, input: call.input, dispatchId });
    const waiting: CallResultMessage[] = [];
    for (let runs = 1; ; runs++) {
      const bytes = await this.options.registry.run(writeRunRequest(request));
      const response = (this.options.tamper ?? same)(readRunResponse(bytes));
      if (response.exit?.tailCall) {
        const next = response.exit.tailCall;
        request = runRequest({ function: next.function, input: next.input, dispatchId });
        continue;
      }
      const { poll } = response;
      if (!poll) {
        const result = response.exit?.result;
        return { status: response.status, result: result && new CallResult(result), runs };
      }
      this.options.onPoll?.(response);
      const refused = poll.calls.map((one) => this.options.refuse?.(one)).find((error) => error);
      if (!refused) for (const child of poll.calls) waiting.push(await this.child(child));
      const results = refused ? [] : waiting.splice(0, poll.maxResults > 1 ? 2 : 1);
      if (results.length === 0 && !refused) this.nowMs += millisecondsOf(poll.maxWait!);
      request = runRequest({
        function: request.function,
        dispatchId,
        pollResult: pollResult({
          typedCoroutineState: poll.typedCoroutineState,
          results: [...(this.options.noise?.() ?? []), ...results],
          error: refused && CallResult.fromError(refused).toMessage().error,
        }),
      });
    }
  }

  private async child(call: CallMessage): Promise<CallResultMessage> {
    const { result } = await this.run(call);
    const empty = CallResult.fromValue(undefined).toMessage();
    return { ...(result?.toMessage() ?? empty), correlationId: call.correlationId };
  }
}

const same = (response: RunResponse): RunResponse => response;

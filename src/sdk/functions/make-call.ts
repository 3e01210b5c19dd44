import { Call } from "../call.ts";
import type { Client } from "../client/client.ts";
import { type CallSite, callSite } from "../errors/call-site.ts";
import { currentScope, type DurableCall } from "../scope.ts";

/**
 * Calls a function durably: as a call of the run that the code is in, or outside of any, through the client.
 *
 * @param callee what the user called, for the stack of a failure
 * @throws {TypeError} inside a run, for a call with an `idempotencyKey`
 * @returns inside a run the promise of the coroutine runtime as it is, for it knows it again where it is awaited
 */
export function makeCall(call: DurableCall, client: () => Client, callee: Callee): PromiseLike<unknown> {
  const scope = currentScope();
  if (scope === undefined) return callThrough(client, call, callSite(callee));
  // Such a key would make two callers wait for one call; the scheduler makes the calls of a run once in any case.
  if (call.options.idempotencyKey !== undefined) {
    throw new TypeError(
      `an idempotencyKey is for calls from outside: '${call.function}' was called inside of a durable function ` +
        "(use its dispatch method to make a call that nobody waits for)",
    );
  }
  return scope.call(call);
}

type Callee = Parameters<typeof callSite>[0];

async function callThrough(client: () => Client, durable: DurableCall, site: CallSite): Promise<unknown> {
  const call = Call.of(durable);
  const through = client();
  const [id] = await through.dispatch([call]);
  return through.wait(id as string, { via: call.function, site });
}

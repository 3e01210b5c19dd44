import { Call } from "../call.ts";
import type { Client } from "../client/client.ts";
import { type CallSite, callSite } from "../errors/call-site.ts";
import { currentScope, type DurableCall } from "../scope.ts";

/**
 * Calls a function durably: as a call of the run that the code is in, or outside of any, through the client.
 *
 * @param callee what the user called, for the stack of a failure
 * @returns inside a run the promise of the coroutine runtime as it is, for it knows it again where it is awaited
 */
export function makeCall(call: DurableCall, client: () => Client, callee: Callee): PromiseLike<unknown> {
  const scope = currentScope();
  return scope === undefined ? callThrough(client, call, callSite(callee)) : scope.call(call);
}

type Callee = Parameters<typeof callSite>[0];

async function callThrough(client: () => Client, durable: DurableCall, site: CallSite): Promise<unknown> {
  const call = Call.of(durable);
  const through = client();
  const [id] = await through.dispatch([call]);
  return through.wait(id as string, { via: call.function, site });
}

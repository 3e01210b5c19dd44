/** dispatch-ts itself: the service of `subjects/service.ts`, and its client taking results over HTTP. */
import { Call, Client } from "../../../src/index.ts";
import { allEnded } from "../../load/all-ended.ts";
import { type ClientContext, kindOf, type PeerClient } from "../adapter.ts";

const FUNCTIONS = { trivial: "trivial", steps: "tenSteps", fanOut: "fanOut" };

export async function startClient({ worker }: ClientContext): Promise<PeerClient> {
  const url = worker as string;
  const client = new Client({ apiUrl: url, waitsMax: 10_000, timeoutMs: 60_000 });
  const submit = (name: string, values: readonly number[]) =>
    client.dispatch(
      values.map((value) => new Call({ function: FUNCTIONS[kindOf(name)], args: [value], endpoint: url })),
    );
  return {
    call: async (name, values) => Promise.all((await submit(name, values)).map((id) => client.wait(id))),
    submit: async (name, values) => {
      await submit(name, values);
    },
    drained: () => allEnded(url),
    close: () => client.close(),
  };
}

/** The client's process: submits calls to a peer and takes their results, as the bench orders. */
import { childArgument, serveParent } from "../harness/child.ts";
import type { Adapter } from "./adapter.ts";
import { type ClientBurst, generateCalls } from "./generate-calls.ts";

export interface ClientArgument {
  adapter: string;
  folder: string;
  server: unknown;
  worker: unknown;
}

const { adapter, ...context } = childArgument<ClientArgument>();
const { startClient }: Adapter = await import(adapter);
const client = await startClient(context);

process.removeAllListeners("SIGTERM");
process.once("SIGTERM", async () => {
  const forced = setTimeout(() => process.exit(), 3_000);
  await client.close().catch((error: unknown) => console.error(String(error)));
  clearTimeout(forced);
  process.exit();
});

serveParent({ ready: true }, ({ burst }: { burst: ClientBurst }) => generateCalls(client, burst));

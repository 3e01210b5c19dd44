/** The process that runs a peer's functions. */
import { childArgument, serveParent } from "../harness/child.ts";
import type { Adapter } from "./adapter.ts";
import { Tally } from "./tally.ts";

export interface WorkerArgument {
  adapter: string;
  folder: string;
  server: unknown;
}

// Peers are told by others how they use what they depend on.
process.noDeprecation = true;

const { adapter, folder, server } = childArgument<WorkerArgument>();
const { startWorker }: Adapter = await import(adapter);
const tally = new Tally();
const worker = await startWorker!({ folder, server, tally });

// Peers install handlers of their own for this signal; the bench waits for this one.
process.removeAllListeners("SIGTERM");
process.once("SIGTERM", async () => {
  const forced = setTimeout(() => process.exit(), 3_000);
  await worker.close().catch((error: unknown) => console.error(String(error)));
  clearTimeout(forced);
  process.exit();
});

serveParent({ address: worker.address }, () => tally.answer());

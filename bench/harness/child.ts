/** The other side of `BenchProcess`: what a forked bench module does to be driven. */
import type { Usage } from "./processes.ts";

/** The argument the parent gave. */
export function childArgument<T>(): T {
  return JSON.parse(process.argv[2]!) as T;
}

/** Says the first word (`ready`), then answers each message, `usage` among them. */
export function serveParent(ready: unknown, answer: (message: never) => unknown = () => undefined): void {
  process.on("message", async (message: { type: string }) => {
    process.send!(message.type === "usage" ? usage() : ((await answer(message as never)) ?? {}));
  });
  process.on("disconnect", () => process.exit());
  process.send!(ready);
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssMiB: process.memoryUsage.rss() / 2 ** 20 };
}

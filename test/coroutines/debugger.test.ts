/**
 * A breakpoint on a line of a durable function's TypeScript stops there, with its variables. As a debugger does it:
 * the source map that came with the script says which place of the compiled code the line is.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { allGeneratedPositionsFor, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

const module = new URL("fixtures/stacks.ts", import.meta.url).href;
const lines = readFileSync(new URL(module), "utf8").split("\n");

/** The debugger of a thread: requests to it go through the session of the main thread. */
class ThreadDebugger {
  readonly scripts = new Map<string, { id: string; map: TraceMap }>();
  onPaused: (frames: CallFrame[]) => void = () => {};
  private readonly session: Session;
  private readonly sessionId: string;
  private readonly waiting = new Map<number, (result: never) => void>();
  private next = 1;

  static async attach(start: () => void): Promise<ThreadDebugger> {
    const session = new Session();
    session.connect();
    const attached = new Promise<string>((resolve) =>
      session.on("NodeWorker.attachedToWorker", ({ params }) => resolve(params.sessionId)),
    );
    await session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
    start();
    const made = new ThreadDebugger(session, await attached);
    await made.request("Debugger.enable");
    return made;
  }

  private constructor(session: Session, sessionId: string) {
    this.session = session;
    this.sessionId = sessionId;
    session.on("NodeWorker.receivedMessageFromWorker", ({ params }) =>
      this.receive(JSON.parse(params.message)),
    );
  }

  async request<T>(method: string, params: object = {}): Promise<T> {
    const id = this.next++;
    const message = JSON.stringify({ id, method, params });
    const answered = new Promise<T>((resolve) => this.waiting.set(id, resolve as never));
    await this.session.post("NodeWorker.sendMessageToWorker", { sessionId: this.sessionId, message });
    return answered;
  }

  private receive(message: { id?: number; result?: unknown; method?: string; params?: never }): void {
    if (message.id !== undefined) this.waiting.get(message.id)?.(message.result as never);
    else if (message.method === "Debugger.scriptParsed") this.scriptParsed(message.params!);
    else if (message.method === "Debugger.paused") {
      this.onPaused((message.params as unknown as { callFrames: CallFrame[] }).callFrames);
    }
  }

  private scriptParsed(script: { scriptId: string; url: string; sourceMapURL?: string }): void {
    const base64 = /^data:application\/json;base64,(.*)$/.exec(script.sourceMapURL ?? "")?.[1];
    if (base64 === undefined) return;
    const map = new TraceMap(Buffer.from(base64, "base64").toString());
    this.scripts.set(script.url, { id: script.scriptId, map });
  }

  close(): void {
    this.session.disconnect();
  }
}

interface CallFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly location: { readonly lineNumber: number; readonly columnNumber: number };
}

const STOPS: [line: number, code: string, functionName: string, variable: string, value: unknown][] = [
  [10, "const label", "child", "order.id", 7],
  [11, "await call", "child", "label", "order 7"],
  [13, "return label", "child", "label", "order 7"],
  [19, "return text", "middle", "typeof text", "string"],
  [25, "return (await", "parent", "order.id", 7],
];

test("breakpoints on lines of the source stop there, before and after suspensions", async () => {
  let worker!: Worker;
  const messages: unknown[] = [];
  let onMessage = (): void => {};
  const received = async (count: number) => {
    while (messages.length < count) await new Promise<void>((resolve) => (onMessage = resolve));
  };
  const remote = await ThreadDebugger.attach(() => {
    worker = new Worker(new URL("support/debugged-main.ts", import.meta.url), {
      workerData: { module, name: "debugged", args: [7] },
    });
    worker.on("message", (message) => {
      messages.push(message);
      onMessage();
    });
    worker.on("error", (error) => {
      messages.push(error, error);
      onMessage();
    });
  });
  await received(1);
  assert.equal(messages[0], "loaded");
  const { id, map } = remote.scripts.get(module)!;

  for (const [line, code] of STOPS) {
    assert.match(lines[line - 1]!, new RegExp(code.replace("(", "\\(")));
    const places = allGeneratedPositionsFor(map, {
      source: module,
      line,
      column: lines[line - 1]!.search(/\S/),
    });
    assert.ok(places.length > 0, `line ${line} is nowhere in the compiled code`);
    for (const { line: lineNumber, column } of places) {
      const location = { scriptId: id, lineNumber: lineNumber! - 1, columnNumber: column! };
      await remote.request("Debugger.setBreakpoint", { location });
    }
  }
  const stops: unknown[] = [];
  remote.onPaused = async ([frame]) => {
    const { lineNumber, columnNumber } = frame!.location;
    const { line } = originalPositionFor(map, { line: lineNumber + 1, column: columnNumber });
    const expression = STOPS.find(([one]) => one === line)?.[3] ?? "0";
    const { result } = await remote.request<{ result: { value: unknown } }>("Debugger.evaluateOnCallFrame", {
      callFrameId: frame!.callFrameId,
      expression,
    });
    stops.push([line, frame!.functionName, result.value]);
    await remote.request("Debugger.resume");
  };
  worker.postMessage("run");
  await received(2);
  remote.close();
  await worker.terminate();
  assert.equal((messages[1] as { value: string }).value, "caught at 25");
  const wanted = STOPS.map(([line, , name, , value]) => [line, name, value]);
  for (const one of wanted)
    assert.ok(
      stops.some((stop) => JSON.stringify(stop) === JSON.stringify(one)),
      JSON.stringify({ one, stops }),
    );
  const strange = stops.filter((stop) => !wanted.some((one) => JSON.stringify(stop) === JSON.stringify(one)));
  assert.deepEqual(strange, [], "stops elsewhere");
});

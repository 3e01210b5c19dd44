/** A run of a simulated function: reads its program and how far it came, and answers with the next step. */
import { Status } from "../../wire/status.ts";
import {
  exitResponse,
  failedResponse,
  pollResponse,
  type ReceivedRun,
  readRunRequest,
  tailResponse,
} from "./messages.ts";
import { FAILED, type Program } from "./programs.ts";

interface Progress {
  readonly program: Program;
  step: number;
  sum: number;
  /** Correlation ids of calls whose results are waited for, and of those that lost a race. */
  expecting: string[];
  losers: string[];
  /** Whether the present step has been begun: its calls made, its sleep begun. */
  begun: boolean;
  wakeAtMs: number;
}

export interface RunWorld {
  readonly nowMs: number;
  /** How often this step of this call was tried, by anyone; grows with each question. */
  tries(step: string): number;
  /** A number that no other run gets. */
  nonce(): number;
  violation(message: string): void;
}

/** `callId` names the call for the world's memory; the scheduler's own is not relied on. */
export function interpret(request: Uint8Array, callId: string, world: RunWorld): Uint8Array {
  const run = readRunRequest(request);
  const progress = begin(run, world);
  if (progress === undefined) return failedResponse(Status.PERMANENT_ERROR);
  takeResults(run, progress, world);
  for (;;) {
    const step = progress.program.steps[progress.step];
    if (step === undefined) return exitResponse(String(progress.sum));
    const tries = () => world.tries(`${callId}/${JSON.stringify(progress.program)}/${progress.step}`);
    switch (step.op) {
      case "fail":
        return failedResponse(Status.PERMANENT_ERROR);
      case "tail":
        return tailResponse("simulated", JSON.stringify(step.program));
      case "flaky":
        if (tries() <= step.failures) return failedResponse(step.status);
        break;
      case "incompatible":
        if (tries() <= step.times) return failedResponse(Status.INCOMPATIBLE_STATE);
        break;
      case "sleep":
        if (!progress.begun) progress.wakeAtMs = world.nowMs + step.ms;
        if (world.nowMs < progress.wakeAtMs) return sleep(progress, progress.wakeAtMs - world.nowMs);
        break;
      case "refused":
        if (!progress.begun) return refusedPoll(progress);
        if (!run.refused) world.violation("an invalid poll was not refused");
        break;
      case "calls": {
        const answer = callsStep(progress, step, world);
        if (answer !== undefined) return answer;
      }
    }
    progress.step += 1;
    progress.begun = false;
  }
}

function begin(run: ReceivedRun, world: RunWorld): Progress | undefined {
  if (run.state !== undefined) return JSON.parse(run.state) as Progress;
  if (run.input === undefined) {
    world.violation("a run with neither input nor state");
    return undefined;
  }
  const program = JSON.parse(run.input) as Program;
  return { program, step: 0, sum: program.value, expecting: [], losers: [], begun: false, wakeAtMs: 0 };
}

/** Each result once, and only of calls that were made. */
function takeResults(run: ReceivedRun, progress: Progress, world: RunWorld): void {
  for (const { correlationId, output } of run.results) {
    const id = String(correlationId);
    if (progress.losers.includes(id)) {
      progress.losers = progress.losers.filter((loser) => loser !== id);
    } else if (!progress.expecting.includes(id)) {
      world.violation(`a result that nobody waits for: ${id}`);
    } else {
      progress.expecting = progress.expecting.filter((other) => other !== id);
      const step = progress.program.steps[progress.step];
      if (step?.op !== "calls") world.violation("a result outside of a step that makes calls");
      else if (step.all) progress.sum += output === undefined ? FAILED : Number(output);
      else {
        progress.losers.push(...progress.expecting);
        progress.expecting = [];
      }
    }
  }
}

function callsStep(
  progress: Progress,
  step: Extract<Program["steps"][number], { op: "calls" }>,
  world: RunWorld,
): Uint8Array | undefined {
  const { min, max, maxWaitMs, expirationMs } = step;
  if (!progress.begun) {
    const nonce = BigInt(world.nonce()) << 20n;
    const ids = step.programs.map((_, index) => nonce + BigInt(index));
    const state = { ...progress, begun: true, expecting: ids.map(String) };
    const calls = step.programs.map((program, index) => ({
      correlationId: ids[index]!,
      function: "simulated",
      input: JSON.stringify(program),
      expirationMs,
    }));
    return pollResponse({ state: JSON.stringify(state), calls, maxWaitMs, min, max });
  }
  if (progress.expecting.length === 0) return undefined;
  return pollResponse({
    state: JSON.stringify(progress),
    calls: [],
    maxWaitMs,
    min: Math.min(min, progress.expecting.length),
    max,
  });
}

function sleep(progress: Progress, ms: number): Uint8Array {
  const state = JSON.stringify({ ...progress, begun: true });
  return pollResponse({ state, calls: [], maxWaitMs: Math.max(1000, ms), min: 1, max: 10 });
}

function refusedPoll(progress: Progress): Uint8Array {
  const state = JSON.stringify({ ...progress, begun: true });
  const bad = { correlationId: 1n, function: "not a name", input: "", expirationMs: undefined };
  const good = { ...bad, function: "simulated", input: "{}" };
  return pollResponse({ state, calls: [good, bad], maxWaitMs: 1000, min: 1, max: 1 });
}

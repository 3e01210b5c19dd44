/** What a scenario is given and what it gives back. */
import type { Pinning } from "./processes.ts";
import type { Measurement, ScenarioNote, Size } from "./result.ts";
import type { ProcessShelf } from "./shelf.ts";

export interface Scenario extends ScenarioNote {
  /** Run only when named. */
  onRequest?: boolean;
  run(context: ScenarioContext): Promise<Measurement[]>;
}

export interface ScenarioContext {
  size: Size;
  /** Seconds of each measured burst. */
  seconds: number;
  /** `--seconds` when it was given: for scenarios whose default is another. */
  secondsGiven: number | undefined;
  warmupSeconds: number;
  repeats: number;
  connections: number;
  /** Of scenarios with a scheduler: only modes with this in their name. */
  mode: string;
  seed: number;
  pinning: Pinning;
  /** Where processes are taken from and given back; what a failed scenario leaves taken is stopped at the end. */
  shelf: ProcessShelf;
  /** Argument of subjects that have a store: where its folder is made. Default: that for temporary files. */
  storeFolder: { folder?: string };
  /** Cores of the process under test, or undefined when nothing is pinned. */
  subjectCores: string | undefined;
  generatorCores: string | undefined;
  /** Tells a person what is going on; nothing is printed with --json. */
  progress(text: string): void;
}

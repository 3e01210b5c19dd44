/** What a peer is: how it is started, what work it can do, and what its figures stand for. */
import type { Usage } from "../harness/processes.ts";
import type { TallyAnswer } from "./tally.ts";

/** The work that is the same for all, in the order of the tables. */
export const WORKS = ["trivial", "best", "steps", "fan-out", "latency"] as const;
export type Work = (typeof WORKS)[number];

/** What the client process is asked to do: one burst of one kind of call. */
export interface PeerOrder {
  /** A name that client and worker of the peer both know. */
  function: string;
  /**
   * `results`: each of `inFlight` loops submits `batch` calls and waits for all their results, again and again.
   * `drain`: they submit for a quarter of the time, and the time ends when nothing is left to do.
   */
  kind: "results" | "drain";
  inFlight: number;
  batch: number;
}

export interface PeerMode extends PeerOrder {
  work: Work;
  /** What was done in the peer's own terms; stands in the tables. */
  how: string;
  /** Steps or children that each call has. Default: the call itself is the unit. */
  unitsPerCall?: number;
}

/** A database or server that the peer needs, started by the bench. */
export interface Server {
  /** Passed to the worker and to the client. */
  address: unknown;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface ServerContext {
  /** Where the peers' packages are installed. */
  folder: string;
  /** Cores it is pinned to; undefined: not pinned. */
  cores: string | undefined;
}

export interface ServerKind {
  /** What is missing on this machine, with what to install; undefined: nothing. */
  missing(folder: string): string | undefined;
  version(folder: string): string;
  start(context: ServerContext): Promise<Server>;
}

export interface Peer {
  name: string;
  title: string;
  /** npm packages whose versions are reported; all must be installed in the folder. */
  packages: readonly string[];
  /** What else has a version. */
  versions?: readonly string[];
  server?: ServerKind;
  /** Options of the server and what they mean, in a sentence. */
  durability: string;
  /** Which processes it has besides the client, in a sentence. */
  processes: string;
  modes: readonly PeerMode[];
  /** Work that it has no feature for: what stands in the table, a colon, and why. */
  absent: Partial<Record<Work, string>>;
  /** Module with `startWorker` and `startClient`, given to both processes. */
  adapter: URL;
  /** A process that is started instead of the one which hosts `startWorker`, and how its counts are read. */
  worker?: { module: URL; argument: unknown; tally(answer: unknown): TallyAnswer };
}

/** A result of the peers: the format of the other benches, so that it can be compared, and what is said of each peer. */
import { type BenchResult, type Measurement, readResult } from "../harness/result.ts";
import type { Work } from "./types.ts";

export interface PeerMeasurement extends Measurement {
  peer: string;
  work: Work;
  how: string;
}

export interface PeerNote {
  name: string;
  title: string;
  /** Packages and servers with their versions. */
  versions: string[];
  durability: string;
  processes: string;
  absent: Partial<Record<Work, string>>;
  /** Why it has no figures: not installed, or it failed. */
  unmeasured?: string;
}

export interface PeersResult extends BenchResult {
  /** Cores of the processes of a peer, and of the client; undefined: nothing was pinned. */
  cores?: { subject: string; generator: string };
  peers: PeerNote[];
  measurements: PeerMeasurement[];
}

/** @throws {Error} that names the file when it is no result of the peers */
export function readPeersResult(file: string): PeersResult {
  const result = readResult(file) as PeersResult;
  if (!Array.isArray(result.peers)) throw new Error(`${file} is a bench result, but not one of the peers`);
  return result;
}

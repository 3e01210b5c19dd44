import type { Latency } from "../harness/stats.ts";

/** One burst of load against one route. */
export interface LoadOrder {
  url: string;
  /** Default: POST. */
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body: Uint8Array;
  connections: number;
  seconds: number;
  /** Requests a second for an open loop; absent: a closed loop, as fast as answers come. */
  ratePerSecond?: number;
  /** Open loop only: reports windows of this length besides the whole. */
  windowSeconds?: number;
}

export interface LoadReport {
  /** Answers with status 2xx. */
  answers: number;
  errors: number;
  seconds: number;
  latencyMs: Latency;
  /** Share of one core that the generator itself used. */
  generatorLoad: number;
  windows?: LoadWindow[];
}

/** The answers that came between the end of the window before and `atSeconds` after the start. */
export interface LoadWindow {
  atSeconds: number;
  rate: number;
  p99Ms: number;
}

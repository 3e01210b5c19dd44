/** Bounds on a graph. A graph written within them can be read within the same. */
export interface GraphLimits {
  /** Size in bytes. Default: 64 MiB. */
  readonly bytesMax?: number;
  /** Objects, each counted once. Default: 4,000,000. */
  readonly nodesMax?: number;
  /**
   * References between the root and the object farthest from it. The codec itself needs no stack, but code that
   * receives deep values often does. Default: 250,000.
   */
  readonly depthMax?: number;
}

export const BYTES_MAX = 64 * 1024 * 1024;
export const NODES_MAX = 4_000_000;
export const DEPTH_MAX = 250_000;

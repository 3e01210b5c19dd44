/** Order statistics for repeated measurements. */

export interface Spread {
  median: number;
  min: number;
  max: number;
  /** Half the distance between the extremes, relative to the median: 0.05 reads as ±5 %. */
  relative: number;
}

/** Summarises repeats of one figure. An empty list is a programming error and throws RangeError. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values to summarise");
  const sorted = [...values].sort((a, b) => a - b);
  const median = quantileOfSorted(sorted, 0.5);
  const min = sorted[0]!;
  const max = sorted.at(-1)!;
  return { median, min, max, relative: median === 0 ? 0 : (max - min) / 2 / median };
}

/** The q-quantile (0 to 1) of ascending values, linear between neighbours. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new RangeError("no values to take a quantile of");
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

export interface Latency {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** Percentiles of latencies in milliseconds; sorts the samples in place. */
export function latencyOf(samples: Float64Array): Latency {
  samples.sort();
  const at = (q: number) => (samples.length === 0 ? 0 : quantileOfSorted(samples, q));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** The percentiles of the repeat that stands in the middle by each figure. */
export function medianLatency(repeats: readonly Latency[]): Latency {
  const of = (key: keyof Latency) => spreadOf(repeats.map((latency) => latency[key])).median;
  return { p50: of("p50"), p90: of("p90"), p99: of("p99"), p999: of("p999"), max: of("max") };
}

/** Bounds of the histograms, shared so that dashboards can compare them. */

/** Seconds, from 0.1 ms to 5 min: runs are as short as a hash and as long as a report. */
export const DURATION_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  300,
];

/** Runs or calls in one message. */
export const BATCH_SIZE = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Bytes, up to the default body limit. */
export const SIZE_BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

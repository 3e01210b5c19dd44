import type { Time } from "./messages.ts";

/** Whole milliseconds of a time, fractions dropped towards the past. */
export function millisecondsOf(time: Time): number {
  return time.seconds * 1000 + Math.floor(time.nanos / 1_000_000);
}

/** A timestamp: `nanos` is never negative. Fractions of a millisecond are dropped. */
export function timestampOf(milliseconds: number): Time {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.floor(milliseconds - seconds * 1000) * 1_000_000 };
}

/** A duration: `seconds` and `nanos` have the same sign. Fractions of a millisecond are dropped. */
export function durationOf(milliseconds: number): Time {
  const seconds = Math.trunc(milliseconds / 1000);
  return { seconds, nanos: Math.trunc(milliseconds - seconds * 1000) * 1_000_000 };
}

/** google/protobuf/timestamp.proto: the years 1 to 9999. */
export function isTimestamp({ seconds, nanos }: Time): boolean {
  return seconds >= -62_135_596_800 && seconds <= 253_402_300_799 && nanos >= 0 && nanos <= 999_999_999;
}

import { registerSerializable } from "../graph/index.ts";

/** A span of time as `google.protobuf.Duration` carries it. Dates have a class in JavaScript, durations have not. */
export class Duration {
  /** May be negative, and fractional down to nanoseconds. */
  readonly milliseconds: number;

  /** @throws {RangeError} when not finite, or beyond the ±10,000 years of `google.protobuf.Duration`. */
  constructor(milliseconds: number) {
    if (!(Math.abs(milliseconds) <= MILLISECONDS_MAX)) {
      throw new RangeError(`duration of ${milliseconds} ms is outside ±${MILLISECONDS_MAX} ms`);
    }
    this.milliseconds = milliseconds;
  }

  static ofSeconds(seconds: number): Duration {
    return new Duration(seconds * 1000);
  }

  /** Milliseconds, so that durations compare and add as numbers do. */
  valueOf(): number {
    return this.milliseconds;
  }

  toString(): string {
    return `${this.milliseconds} ms`;
  }
}

/** Bound of google/protobuf/duration.proto: 315,576,000,000 seconds. */
const MILLISECONDS_MAX = 315_576_000_000_000;

/** Inside of lists and maps, where no google.protobuf.Duration can be. */
registerSerializable(Duration, {
  name: "dispatch.Duration",
  toState: (duration) => duration.milliseconds,
  fromState: (milliseconds) => new Duration(Number(milliseconds)),
});

// Whether an intraday answer is in UTC, as was asked with `timezone=UTC`, or in the user's local time, because the
// parameter was ignored. The answer does not say and repeats no zone; what is known is only that the parameter is documented and
// that the data is local by nature (Fitbit reference §5). So the request covers the activity under both readings, and this file
// weighs which of the two holds it. A pure function of the samples; it cannot be certain, and says what it rests on.

import type { TimeBasis } from "../port.ts";
import type { WallSample, WallWindow } from "./wall-clock.ts";

const second = 1000;
const day = 86_400 * second;
/** A device's clock may be ahead of ours by this much before a sample counts as one of the future. */
const clockTolerance = 5 * 60 * second;
/** One reading's average must be this much nearer to the provider's own before it counts. */
const clearBpmDifference = 2;
/** One reading must hold this many times as many samples: sensors record more often during an exercise than at rest. */
const clearDensityRatio = 1.5;

/** What was asked for, in absolute time, and the offset of the clock that a local answer would show. */
export interface Question {
  readonly startTime: number;
  readonly endTime: number;
  readonly utcOffsetSeconds: number;
  readonly now: number;
  readonly averageHeartRate?: number | null;
  readonly timeBasisWhenUnclear?: TimeBasis;
}

/**
 * The stretch of wall time to ask for: the activity on a clock in UTC and on the local one, and what lies between. Where
 * that is a day or more (documented most: 24 h), only the UTC reading, or the local one when an earlier answer proved it.
 */
export function wallWindow(question: Question): WallWindow {
  const start = Math.floor(question.startTime / second) * second;
  const end = Math.ceil(question.endTime / second) * second;
  const offset = question.utcOffsetSeconds * second;
  const both = { start: Math.min(start, start + offset), end: Math.max(end, end + offset) };
  if (both.end - both.start < day) return both;
  const shift = question.timeBasisWhenUnclear === "inferred" ? offset : 0;
  return { start: start + shift, end: Math.min(end, start + day - second) + shift };
}

/**
 * Decides which clock the samples show. In the order of how much each proves:
 * 1. without an offset both readings are one;
 * 2. a sample that one reading puts into the future rules that reading out;
 * 3. only one reading has samples where the other has none (a watch worn for the exercise only);
 * 4. the provider's average over the activity, against each reading's own;
 * 5. how densely the sensor recorded, in the part where the readings do not overlap;
 * 6. what an earlier answer proved, else the documented behaviour: UTC.
 */
export function timeBasisOf(samples: readonly WallSample[], question: Question): TimeBasis {
  const offset = question.utcOffsetSeconds * second;
  if (offset === 0) return "utc";
  return (
    byFuture(samples, offset, question.now) ??
    byPresence(samples, offset, question) ??
    byAverage(samples, offset, question) ??
    byDensity(samples, offset, question) ??
    question.timeBasisWhenUnclear ??
    "utc"
  );
}

function byFuture(samples: readonly WallSample[], offset: number, now: number): TimeBasis | null {
  const latest = samples.reduce((most, { wallTime }) => Math.max(most, wallTime), Number.NEGATIVE_INFINITY);
  const utcPossible = latest <= now + clockTolerance;
  const localPossible = latest - offset <= now + clockTolerance;
  if (utcPossible === localPossible) return null;
  return utcPossible ? "utc" : "inferred";
}

function byPresence(samples: readonly WallSample[], offset: number, question: Question): TimeBasis | null {
  const utc = exclusive(samples, 0, offset, question).length;
  const local = exclusive(samples, offset, 0, question).length;
  if ((utc === 0) === (local === 0)) return null;
  return utc > 0 ? "utc" : "inferred";
}

function byAverage(samples: readonly WallSample[], offset: number, question: Question): TimeBasis | null {
  const told = question.averageHeartRate ?? null;
  const utc = average(samples.filter((sample) => isWithin(sample, 0, question)));
  const local = average(samples.filter((sample) => isWithin(sample, offset, question)));
  if (told === null || utc === null || local === null) return null;
  const difference = Math.abs(utc - told) - Math.abs(local - told);
  if (Math.abs(difference) < clearBpmDifference) return null;
  return difference < 0 ? "utc" : "inferred";
}

function byDensity(samples: readonly WallSample[], offset: number, question: Question): TimeBasis | null {
  const utc = exclusive(samples, 0, offset, question).length;
  const local = exclusive(samples, offset, 0, question).length;
  if (Math.max(utc, local) < Math.min(utc, local) * clearDensityRatio) return null;
  if (utc === local) return null;
  return utc > local ? "utc" : "inferred";
}

/** Samples within the activity when the clock is off by `offset`, but not when it is off by `otherOffset`. */
function exclusive(
  samples: readonly WallSample[],
  offset: number,
  otherOffset: number,
  question: Question,
): readonly WallSample[] {
  return samples.filter(
    (sample) => isWithin(sample, offset, question) && !isWithin(sample, otherOffset, question),
  );
}

function isWithin(sample: WallSample, offset: number, question: Question): boolean {
  const time = sample.wallTime - offset;
  return time > question.startTime - second && time < question.endTime + second;
}

function average(samples: readonly WallSample[]): number | null {
  if (samples.length === 0) return null;
  return samples.reduce((sum, { bpm }) => sum + bpm, 0) / samples.length;
}

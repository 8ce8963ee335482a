// Whether an intraday answer is in UTC, as was asked with `timezone=UTC`, or in the user's local time, because the parameter
// was ignored. The answer repeats no zone; all that is known is that the parameter is documented and that the data is local by
// nature (Fitbit reference §5). So the request covers the activity under both readings, and this file weighs which of the two
// holds it. It is a pure function of the samples and cannot always be certain.
//
// The two mistakes do not weigh the same. Reading local times as UTC loses the heart rate of an activity, which its completeness
// then says. Reading UTC as local puts another hour's heart beats onto it, for example those of the walk two hours before,
// while its own have not been uploaded yet: an invention. So UTC is the default, and local needs proof.

import type { HeartRateRequest, TimeBasis } from "../port.ts";
import type { WallSample, WallWindow } from "./wall-clock.ts";

const second = 1000;
const minute = 60 * second;
const day = 86_400 * second;
/** A device's clock may be ahead of ours by this much before a sample counts as one of the future. */
const clockTolerance = 5 * minute;
/** The provider averages over time, we over samples, which come more often when the heart beats faster. */
const averageToleranceBpm = 5;
/** A reading that covers the activity and whose average is further off than this cannot be the activity. */
const refutedBpm = 15;
/** Readings whose averages are nearer to each other than this cannot be told apart by them. */
const clearDifferenceBpm = 2;
/** Sensors record more often during an exercise than at rest; a reading this many times as dense is the exercise. */
const clearDensityRatio = 1.5;
/** The share of the activity's minutes that must hold a sample before local times are believed. */
const leastCoverage = 0.5;

/** The request with the time of asking, in epoch milliseconds. */
export interface Question extends HeartRateRequest {
  readonly now: number;
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
 * Decides which clock the samples show, by what proves most:
 * 1. without an offset both readings are one;
 * 2. a sample that one reading puts into the future rules that reading out;
 * 3. against the provider's average over the activity: the reading that comes clearly nearer, or, where both come near,
 *    the one that holds clearly more samples; the local reading must cover half of the activity and come within 5 bpm, or
 *    within 15 where the UTC reading covers it too and is further off than that;
 * 4. what an earlier answer proved, else UTC.
 */
export function timeBasisOf(samples: readonly WallSample[], question: Question): TimeBasis {
  const offset = question.utcOffsetSeconds * second;
  if (offset === 0 || samples.length === 0) return "utc";
  return byFuture(samples, offset, question.now) ?? byAverage(samples, offset, question) ?? byHabit(question);
}

function byHabit(question: Question): TimeBasis {
  return question.timeBasisWhenUnclear ?? "utc";
}

function byFuture(samples: readonly WallSample[], offset: number, now: number): TimeBasis | null {
  const latest = samples.reduce((most, { wallTime }) => Math.max(most, wallTime), Number.NEGATIVE_INFINITY);
  const utcPossible = latest <= now + clockTolerance;
  const localPossible = latest - offset <= now + clockTolerance;
  if (utcPossible === localPossible) return null;
  return utcPossible ? "utc" : "inferred";
}

function byAverage(samples: readonly WallSample[], offset: number, question: Question): TimeBasis | null {
  if (question.averageHeartRate === null) return null;
  const utc = reading(samples, 0, question, question.averageHeartRate);
  const local = reading(samples, offset, question, question.averageHeartRate);
  const utcIsRefuted = utc.coverage >= leastCoverage && utc.bpmOff > refutedBpm;
  const tolerance = utcIsRefuted ? refutedBpm : averageToleranceBpm;
  const localIsPossible = local.bpmOff <= tolerance && local.coverage >= leastCoverage;
  if (!localIsPossible) return utc.count > 0 ? "utc" : null;
  if (utc.bpmOff - local.bpmOff >= clearDifferenceBpm) return "inferred";
  if (local.bpmOff - utc.bpmOff >= clearDifferenceBpm) return "utc";
  // Where the two readings overlap, the same samples speak for both; only the rest tells them apart.
  const utcOnly = countWithin(samples, 0, offset, question);
  const localOnly = countWithin(samples, offset, 0, question);
  if (localOnly > utcOnly * clearDensityRatio) return "inferred";
  return utcOnly > localOnly * clearDensityRatio ? "utc" : null;
}

/** How many samples lie within the activity when the clock is off by `offset`, but not when it is off by `otherOffset`. */
function countWithin(
  samples: readonly WallSample[],
  offset: number,
  otherOffset: number,
  question: Question,
): number {
  let count = 0;
  for (const sample of samples) {
    if (isWithin(sample, offset, question) && !isWithin(sample, otherOffset, question)) count += 1;
  }
  return count;
}

function isWithin({ wallTime }: WallSample, offset: number, question: Question): boolean {
  const time = wallTime - offset;
  return time > question.startTime - second && time < question.endTime + second;
}

/** What a reading makes of the activity: how many samples, how far their average is off, what share of its minutes has one. */
interface Reading {
  readonly count: number;
  readonly bpmOff: number;
  readonly coverage: number;
}

function reading(
  samples: readonly WallSample[],
  offset: number,
  question: Question,
  averageHeartRate: number,
): Reading {
  const minutes = new Set<number>();
  let count = 0;
  let sum = 0;
  for (const sample of samples) {
    if (!isWithin(sample, offset, question)) continue;
    count += 1;
    sum += sample.bpm;
    minutes.add(Math.max(0, Math.floor((sample.wallTime - offset - question.startTime) / minute)));
  }
  const wholeMinutes = Math.max(1, Math.floor((question.endTime - question.startTime) / minute));
  return {
    count,
    bpmOff: count === 0 ? Number.POSITIVE_INFINITY : Math.abs(sum / count - averageHeartRate),
    coverage: minutes.size / wholeMinutes,
  };
}

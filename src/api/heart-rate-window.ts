// How much of a free window the heart rate covers, by the same measure as an activity's (rule 11): a second counts as
// covered when a sample lies within a minute of it.

import type { StreamCompleteness } from "../activities/document.ts";
import type { HeartRateSample, MissingReason } from "../providers/port.ts";

/** How far a sample vouches for the time around it. */
const reachMilliseconds = 60_000;
const edgeSecondsAtMost = 120;

/** Completeness of samples, sorted by time, over a window in epoch milliseconds. */
export function windowCompleteness(
  samples: readonly HeartRateSample[],
  window: { readonly startTime: number; readonly endTime: number },
  reason: MissingReason | null,
): StreamCompleteness {
  const length = window.endTime - window.startTime;
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) {
    return {
      state: "absent",
      reason: reason ?? "not_worn",
      coverage: 0,
      largestGapSeconds: Math.round(length / 1000),
      samples: 0,
    };
  }
  let covered = 0;
  let coveredTo = window.startTime;
  let largestGap = 0;
  let previous = window.startTime;
  for (const { time } of samples) {
    largestGap = Math.max(largestGap, time - previous);
    previous = time;
    const from = Math.max(coveredTo, time - reachMilliseconds);
    const to = Math.min(window.endTime, time + reachMilliseconds);
    if (to > from) covered += to - from;
    coveredTo = Math.max(coveredTo, to);
  }
  largestGap = Math.max(largestGap, window.endTime - previous);
  const coverage = Math.round((covered / length) * 1000) / 1000;
  const edge = Math.min(edgeSecondsAtMost * 1000, length / 10);
  const isComplete =
    first.time - window.startTime <= edge && window.endTime - last.time <= edge && coverage >= 0.8;
  return {
    state: isComplete ? "complete" : "partial",
    ...(isComplete ? {} : { reason: reason ?? "not_worn" }),
    coverage,
    largestGapSeconds: Math.round(largestGap / 1000),
    samples: samples.length,
  };
}

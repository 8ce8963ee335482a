// How much of what it should hold each stream of an activity holds (rule 11), what is therefore worth another look, and which
// of two states of the same stream is more (rule 8). It measures and compares; when to look again is the sync's to decide.

import type { ActivitySummary, GrantScope } from "../providers/port.ts";
import type { Completeness, StreamCompleteness, StreamReason } from "./document.ts";

export type StreamName = keyof Completeness;
const streamNames: readonly StreamName[] = ["gps", "heartRate"];

/** A sample speaks for the minute before and the minute after it. */
const reachSeconds = 60;
const leastCoverage = 0.8;
const leastMinuteSeconds = 55;
const edge = { seconds: 120, share: 0.1 };

/** What a stream is measured against. Times in epoch milliseconds. */
export interface Expectation {
  readonly start: number;
  readonly end: number;
  /** Without pauses, in which a sensor may be silent. */
  readonly activeSeconds: number;
}

/**
 * Measures a stream by the times of its samples, ascending. `complete`: the first within min(120 s, 10 %) of the start, the
 * last as near the end, and 80 % of the active time has a sample within 60 s. `reason` is kept unless it is complete;
 * `atMostPartial` is for samples so coarse that they cannot be the whole stream.
 */
export function measureStream(
  times: readonly number[],
  expectation: Expectation,
  reason?: StreamReason,
  atMostPartial = false,
): StreamCompleteness {
  const { start, end } = expectation;
  const elapsedSeconds = (end - start) / 1000;
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) {
    const absent = {
      state: "absent",
      coverage: 0,
      largestGapSeconds: Math.round(elapsedSeconds),
      samples: 0,
    } as const;
    return reason === undefined ? absent : { ...absent, reason };
  }
  const { coveredSeconds, largestGapSeconds } = spread(times, start, end);
  const coverage = Math.min(
    1,
    coveredSeconds / Math.max(1, Math.min(expectation.activeSeconds, elapsedSeconds)),
  );
  const edgeSeconds = Math.min(edge.seconds, elapsedSeconds * edge.share);
  const reachesEdges = (first - start) / 1000 <= edgeSeconds && (end - last) / 1000 <= edgeSeconds;
  const isComplete = reachesEdges && coverage >= leastCoverage && !atMostPartial;
  const measured = {
    coverage: Math.round(coverage * 100) / 100,
    largestGapSeconds: Math.round(largestGapSeconds),
    samples: times.length,
  };
  if (isComplete) return { state: "complete", ...measured };
  return reason === undefined ? { state: "partial", ...measured } : { state: "partial", reason, ...measured };
}

/** Whether most of the samples are a minute apart, give or take what a clock rounds off. Times ascend. */
export function isByTheMinute(times: readonly number[]): boolean {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const long = gaps.filter((gap) => gap >= leastMinuteSeconds * 1000);
  return long.length > gaps.length / 2;
}

/** Seconds that have a sample within reach, and the longest silence, edges included. */
function spread(
  times: readonly number[],
  start: number,
  end: number,
): { coveredSeconds: number; largestGapSeconds: number } {
  const reach = reachSeconds * 1000;
  let covered = 0;
  let coveredUntil = start;
  let largestGap = 0;
  let previous = start;
  for (const time of times) {
    largestGap = Math.max(largestGap, time - previous);
    previous = time;
    const until = Math.min(end, time + reach);
    covered += Math.max(0, until - Math.max(coveredUntil, time - reach));
    coveredUntil = Math.max(coveredUntil, until);
  }
  return { coveredSeconds: covered / 1000, largestGapSeconds: Math.max(largestGap, end - previous) / 1000 };
}

/**
 * The streams that were expected, may still come, and for which the user gave the scope: what late looks are for. Heart
 * rate comes in pieces, so one that is partial may grow; a route comes whole with its file, so only an absent one may.
 */
export function missingStreams(
  completeness: Completeness,
  summary: Pick<ActivitySummary, "gpsExpected" | "heartRateExpected">,
  grantedScopes: readonly GrantScope[],
): readonly StreamName[] {
  const missing: StreamName[] = [];
  const { gps, heartRate } = completeness;
  if (
    summary.gpsExpected &&
    grantedScopes.includes("location") &&
    gps.state === "absent" &&
    mayCome(gps.reason)
  ) {
    missing.push("gps");
  }
  const heartRateMayCome = heartRate.state !== "complete" && mayCome(heartRate.reason);
  // The provider refuses heart rate by second to an application, not for an activity: asking again does not help.
  const isRefused = heartRate.reason === "provider_refused" || heartRate.reason === "one_minute_only";
  if (summary.heartRateExpected && grantedScopes.includes("heartrate") && heartRateMayCome && !isRefused) {
    missing.push("heartRate");
  }
  return missing;
}

function mayCome(reason: StreamReason | undefined): boolean {
  return reason !== "scope_not_granted" && reason !== "too_large";
}

/** The streams of which `next` holds less than `previous`: a lower state, or fewer samples in the same one. */
export function streamsWithLess(previous: Completeness, next: Completeness): readonly StreamName[] {
  return streamNames.filter((name) => compareStreams(next[name], previous[name]) < 0);
}

/** Whether `next` may follow `previous` for the same version of an activity: no stream goes from more to less. */
export function neverLess(previous: Completeness, next: Completeness): boolean {
  return streamsWithLess(previous, next).length === 0;
}

const rank = { absent: 0, partial: 1, complete: 2 } as const;

/** Negative where `one` holds less than `other`, positive where it holds more. */
function compareStreams(one: StreamCompleteness, other: StreamCompleteness): number {
  return rank[one.state] - rank[other.state] || one.samples - other.samples;
}

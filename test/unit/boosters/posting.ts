// Activities as FitGlue's pipeline posts them, and samples as a provider tells them, for the tests of the boosters.

import type { Sample } from "../../../src/boosters/fitbit-heart-rate.ts";
import {
  heartRateOf,
  type PostedActivity,
  type PostedLap,
  type PostedRecord,
  recordsOf,
} from "../../../src/boosters/posted-activity.ts";

export const minute = 60_000;
export const hour = 60 * minute;

/** A winter evening in London, where the clock on the wall shows UTC. */
export const evening = Date.parse("2026-11-19T17:00:00Z");

export function at(time: number): string {
  return new Date(time).toISOString();
}

export interface Shape {
  readonly start?: number;
  readonly seconds?: number;
  /** One list of records a lap; none: no laps. */
  readonly laps?: readonly (readonly PostedRecord[])[];
  readonly name?: string;
  readonly type?: string;
}

export function activityOf({ start = evening, seconds = 1800, laps, name, type }: Shape): PostedActivity {
  return {
    startTime: at(start),
    ...(name === undefined ? {} : { name }),
    ...(type === undefined ? {} : { type }),
    sessions: [
      {
        startTime: at(start),
        totalElapsedTime: seconds,
        ...(laps === undefined ? {} : { laps: laps.map((records): PostedLap => ({ records })) }),
      },
    ],
  };
}

/** A record every `every` seconds from `start`, with a place that tells them apart. */
export function recordsEvery(every: number, seconds: number, start = evening): PostedRecord[] {
  return Array.from({ length: Math.floor(seconds / every) + 1 }, (_, index) => ({
    timestamp: at(start + index * every * 1000),
    positionLat: 51 + index / 1e5,
    positionLong: -1,
  }));
}

/** A sample every `every` seconds, both ends included; `bpm` of the seconds since `start`. */
export function samplesEvery(
  every: number,
  seconds: number,
  bpm: (second: number) => number = () => 120,
  start = evening,
): Sample[] {
  return Array.from({ length: Math.floor(seconds / every) + 1 }, (_, index) => ({
    time: start + index * every * 1000,
    bpm: bpm(index * every),
  }));
}

/** What each record says: seconds since `start`, beats; null for none. */
export function beatsOf(activity: PostedActivity, start = evening): [number, number | null][] {
  return recordsOf(activity).map((record) => [
    (Date.parse(record.timestamp) - start) / 1000,
    heartRateOf(record),
  ]);
}

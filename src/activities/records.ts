// The records of an activity: one a second at most, ascending, from the TCX's points and the heart rate by second. Merging goes
// by absolute time and never depends on the order in which either source came. Nothing is moved, filled or smoothed: a value
// stands in the second in which it was measured, and a second without a measurement has no record.

import type { HeartRateSample } from "../providers/port.ts";
import type { TcxSamples } from "../tcx/document.ts";

/** One second of an activity. Absent is undefined. */
export interface ActivityRecord {
  /** Epoch milliseconds, as the source has it: two records may be less than a second apart, but never in the same second. */
  readonly time: number;
  readonly latitudeDegrees?: number;
  readonly longitudeDegrees?: number;
  readonly altitudeMeters?: number;
  /** As the source has it; distance.ts makes it fit to be cumulative. */
  readonly distanceMeters?: number;
  readonly heartRateBpm?: number;
}

type Mutable = { -readonly [Field in keyof ActivityRecord]: ActivityRecord[Field] };

/** The stretch of time that records are taken from, in epoch milliseconds, both ends included. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

const second = 1000;

/**
 * The points of one or more tables as records, ascending. Of two points in one second the earlier stands, and takes from
 * the later what it lacks, a position only whole.
 */
export function recordsOfPoints(
  tables: readonly TcxSamples[],
  window: TimeWindow,
): readonly ActivityRecord[] {
  const points: Mutable[] = [];
  for (const samples of tables) {
    for (let index = 0; index < samples.count; index++) {
      const point = pointAt(samples, index);
      if (point.time >= window.start && point.time <= window.end) points.push(point);
    }
  }
  // Stable, so that of two points at the same instant the one that the file has first stays first.
  points.sort((one, other) => one.time - other.time);
  const records: Mutable[] = [];
  for (const point of points) {
    const previous = records.at(-1);
    if (previous !== undefined && secondOf(previous.time) === secondOf(point.time)) complete(previous, point);
    else records.push(point);
  }
  return records;
}

/**
 * Puts heart rate into the records: into the record of the same second where it has none of its own, and as a record of
 * its own where the second has no record. Exactly the same second, not the nearest: sensors report every 1 to 15 s, and a
 * beat that is moved is a beat that was not measured there. Samples outside the window are left out.
 * @param records ascending, as `recordsOfPoints` gives them
 * @param samples in any order; of two in one second the earlier stands
 */
export function mergeHeartRate(
  records: readonly ActivityRecord[],
  samples: readonly HeartRateSample[],
  window: TimeWindow,
): readonly ActivityRecord[] {
  // Samples are stamped to the second, so the one that the window starts in counts as within it.
  const within = samples.filter(
    ({ time }) => secondOf(time) >= secondOf(window.start) && secondOf(time) <= secondOf(window.end),
  );
  const sorted = [...within].sort((one, other) => one.time - other.time);
  const merged: ActivityRecord[] = [];
  let next = 0;
  const takeBefore = (limit: number) => {
    for (
      let sample = sorted[next];
      sample !== undefined && secondOf(sample.time) < limit;
      sample = sorted[next]
    ) {
      next += 1;
      const last = merged.at(-1);
      if (last !== undefined && secondOf(last.time) === secondOf(sample.time)) continue;
      merged.push({ time: Math.max(sample.time, window.start), heartRateBpm: sample.bpm });
    }
  };
  for (const record of records) {
    const at = secondOf(record.time);
    takeBefore(at);
    const sample = sorted[next];
    const matches = sample !== undefined && secondOf(sample.time) === at;
    merged.push(
      matches && record.heartRateBpm === undefined ? { ...record, heartRateBpm: sample.bpm } : record,
    );
  }
  takeBefore(Number.POSITIVE_INFINITY);
  return merged;
}

function secondOf(time: number): number {
  return Math.floor(time / second);
}

function pointAt(samples: TcxSamples, index: number): Mutable {
  const point: Mutable = { time: samples.timeMilliseconds[index] ?? Number.NaN };
  const latitude = samples.latitudeDegrees[index];
  const longitude = samples.longitudeDegrees[index];
  if (isPresent(latitude) && isPresent(longitude)) {
    point.latitudeDegrees = latitude;
    point.longitudeDegrees = longitude;
  }
  const altitude = samples.altitudeMeters[index];
  if (isPresent(altitude)) point.altitudeMeters = altitude;
  const distance = samples.distanceMeters[index];
  if (isPresent(distance)) point.distanceMeters = distance;
  const heartRate = samples.heartRateBpm[index];
  if (heartRate !== undefined && heartRate > 0) point.heartRateBpm = heartRate;
  return point;
}

function isPresent(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

function complete(record: Mutable, later: ActivityRecord): void {
  if (record.latitudeDegrees === undefined && later.latitudeDegrees !== undefined) {
    record.latitudeDegrees = later.latitudeDegrees;
    if (later.longitudeDegrees !== undefined) record.longitudeDegrees = later.longitudeDegrees;
  }
  for (const field of ["altitudeMeters", "distanceMeters", "heartRateBpm"] as const) {
    const value = later[field];
    if (record[field] === undefined && value !== undefined) record[field] = value;
  }
}

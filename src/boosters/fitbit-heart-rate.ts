// Fitbit Heart Rate: lays the user's heart rate over an activity of any source. Everything goes by absolute time: a sample
// belongs to the instant at which it was taken, whatever the activity's laps, rhythm or time zone, so nothing is stretched,
// shifted or held beyond a gap.

import {
  heartRateOf,
  type PostedActivity,
  type PostedLap,
  type PostedSession,
  recordsOf,
} from "./posted-activity.ts";
import { withSecondRecords } from "./second-records.ts";

/** One reading of the heart; `time` in epoch milliseconds. */
export interface Sample {
  readonly time: number;
  readonly bpm: number;
}

export interface Window {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
}

export interface OverlayMetadata {
  /** Share of the activity's records that have a heart rate now; 0 to 1. */
  readonly coverage: number;
  /** Samples within the activity's time. */
  readonly samples: number;
  /** Longest time within the activity without a sample, its edges included. */
  readonly largestGapSeconds: number;
  readonly records: number;
  readonly recordsWithHeartRate: number;
}

export type SkipReason = "has_heart_rate" | "no_duration" | "no_heart_rate";

export type Overlay =
  | { readonly status: "merged"; readonly activity: PostedActivity; readonly metadata: OverlayMetadata }
  | { readonly status: "skipped"; readonly reason: SkipReason }
  /** The device has not synced what it recorded. */
  | { readonly status: "retry"; readonly retryAfterSeconds: number; readonly reason: "device_not_synced" };

/** Samples further apart than this say nothing of the time between them. */
export const longestGapMilliseconds = 10_000;
/** How far the first and last sample may be inside the activity before the device counts as not synced. */
const edgeMilliseconds = 120_000;
/** A device that has not synced an hour after the activity may never do so. */
const waitingMilliseconds = 3_600_000;

/** Whether any record has a heart rate of its own. */
export function hasHeartRate(activity: PostedActivity): boolean {
  return recordsOf(activity).some((record) => heartRateOf(record) !== null);
}

/** From the first instant that the activity speaks of to the last; null when it lasts no time at all. */
export function windowOf(activity: PostedActivity): Window | null {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const session of activity.sessions) {
    const begin = startOf(activity, session);
    start = Math.min(start, begin);
    end = Math.max(end, begin + (session.totalElapsedTime ?? 0) * 1000);
  }
  for (const record of recordsOf(activity)) {
    const time = Date.parse(record.timestamp);
    start = Math.min(start, time);
    end = Math.max(end, time);
  }
  return end > start ? { start, end } : null;
}

/** What the sessions last together, however they lie: so many records an activity without any would get. */
export function sessionsMilliseconds({ sessions }: Pick<PostedActivity, "sessions">): number {
  return sessions.reduce((sum, { totalElapsedTime }) => sum + (totalElapsedTime ?? 0), 0) * 1000;
}

/**
 * The activity with heart rate, or why not.
 * @param samples the user's heart rate around the activity, ascending, one an instant; more than the activity's time is no
 * harm, and up to 10 s more on either side lets its first and last records lie between two samples
 * @param now epoch milliseconds
 * @param isFinal nothing more can come, so nothing is waited for
 */
export function overlayHeartRate(
  activity: PostedActivity,
  samples: readonly Sample[],
  {
    force,
    now,
    isFinal = false,
  }: { readonly force: boolean; readonly now: number; readonly isFinal?: boolean },
): Overlay {
  if (!force && hasHeartRate(activity)) return { status: "skipped", reason: "has_heart_rate" };
  const window = windowOf(activity);
  if (window === null) return { status: "skipped", reason: "no_duration" };
  const within = samples.filter(({ time }) => time >= window.start && time <= window.end);
  if (!isFinal && isWaiting(within, window, now)) {
    return {
      status: "retry",
      retryAfterSeconds: retryAfter(window, now),
      reason: "device_not_synced",
    };
  }
  const pen = new Pen(samples);
  const sessions = activity.sessions.map((session) => {
    const ready = withSecondRecords(session, startOf(activity, session));
    return withSummary({ ...ready, laps: ready.laps?.map((lap) => pen.write(lap)) }, force);
  });
  if (pen.written === 0) return { status: "skipped", reason: "no_heart_rate" };
  const merged = { ...activity, sessions };
  const records = recordsOf(merged);
  const recordsWithHeartRate = records.filter((record) => heartRateOf(record) !== null).length;
  return {
    status: "merged",
    activity: merged,
    metadata: {
      coverage: recordsWithHeartRate / records.length,
      samples: within.length,
      largestGapSeconds: largestGap(within, window) / 1000,
      records: records.length,
      recordsWithHeartRate,
    },
  };
}

function startOf(activity: PostedActivity, session: PostedSession): number {
  return Date.parse(session.startTime ?? activity.startTime);
}

function isWaiting(within: readonly Sample[], window: Window, now: number): boolean {
  if (now - window.end >= waitingMilliseconds) return false;
  const first = within[0];
  const last = within.at(-1);
  return (
    first === undefined ||
    last === undefined ||
    first.time - window.start > edgeMilliseconds ||
    window.end - last.time > edgeMilliseconds
  );
}

/**
 * Most devices sync within minutes: asked again after one at first, then every five, and for the last time when the hour is
 * over. An activity that has not ended yet is waited for.
 */
function retryAfter(window: Window, now: number): number {
  const sinceEnd = now - window.end;
  if (sinceEnd < 0) return Math.ceil(-sinceEnd / 1000) + 60;
  const usual = sinceEnd < 600_000 ? 60 : 300;
  return Math.min(usual, Math.ceil((waitingMilliseconds - sinceEnd) / 1000));
}

/** Writes heart rate into laps, and counts the records that got one. */
class Pen {
  written = 0;
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** A record at an instant of which the samples say nothing keeps what its source measured, or nothing. */
  write(lap: PostedLap): PostedLap {
    if (lap.records === undefined) return lap;
    const records = lap.records.map((record) => {
      const bpm = this.#read(Date.parse(record.timestamp));
      if (bpm === null) return record;
      this.written += 1;
      return { ...record, heartRate: bpm };
    });
    return { ...lap, records };
  }

  /** A sample's own beats, or between two at most 10 s apart those on the line from one to the other. */
  #read(time: number): number | null {
    const index = this.#countUntil(time);
    const before = this.#samples[index - 1];
    const after = this.#samples[index];
    if (before === undefined) return null;
    if (before.time === time) return Math.round(before.bpm);
    if (after === undefined || after.time - before.time > longestGapMilliseconds) return null;
    const share = (time - before.time) / (after.time - before.time);
    return Math.round(before.bpm + share * (after.bpm - before.bpm));
  }

  /** How many samples were taken at `time` or before. */
  #countUntil(time: number): number {
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#samples[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Average and maximum of the session's records; those that its source told stay unless forced. */
function withSummary(session: PostedSession, force: boolean): PostedSession {
  const beats = recordsOf({ sessions: [session] }).flatMap((record) => heartRateOf(record) ?? []);
  if (beats.length === 0) return session;
  const average = Math.round(beats.reduce((sum, bpm) => sum + bpm, 0) / beats.length);
  const greatest = beats.reduce((most, bpm) => Math.max(most, bpm), 0);
  return {
    ...session,
    avgHeartRate: !force && session.avgHeartRate ? session.avgHeartRate : average,
    maxHeartRate: !force && session.maxHeartRate ? session.maxHeartRate : greatest,
  };
}

function largestGap(within: readonly Sample[], window: Window): number {
  let last = window.start;
  let largest = 0;
  for (const { time } of within) {
    largest = Math.max(largest, time - last);
    last = time;
  }
  return Math.max(largest, window.end - last);
}

// Times as Fitbit's intraday series writes them: "HH:mm:ss" without a date and without a zone. A wall time here is epoch
// milliseconds of a clock that reads so, as if it stood in UTC; which clock it was is decided in time-basis.ts.

import type { HeartRateSample } from "../port.ts";

const second = 1000;
const day = 86_400 * second;

/** A stretch of wall time, both ends included, in whole seconds and shorter than a day. */
export interface WallWindow {
  readonly start: number;
  readonly end: number;
}

/** One point of the series before its clock is known. */
export interface WallSample {
  readonly wallTime: number;
  readonly bpm: number;
}

/** "yyyy-MM-dd" of a wall time. */
export function wallDate(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(0, 10);
}

/** "HH:mm:ss" of a wall time. */
export function wallClock(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(11, 19);
}

/**
 * Gives every point its date: a time of day before the window's start belongs to the day after (the series crosses
 * midnight once at most). Points that are odd, or no heart rate of a living person, are left out.
 */
export function placeOnDates(dataset: readonly unknown[], window: WallWindow): readonly WallSample[] {
  const startOfDay = Math.floor(window.start / day) * day;
  const startTimeOfDay = window.start - startOfDay;
  const samples: WallSample[] = [];
  for (const point of dataset) {
    const { time, value } = fields(point);
    const timeOfDay = timeOfDayMilliseconds(time);
    if (timeOfDay === null || typeof value !== "number" || !(value >= 1 && value <= 254)) continue;
    const date = timeOfDay < startTimeOfDay ? startOfDay + day : startOfDay;
    samples.push({ wallTime: date + timeOfDay, bpm: Math.round(value) });
  }
  return samples;
}

/** Samples in absolute time within the window's ends, ascending; of two at one instant the first stands. */
export function toAbsolute(
  samples: readonly WallSample[],
  clockOffsetSeconds: number,
  startTime: number,
  endTime: number,
): readonly HeartRateSample[] {
  const placed = samples
    .map(({ wallTime, bpm }) => ({ time: wallTime - clockOffsetSeconds * second, bpm }))
    // Points are stamped to the second, so the second in which the window starts or ends is still within it.
    .filter(({ time }) => time > startTime - second && time < endTime + second)
    .sort((one, other) => one.time - other.time);
  return placed.filter((sample, index) => placed[index - 1]?.time !== sample.time);
}

function fields(point: unknown): { readonly time: unknown; readonly value: unknown } {
  if (typeof point !== "object" || point === null) return { time: undefined, value: undefined };
  return {
    time: "time" in point ? point.time : undefined,
    value: "value" in point ? point.value : undefined,
  };
}

function timeOfDayMilliseconds(text: unknown): number | null {
  const match = typeof text === "string" ? /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) : null;
  if (match === null) return null;
  return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) * second;
}

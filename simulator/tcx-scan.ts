// Reads just enough of an uploaded TCX file to list it: sport, start, duration, distance, calories and the heart rate
// that the intraday endpoint will serve. It scans with regular expressions and forgives everything, because the file
// itself is served byte for byte and judging it is the client's work.

import { parseTimeWithOffset } from "./time-zone.ts";
import type { HeartRateSample } from "./workout.ts";

export interface ScannedFile {
  sport: string;
  startTimeMs: number;
  utcOffsetSeconds: number;
  durationSeconds: number;
  distanceMeters: number | null;
  calories: number;
  hasPositions: boolean;
  heartRate: HeartRateSample[];
}

const prefix = "(?:[A-Za-z_][\\w.-]*:)?";
const trackpoint = new RegExp(`<${prefix}Trackpoint(?:\\s[^>]*)?>([\\s\\S]*?)</${prefix}Trackpoint>`, "g");
const time = new RegExp(`<${prefix}Time>\\s*([^<]+?)\\s*</`);
const heartRate = new RegExp(`<${prefix}HeartRateBpm[^>]*>\\s*<${prefix}Value>\\s*([\\d.]+)\\s*<`);
const latitude = new RegExp(`<${prefix}LatitudeDegrees>`);
const distance = new RegExp(`<${prefix}DistanceMeters>\\s*([\\d.eE+-]+)\\s*<`);

/** Null when the text holds no time to begin with. */
export function scanTcx(text: string): ScannedFile | null {
  const points: { timeMs: number; utcOffsetSeconds: number }[] = [];
  const samples = new Map<number, number>();
  let hasPositions = false;
  let farthest: number | null = null;
  for (const match of text.matchAll(trackpoint)) {
    const inner = match[1] ?? "";
    const at = readTime(time.exec(inner)?.[1]);
    if (!at) continue;
    points.push(at);
    hasPositions ||= latitude.test(inner);
    const bpm = Math.round(Number(heartRate.exec(inner)?.[1]));
    if (bpm > 0 && bpm < 256) samples.set(at.timeMs, bpm);
    const meters = Number(distance.exec(inner)?.[1] ?? Number.NaN);
    if (Number.isFinite(meters)) farthest = Math.max(farthest ?? 0, meters);
  }

  const outside = text.replace(trackpoint, "");
  const first = earliest(points);
  const written = readTime(new RegExp(`<${prefix}Id>\\s*([^<]+?)\\s*</`).exec(outside)?.[1]);
  const lapStart = readTime(
    new RegExp(`<${prefix}Lap\\s[^>]*StartTime\\s*=\\s*["']([^"']+)["']`).exec(outside)?.[1],
  );
  const start =
    [written, lapStart].find((one) => one && (!first || plausible(one.timeMs, first.timeMs))) ?? first;
  if (!start) return null;

  const lapSeconds = sum(outside, "TotalTimeSeconds") ?? 0;
  const last = points.reduce((latest, point) => Math.max(latest, point.timeMs), start.timeMs);
  return {
    sport:
      new RegExp(`<${prefix}Activity\\s[^>]*Sport\\s*=\\s*["']([^"']*)["']`).exec(outside)?.[1] ?? "Other",
    startTimeMs: start.timeMs,
    utcOffsetSeconds: start.utcOffsetSeconds,
    durationSeconds: Math.max(1, lapSeconds, (last - start.timeMs) / 1000),
    distanceMeters: sum(outside, "DistanceMeters") ?? farthest,
    calories: Math.round(sum(outside, "Calories") ?? 0),
    hasPositions,
    heartRate: [...samples]
      .map(([timeMs, bpm]) => ({ timeMs, bpm }))
      .sort((left, right) => left.timeMs - right.timeMs),
  };
}

/** A file without zone is read as UTC. */
function readTime(value: string | undefined): { timeMs: number; utcOffsetSeconds: number } | null {
  if (value === undefined) return null;
  return parseTimeWithOffset(value) ?? parseTimeWithOffset(`${value}Z`);
}

function earliest<T extends { timeMs: number }>(points: readonly T[]): T | null {
  return points.reduce<T | null>(
    (first, point) => (first && first.timeMs <= point.timeMs ? first : point),
    null,
  );
}

/** A written start within a day before the first point is the start; anything else is a slip of the producer. */
function plausible(startMs: number, firstPointMs: number): boolean {
  return startMs <= firstPointMs && firstPointMs - startMs < 86_400_000;
}

function sum(outside: string, name: string): number | null {
  let total: number | null = null;
  for (const match of outside.matchAll(new RegExp(`<${prefix}${name}>\\s*([\\d.eE+-]+)\\s*<`, "g"))) {
    const value = Number(match[1]);
    if (Number.isFinite(value)) total = (total ?? 0) + value;
  }
  return total;
}

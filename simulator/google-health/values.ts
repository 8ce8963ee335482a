// How proto3 JSON writes things: 64-bit integers as strings, durations as "900s", times in RFC 3339 with Z and as many
// fraction digits as there are to tell, civil times without the parts that are zero.

import type { Json } from "../json.ts";

/** `900s`, `3539.368s`. */
export function duration(seconds: number): string {
  return `${Math.round(seconds * 1000) / 1000}s`;
}

/** `2026-11-20T06:58:12Z`, or with milliseconds. */
export function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(".000Z", "Z");
}

/** With six digits, as createTime and updateTime have them (observed): the last three belong to the key. */
export function preciseTimestamp(timeMs: number, microseconds: number): string {
  return new Date(timeMs).toISOString().replace("Z", `${String(microseconds % 1000).padStart(3, "0")}Z`);
}

/** A 64-bit integer. */
export function int64(value: number): string {
  return String(Math.round(value));
}

/** The wall clock's date. */
export function civilDate(
  timeMs: number,
  utcOffsetSeconds: number,
): { year: number; month: number; day: number } {
  const wall = new Date(timeMs + utcOffsetSeconds * 1000);
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** The wall clock; parts that are zero are absent, and at midnight the whole time is. */
export function civilDateTime(timeMs: number, utcOffsetSeconds: number): Json {
  const wall = new Date(timeMs + utcOffsetSeconds * 1000);
  const parts = {
    hours: wall.getUTCHours() || undefined,
    minutes: wall.getUTCMinutes() || undefined,
    seconds: wall.getUTCSeconds() || undefined,
  };
  const midnight = Object.values(parts).every((part) => part === undefined);
  return { date: civilDate(timeMs, utcOffsetSeconds), time: midnight ? undefined : parts };
}

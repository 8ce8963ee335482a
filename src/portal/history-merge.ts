// One page of Activity History from several sources that are each read only so far. A source that may hold more than was
// read of it says how far it was read: what lies beyond cannot be shown yet, because that source may have entries between.

import { newestFirst, type Position } from "./history-position.ts";

/** What was read of one source, newest first. */
export interface Reading<Entry extends Position> {
  readonly entries: readonly Entry[];
  /** The last place that was looked at; null when the source holds nothing beyond. */
  readonly readUntil: Position | null;
}

export interface Merged<Entry extends Position> {
  readonly entries: readonly Entry[];
  /** Where the next page begins; null when this is the last. A page may be short, and even empty, and have a next one. */
  readonly next: Position | null;
}

/** The newest entries of all sources, at most `pageSize`. */
export function mergeReadings<Entry extends Position>(
  readings: readonly Reading<Entry>[],
  pageSize: number,
): Merged<Entry> {
  const limits = readings.flatMap(({ readUntil }) => (readUntil === null ? [] : [readUntil]));
  const [limit] = limits.sort(newestFirst);
  const known = readings
    .flatMap(({ entries }) => entries)
    .filter((entry) => limit === undefined || newestFirst(entry, limit) <= 0)
    .sort(newestFirst);
  const last = known[pageSize - 1];
  if (known.length > pageSize && last !== undefined) {
    return { entries: known.slice(0, pageSize), next: last };
  }
  return { entries: known, next: limit ?? null };
}

/**
 * The entries under their days, the newest day first; `day` names one as `2026-11-21`. Whoever travels has entries of two clocks
 * that alternate between two days, and finds each day once all the same.
 */
export function groupByDay<Entry>(
  entries: readonly Entry[],
  dayOf: (entry: Entry) => string,
): { readonly day: string; readonly entries: readonly Entry[] }[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = dayOf(entry);
    groups.set(day, [...(groups.get(day) ?? []), entry]);
  }
  return [...groups]
    .map(([day, ofDay]) => ({ day, entries: ofDay }))
    .sort((one, other) => (one.day < other.day ? 1 : -1));
}

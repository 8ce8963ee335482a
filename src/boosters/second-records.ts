// Records for a session that has none, as a workout from a gym log: one a second, so that a heart rate has where to stand.
// They hold a time and nothing else; nothing is said about the body or the place.

import type { PostedLap, PostedRecord, PostedSession } from "./posted-activity.ts";

/**
 * The session with a record at every whole second from its start to its end, both included. One that has any record keeps
 * those it has, however few: where they stand is the source's word.
 * @param start epoch milliseconds
 */
export function withSecondRecords(session: PostedSession, start: number): PostedSession {
  const laps = session.laps ?? [];
  if (laps.some((lap) => (lap.records ?? []).length > 0)) return session;
  const elapsedSeconds = session.totalElapsedTime ?? 0;
  const records = Array.from({ length: Math.floor(elapsedSeconds) + 1 }, (_, second) => ({
    timestamp: timestampOf(start + second * 1000),
  }));
  if (laps.length === 0) {
    return {
      ...session,
      laps: [{ startTime: timestampOf(start), totalElapsedTime: elapsedSeconds, records }],
    };
  }
  return { ...session, laps: dealOut(laps, records, start) };
}

/**
 * Each record to the last lap that has begun, those before the first lap to the first. Laps that do not tell when they begin,
 * or not in their order, leave all of it to the first: an exercise of a gym log often is such a lap.
 */
function dealOut(
  laps: readonly PostedLap[],
  records: readonly PostedRecord[],
  sessionStart: number,
): PostedLap[] {
  const starts = startsOf(laps, sessionStart);
  const isInOrder = starts.every((start, index) => index === 0 || start > (starts[index - 1] ?? start));
  const dealt: PostedRecord[][] = laps.map(() => []);
  let lap = 0;
  for (const record of records) {
    while (isInOrder && (starts[lap + 1] ?? Number.POSITIVE_INFINITY) <= Date.parse(record.timestamp))
      lap += 1;
    dealt[lap]?.push(record);
  }
  return laps.map((each, index) => ({ ...each, records: dealt[index] ?? [] }));
}

/** When each lap begins, in epoch milliseconds; one that does not say so follows the one before. */
function startsOf(laps: readonly PostedLap[], sessionStart: number): number[] {
  let next = sessionStart;
  return laps.map((lap) => {
    const start = lap.startTime === undefined ? next : Date.parse(lap.startTime);
    next = start + (lap.totalElapsedTime ?? 0) * 1000;
    return start;
  });
}

/** RFC 3339 in UTC as protojson writes it: with a fraction only where there is one. */
function timestampOf(time: number): string {
  const text = new Date(time).toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}

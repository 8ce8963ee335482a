// Whether a listed session is still being recorded. Google lists sessions while they run, with an end that moves on: one was seen
// created 80 s before its own end and updated 4 s after it (Google Health reference §3.6, observed). Nothing says so in the row,
// so this is an inference, and it is bounded in time: a session is late by it, never lost.

const minute = 60_000;
/** An end that lies ahead is believed while the session is being written. A day later it is a wrong clock, not a long workout. */
const longestAhead = 24 * 60 * minute;
/** After the last change of a session whose stop has not been seen. The reference advises 10 minutes (§3.6, inferred). */
const quiet = 10 * minute;

/** What a row says of its own course. Times in epoch milliseconds. */
export interface SessionCourse {
  readonly startTime: number;
  readonly endTime: number;
  /** When the row was last written, null where it does not say. */
  readonly touchedAt: number | null;
  readonly isMeasuredActively: boolean;
  readonly events: readonly string[];
  readonly now: number;
}

/**
 * Under way is a session
 * - whose end is still to come, unless nobody has written it for a day; or
 * - that was started on the device, shows a START and no STOP, and was written in the last 10 minutes.
 * A session without events is taken at its end's word: recognised ones often have none (observed).
 */
export function isUnderWay(course: SessionCourse): boolean {
  const { endTime, touchedAt, now } = course;
  if (endTime > now) return now - (touchedAt ?? course.startTime) < longestAhead;
  const isOpen = course.events.includes("START") && !course.events.includes("STOP");
  return course.isMeasuredActively && isOpen && now - (touchedAt ?? endTime) < quiet;
}

// When what a Google push speaks of happened, as windows in epoch milliseconds. A notification names no record, only
// intervals, in three forms of which any may be missing or broken (reference §6.4: Google's own example has `2026-03-0B`).
// What cannot be read is left out and never throws: without a window the routine list still looks.

export interface Window {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
}

const hour = 3_600_000;
const day = 24 * hour;

/** Clocks on the wall differ from UTC by at most 14 hours. */
const civilMarginMilliseconds = 14 * hour;
/** No wearable of theirs recorded anything before. */
const earliest = Date.UTC(2000, 0, 1);
const longestMilliseconds = 400 * day;
/** Windows nearer than this become one: a list is asked by days anyway. */
const joinMilliseconds = day;
const windowsAtMost = 20;

/** Reads one element of `intervals`; null when no form of it can be read, or it lies outside all reason. `now` in epoch ms. */
export function readInterval(interval: unknown, now: number): Window | null {
  if (!isRecord(interval)) return null;
  const window =
    readForm(interval.physicalTimeInterval, "startTime", "endTime", readInstant, 0) ??
    readForm(
      interval.civilIso8601TimeInterval,
      "startTime",
      "endTime",
      readCivilText,
      civilMarginMilliseconds,
    ) ??
    readForm(
      interval.civilDateTimeInterval,
      "startDateTime",
      "endDateTime",
      readCivilParts,
      civilMarginMilliseconds,
    );
  if (window === null) return null;
  const end = Math.min(window.end, now + 2 * day);
  const start = Math.max(window.start, earliest, end - longestMilliseconds);
  return start > end ? null : { start, end };
}

/** Sorted, those that overlap or lie within a day of each other joined, at most 20: then the nearest are joined. */
export function mergeWindows(windows: readonly Window[]): Window[] {
  const merged: Window[] = [];
  for (const window of windows.toSorted((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last !== undefined && window.start - last.end <= joinMilliseconds) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, window.end) };
    } else merged.push(window);
  }
  return joinNearest(merged);
}

/** Sorted and apart: the widest gaps stay, all others are closed. */
function joinNearest(windows: readonly Window[]): Window[] {
  if (windows.length <= windowsAtMost) return [...windows];
  const gaps = windows.slice(1).map((window, index) => ({
    before: index + 1,
    width: window.start - (windows[index]?.end ?? window.start),
  }));
  const kept = new Set(
    gaps
      .toSorted((left, right) => right.width - left.width)
      .slice(0, windowsAtMost - 1)
      .map((gap) => gap.before),
  );
  const joined: Window[] = [];
  for (const [index, window] of windows.entries()) {
    const last = joined.at(-1);
    if (last === undefined || kept.has(index)) joined.push(window);
    else joined[joined.length - 1] = { start: last.start, end: window.end };
  }
  return joined;
}

function readForm(
  form: unknown,
  startName: string,
  endName: string,
  read: (value: unknown) => number | null,
  marginMilliseconds: number,
): Window | null {
  if (!isRecord(form)) return null;
  const start = read(form[startName]);
  const end = read(form[endName]);
  if (start === null || end === null || end < start) return null;
  return { start: start - marginMilliseconds, end: end + marginMilliseconds };
}

const datePart = "(\\d{4})-(\\d{2})-(\\d{2})";
const timePart = "(\\d{2}):(\\d{2}):(\\d{2})(?:\\.\\d{1,9})?";
const instantPattern = new RegExp(`^${datePart}T${timePart}(?:Z|([+-])(\\d{2}):(\\d{2}))$`, "i");
const civilPattern = new RegExp(`^${datePart}(?:T${timePart})?$`, "i");

/** RFC 3339, whole seconds: a window needs no more. */
function readInstant(value: unknown): number | null {
  const match = typeof value === "string" ? instantPattern.exec(value) : null;
  if (match === null) return null;
  const local = utcOf(match.slice(1, 7).map(Number));
  const offsetMinutes = Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0);
  if (local === null || offsetMinutes > 24 * 60) return null;
  return local - (match[7] === "-" ? -offsetMinutes : offsetMinutes) * 60_000;
}

function readCivilText(value: unknown): number | null {
  const match = typeof value === "string" ? civilPattern.exec(value) : null;
  return match === null ? null : utcOf(match.slice(1, 7).map((part) => Number(part ?? 0)));
}

/** `{date: {year, month, day}, time?: {hours?, minutes?, seconds?}}`; parts that are zero are left out (reference §3.3). */
function readCivilParts(value: unknown): number | null {
  if (!isRecord(value) || !isRecord(value.date)) return null;
  const time = isRecord(value.time) ? value.time : {};
  const { year, month, day: dayOfMonth } = value.date;
  const parts = [year, month, dayOfMonth, time.hours ?? 0, time.minutes ?? 0, time.seconds ?? 0];
  return parts.every((part) => typeof part === "number") ? utcOf(parts) : null;
}

/** Epoch milliseconds of a date and time read as UTC; null for a 30 February or a 25th hour. 24:00 is the day's end. */
function utcOf(parts: readonly number[]): number | null {
  const [year = 0, month = 0, dayOfMonth = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  if (!parts.every(Number.isInteger) || year < 1 || year > 9999) return null;
  if (hours < 0 || hours > 24 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return null;
  const midnight = new Date(Date.UTC(year, month - 1, dayOfMonth));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== dayOfMonth) return null;
  return midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// Wall clocks. Fitbit answers in the user's local time, so the simulator has to turn instants into local dates and
// back, over both changes to and from summer time. Offsets are seconds east of UTC; instants are epoch milliseconds.

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}

/** Whether the platform knows this IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatterOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** No zone changes its clocks but at a full quarter of an hour, and asking the platform takes microseconds a trackpoint. */
const quarterHourMs = 900_000;
const knownOffsets = new Map<string, number>();

/** The offset from UTC, in seconds, that clocks of this zone show at the instant. */
export function utcOffsetSecondsAt(timeZone: string, timeMs: number): number {
  const key = `${timeZone} ${Math.floor(timeMs / quarterHourMs)}`;
  const known = knownOffsets.get(key);
  if (known !== undefined) return known;
  const offset = readOffset(timeZone, timeMs);
  if (knownOffsets.size > 10_000) knownOffsets.clear();
  knownOffsets.set(key, offset);
  return offset;
}

function readOffset(timeZone: string, timeMs: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(timeMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return Math.round((wall - Math.floor(timeMs / 1000) * 1000) / 1000);
}

/**
 * The instant at which clocks of this zone show `wallMs` (local time written as if it were UTC). An hour that happens
 * twice means its first time; an hour that does not happen means the instant an hour later.
 */
export function instantOfWallClock(timeZone: string, wallMs: number): number {
  const before = wallMs - utcOffsetSecondsAt(timeZone, wallMs - 86_400_000) * 1000;
  if (before + utcOffsetSecondsAt(timeZone, before) * 1000 === wallMs) return before;
  const after = wallMs - utcOffsetSecondsAt(timeZone, wallMs + 86_400_000) * 1000;
  if (after + utcOffsetSecondsAt(timeZone, after) * 1000 === wallMs) return after;
  return before;
}

/** The local date, `yyyy-MM-dd`. */
export function localDate(timeMs: number, utcOffsetSeconds: number): string {
  return new Date(timeMs + utcOffsetSeconds * 1000).toISOString().slice(0, 10);
}

/** The local time of day, `HH:mm:ss`. */
export function localTimeOfDay(timeMs: number, utcOffsetSeconds: number): string {
  return new Date(timeMs + utcOffsetSeconds * 1000).toISOString().slice(11, 19);
}

/** The local date and time without a zone, `yyyy-MM-ddTHH:mm:ss`. */
export function localDateTime(timeMs: number, utcOffsetSeconds: number): string {
  return new Date(timeMs + utcOffsetSeconds * 1000).toISOString().slice(0, 19);
}

/** Fitbit's way to write an instant: milliseconds always, `Z` for an offset of zero (observed), else `+hh:mm`. */
export function fitbitTime(timeMs: number, utcOffsetSeconds: number): string {
  const local = new Date(timeMs + utcOffsetSeconds * 1000).toISOString().slice(0, 23);
  if (utcOffsetSeconds === 0) return `${local}Z`;
  const minutes = Math.round(Math.abs(utcOffsetSeconds) / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${local}${utcOffsetSeconds < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;

/** Reads an RFC 3339 time and keeps its own offset; null when it is none. */
export function parseTimeWithOffset(text: string): { timeMs: number; utcOffsetSeconds: number } | null {
  const match = rfc3339.exec(text.trim());
  if (!match) return null;
  const [, date, time, decimals = "", zulu, sign, hours, minutes] = match;
  const wall = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(wall)) return null;
  const milliseconds = Math.round(Number(`0${decimals}`) * 1000);
  const size = zulu ? 0 : Number(hours) * 3600 + Number(minutes) * 60;
  const utcOffsetSeconds = size === 0 ? 0 : sign === "-" ? -size : size;
  return { timeMs: wall + milliseconds - utcOffsetSeconds * 1000, utcOffsetSeconds };
}

// Times as TCX writes them (xsd:dateTime): any offset, any fraction.
// A time without an offset is read as UTC, which the schema's own examples and old Garmin exporters mean by it.

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/;

/** Milliseconds since 1970 UTC, finer digits cut off; null if the text is no time that exists. */
export function parseTime(text: string): number | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const part = (index: number) => Number(match[index] ?? 0);
  const offsetHours = part(9);
  const offsetMinutes = part(10);
  if (offsetHours > 23 || offsetMinutes > 59) return null;
  const milliseconds = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const offset = (match[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  const time = timeFromParts(part(1), part(2), part(3), part(4), part(5), part(6), milliseconds, offset);
  return Number.isNaN(time) ? null : time;
}

/** Milliseconds since 1970 UTC of a date and time that is `offsetMinutes` ahead of UTC; NaN if there is none such. */
export function timeFromParts(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
  offsetMinutes: number,
): number {
  if (year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  if (hour > 24 || minute > 59 || second > 59) return Number.NaN;
  // 24:00:00 is the end of the day (xsd:dateTime), 24:00:01 is nothing.
  if (hour === 24 && (minute > 0 || second > 0 || millisecond > 0)) return Number.NaN;
  const minutes = daysSince1970(year, month, day) * 1_440 + hour * 60 + minute - offsetMinutes;
  return minutes * 60_000 + second * 1_000 + millisecond;
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Days in the Gregorian calendar, with years that begin in March so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

// What FIT's fields hold. The encoder writes a number that its field cannot hold as another number, so such a value is left out
// here, or stands as the nearest that there is, where each function says which.

/** FIT counts seconds from the last day of 1989. */
const fitEpoch = Date.UTC(1989, 11, 31);

/** Seconds below count from when a watch was switched on and not from 1989 (`date_time` in FIT's profile): 3 July 1998. */
const earliest = fitEpoch + 0x1000_0000 * 1000;
/** The greatest number means "none". */
const latest = fitEpoch + (2 ** 32 - 2) * 1000;

/** Whether FIT has a number for a time, in epoch milliseconds: July 1998 to February 2126. */
export function fitHoldsTime(milliseconds: number): boolean {
  return milliseconds >= earliest && milliseconds <= latest;
}

/** The time, or the nearest that FIT has a number for; the encoder cuts fractions of a second off. */
export function fitTime(milliseconds: number): Date {
  return new Date(Math.min(latest, Math.max(earliest, milliseconds)));
}

/** The watch's own clock, which FIT counts as if it were UTC. */
export function fitLocalTime(milliseconds: number, utcOffsetSeconds: number): number {
  return Math.floor((fitTime(milliseconds + utcOffsetSeconds * 1000).getTime() - fitEpoch) / 1000);
}

/** Half a turn in semicircles. */
const semicirclesPerDegree = 2 ** 31 / 180;

/** 180° east is one more than there is, which wraps to 180° west, the same meridian; the one before means "none". */
export function semicircles(degrees: number): number {
  const rounded = Math.round(degrees * semicirclesPerDegree);
  return rounded === 2 ** 31 - 1 ? rounded - 1 : rounded | 0;
}

/** What FIT's fields hold, by their scales and offsets; the greatest number of a field means "none". */
export const ranges = {
  seconds: [0, (2 ** 32 - 2) / 1000],
  distanceMeters: [0, (2 ** 32 - 2) / 100],
  altitudeMeters: [-500, (2 ** 16 - 2) / 5 - 500],
  whole: [0, 2 ** 16 - 2],
} as const;

/** The value, undefined where the field cannot hold it. */
export function ranged(
  value: number | undefined,
  [lowest, greatest]: readonly [number, number],
): number | undefined {
  return value === undefined || value < lowest || value > greatest ? undefined : value;
}

export function whole(value: number | undefined): number | undefined {
  return value === undefined ? undefined : ranged(Math.round(value), ranges.whole);
}

/** One byte, the nearest where it has no room: 255 means "none". */
export function fitBeat(bpm: number | undefined): number | undefined {
  return bpm === undefined ? undefined : Math.min(254, Math.max(1, Math.round(bpm)));
}

/** The field, or no field where there is no value. */
export function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Field in Name]?: Value } {
  if (value === undefined) return {};
  return { [name]: value } as { readonly [Field in Name]?: Value };
}

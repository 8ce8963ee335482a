// The document's records as columns of numbers, and what the charts draw of them. Pure. Gaps stay gaps: where two samples of a
// series are more than 10 s apart its line ends and begins anew, and nothing is drawn in between.

import { amountOf, type SpeedMeasure } from "../activity-pace.ts";

/** Samples further apart than this are not joined. */
export const gapSeconds = 10;
/** Pace is the distance of about this long, because a watch's position jumps by metres from second to second. */
const smoothingSeconds = 15;
/** Slower than this is standing: it has no pace that a chart could show. */
const standingMetersPerSecond = 0.5;

/** What is read of a document; everything else in it is left alone. */
export interface DrawnDocument {
  readonly startTime: string;
  readonly standardizedActivity: {
    readonly sessions: readonly { readonly laps: readonly { readonly records?: readonly DrawnRecord[] }[] }[];
  };
}

interface DrawnRecord {
  readonly timestamp: string;
  readonly heartRate?: number;
  readonly altitude?: number;
  readonly positionLat?: number;
  readonly positionLong?: number;
  readonly distance?: number;
}

/** One entry a record in every column; NaN where the record has no such value. */
export interface Columns {
  /** Since the activity's start, ascending. */
  readonly seconds: Float64Array;
  readonly latitudeDegrees: Float64Array;
  /** Without a jump at the date line: there it goes on beyond 180. */
  readonly longitudeDegrees: Float64Array;
  readonly distanceMeters: Float64Array;
  readonly heartRateBpm: Float64Array;
  readonly altitudeMeters: Float64Array;
  readonly metersPerSecond: Float64Array;
}

/** A line as a chart takes it: ascending places, and a null value at every gap. */
export type Series = [places: number[], values: (number | null)[]];

export function columnsOf(document: DrawnDocument): Columns {
  const records = document.standardizedActivity.sessions.flatMap(({ laps }) =>
    laps.flatMap((lap) => lap.records ?? []),
  );
  const start = Date.parse(document.startTime);
  const column = (value: (record: DrawnRecord) => number | undefined) =>
    Float64Array.from(records, (record) => value(record) ?? Number.NaN);
  const seconds = column(({ timestamp }) => (Date.parse(timestamp) - start) / 1000);
  const distanceMeters = column(({ distance }) => distance);
  return {
    seconds,
    latitudeDegrees: column(({ positionLat }) => positionLat),
    longitudeDegrees: unwrapped(column(({ positionLong }) => positionLong)),
    distanceMeters,
    heartRateBpm: column(({ heartRate }) => heartRate),
    altitudeMeters: column(({ altitude }) => altitude),
    metersPerSecond: speedsOf(seconds, distanceMeters),
  };
}

/** The stretches of the route that were measured without a gap, as places on a map. */
export function routeOf({ seconds, latitudeDegrees, longitudeDegrees }: Columns): [number, number][][] {
  const stretches: [number, number][][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of indicesWith(latitudeDegrees)) {
    const time = at(seconds, index);
    if (time - last > gapSeconds) stretches.push([]);
    stretches.at(-1)?.push([at(latitudeDegrees, index), at(longitudeDegrees, index)]);
    last = time;
  }
  return stretches;
}

/** One column over time. */
export function overTime({ seconds }: Columns, values: Float64Array): Series {
  return seriesOf(seconds, seconds, values);
}

/**
 * One column over distance in kilometres. A sample between two points of the track stands between them in proportion to
 * time; where the track has a gap, it has no place.
 */
export function overDistance(columns: Columns, values: Float64Array): Series {
  return seriesOf(columns.seconds, placesAlong(columns), values);
}

/** Kilometres from the start for each record; NaN where the distance is not known within a gap's length. */
export function placesAlong({ seconds, distanceMeters }: Columns): Float64Array {
  const places = new Float64Array(seconds.length).fill(Number.NaN);
  let previous = -1;
  for (const index of indicesWith(distanceMeters)) {
    const [from, until] = [at(seconds, previous), at(seconds, index)];
    if (previous >= 0 && until - from <= gapSeconds) {
      const [begun, covered] = [at(distanceMeters, previous), at(distanceMeters, index)];
      for (let between = previous + 1; between < index; between++) {
        const share = (at(seconds, between) - from) / (until - from);
        places[between] = (begun + (covered - begun) * share) / 1000;
      }
    }
    places[index] = at(distanceMeters, index) / 1000;
    previous = index;
  }
  return places;
}

/** Speeds as the numbers of an axis, standing left out. */
export function amountsOf(measure: SpeedMeasure, metersPerSecond: Float64Array): Float64Array {
  return metersPerSecond.map((speed) =>
    measure !== "speed" && !(speed >= standingMetersPerSecond)
      ? Number.NaN
      : (amountOf(measure, speed) ?? Number.NaN),
  );
}

/** The value of a column at a moment: of the nearest record that has one, and none further away than a gap; NaN otherwise. */
export function valueNear({ seconds }: Columns, values: Float64Array, moment: number): number {
  const middle = nearest(seconds, moment);
  let [value, distance] = [Number.NaN, gapSeconds];
  for (const step of [1, -1]) {
    for (let index = middle; index >= 0 && index < seconds.length; index += step) {
      const away = Math.abs(at(seconds, index) - moment);
      if (away > distance) break;
      if (!Number.isNaN(at(values, index))) {
        [value, distance] = [at(values, index), away];
        break;
      }
    }
  }
  return value;
}

/** The index whose value is nearest to `wanted` in an ascending column; -1 in an empty one. */
export function nearest(ascending: ArrayLike<number>, wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(ascending, middle) < wanted) low = middle;
    else high = middle;
  }
  return wanted - at(ascending, low) <= at(ascending, high) - wanted ? low : high;
}

/** Speed over about 15 s around each record with a distance. Half of that is shorter than a gap, so none is ever crossed. */
function speedsOf(seconds: Float64Array, distanceMeters: Float64Array): Float64Array {
  const speeds = new Float64Array(seconds.length).fill(Number.NaN);
  const known = indicesWith(distanceMeters);
  let [first, last] = [0, 0];
  for (const index of known) {
    const moment = at(seconds, index);
    while (moment - at(seconds, at(known, first)) > smoothingSeconds / 2) first += 1;
    while (at(seconds, at(known, last + 1)) - moment <= smoothingSeconds / 2) last += 1;
    const [from, until] = [at(known, first), at(known, last)];
    const elapsed = at(seconds, until) - at(seconds, from);
    if (elapsed > 0) speeds[index] = (at(distanceMeters, until) - at(distanceMeters, from)) / elapsed;
  }
  return speeds;
}

function seriesOf(seconds: Float64Array, places: Float64Array, values: Float64Array): Series {
  const series: Series = [[], []];
  let [last, lastPlace] = [Number.NEGATIVE_INFINITY, 0];
  for (const index of indicesWith(values)) {
    const [time, place] = [at(seconds, index), at(places, index)];
    if (Number.isNaN(place)) continue;
    if (time - last > gapSeconds && series[0].length > 0) {
      series[0].push((lastPlace + place) / 2);
      series[1].push(null);
    }
    series[0].push(place);
    series[1].push(at(values, index));
    [last, lastPlace] = [time, place];
  }
  return series;
}

/** Longitudes without a jump of a whole turn, so that a route across the date line is one line. */
function unwrapped(longitudes: Float64Array): Float64Array {
  let [turns, last] = [0, Number.NaN];
  return longitudes.map((longitude) => {
    if (longitude - last > 180) turns -= 360;
    if (longitude - last < -180) turns += 360;
    if (!Number.isNaN(longitude)) last = longitude;
    return longitude + turns;
  });
}

function indicesWith(values: Float64Array): number[] {
  const indices: number[] = [];
  for (const [index, value] of values.entries()) if (!Number.isNaN(value)) indices.push(index);
  return indices;
}

function at(column: ArrayLike<number>, index: number): number {
  return column[index] ?? Number.NaN;
}

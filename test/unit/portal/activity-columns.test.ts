// What the charts and the map draw of a document: gaps stay gaps, pace is smoothed and never across a gap, nothing is invented.

import { describe, expect, it } from "vitest";
import {
  amountsOf,
  type Columns,
  columnsOf,
  type DrawnDocument,
  nearest,
  overDistance,
  overTime,
  placesAlong,
  routeOf,
  valueNear,
} from "../../../src/portal/browser/activity-columns.ts";

type Sample = Omit<
  NonNullable<DrawnDocument["standardizedActivity"]["sessions"][number]["laps"][number]["records"]>[number],
  "timestamp"
> & { readonly at: number };

const start = Date.parse("2026-05-01T08:00:00Z");

/** A document of laps, each a list of samples at a second since the start. */
function columns(...laps: readonly (readonly Sample[])[]): Columns {
  return columnsOf({
    startTime: new Date(start).toISOString(),
    standardizedActivity: {
      sessions: [
        {
          laps: [
            {},
            ...laps.map((samples) => ({
              records: samples.map(({ at, ...sample }) => ({
                timestamp: new Date(start + at * 1000).toISOString(),
                ...sample,
              })),
            })),
          ],
        },
      ],
    },
  });
}

/** One sample a second, from and to included. */
function every(from: number, to: number, sample: (second: number) => Omit<Sample, "at">): Sample[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ at: from + index, ...sample(from + index) }));
}

describe("a line over time", () => {
  it("joins samples that are up to 10 s apart, and breaks where they are further", () => {
    const heart = columns([
      { at: 0, heartRate: 100 },
      { at: 10, heartRate: 110 },
      { at: 21, heartRate: 120 },
    ]);
    expect(overTime(heart, heart.heartRateBpm)).toEqual([
      [0, 10, 15.5, 21],
      [100, 110, null, 120],
    ]);
  });

  it("goes through records that lack the value, and over the end of a lap", () => {
    const heart = columns(
      [
        { at: 0, heartRate: 100 },
        { at: 1, altitude: 5 },
      ],
      [{ at: 2, heartRate: 101 }],
    );
    expect(overTime(heart, heart.heartRateBpm)).toEqual([
      [0, 2],
      [100, 101],
    ]);
  });

  it("is empty where nothing was measured", () => {
    const nothing = columns([]);
    expect(overTime(nothing, nothing.heartRateBpm)).toEqual([[], []]);
    expect(nearest(nothing.seconds, 5)).toBe(-1);
  });
});

describe("a line over distance", () => {
  it("places a sample between two points of the track in proportion to time", () => {
    const run = columns([
      { at: 0, distance: 0 },
      { at: 2, heartRate: 120 },
      { at: 8, distance: 40 },
    ]);
    expect(overDistance(run, run.heartRateBpm)).toEqual([[0.01], [120]]);
  });

  it("has no place for a sample that was taken while the track was lost", () => {
    const run = columns([
      { at: 0, distance: 0 },
      { at: 6, heartRate: 120 },
      { at: 12, distance: 40, heartRate: 121 },
    ]);
    expect(overDistance(run, run.heartRateBpm)).toEqual([[0.04], [121]]);
    expect([...placesAlong(run)]).toEqual([0, Number.NaN, 0.04]);
  });
});

describe("the route", () => {
  it("is drawn in stretches: nothing joins the two ends of a gap", () => {
    const walk = columns([
      { at: 0, positionLat: 1, positionLong: 2 },
      { at: 5, positionLat: 1.1, positionLong: 2.1 },
      { at: 60, positionLat: 3, positionLong: 4 },
    ]);
    expect(routeOf(walk)).toEqual([
      [
        [1, 2],
        [1.1, 2.1],
      ],
      [[3, 4]],
    ]);
  });

  it("crosses the date line without a stroke around the world", () => {
    const sail = columns([
      { at: 0, positionLat: 0, positionLong: 179.9 },
      { at: 1, positionLat: 0, positionLong: -179.9 },
      { at: 2, positionLat: 0, positionLong: 179.8 },
    ]);
    const longitudes = routeOf(sail)
      .flat()
      .map(([, longitude]) => Math.round(longitude * 10) / 10);
    expect(longitudes).toEqual([179.9, 180.1, 179.8]);
  });
});

describe("speed", () => {
  it("is that of 15 seconds: a position that jumps does not tear the line", () => {
    const steady = columns(every(0, 60, (second) => ({ distance: second * 3 })));
    expect(new Set([...steady.metersPerSecond].map((speed) => speed.toFixed(6)))).toEqual(
      new Set(["3.000000"]),
    );
    const jumping = columns(every(0, 60, (second) => ({ distance: second * 3 + (second === 30 ? 2 : 0) })));
    expect(Math.max(...jumping.metersPerSecond)).toBeLessThan(3.4);
  });

  it("is not taken across a gap, in which nobody knows what happened", () => {
    const paused = columns([
      ...every(0, 20, (second) => ({ distance: second * 3 })),
      ...every(32, 50, (second) => ({ distance: 5000 + second * 3 })),
    ]);
    for (const speed of paused.metersPerSecond) expect(speed).toBeCloseTo(3, 6);
  });

  it("is unknown for a single point, and has no pace while standing", () => {
    expect([...columns([{ at: 0, distance: 0 }]).metersPerSecond]).toEqual([Number.NaN]);
    const standing = columns(every(0, 30, () => ({ distance: 100 })));
    expect([...amountsOf("pace", standing.metersPerSecond)].every(Number.isNaN)).toBe(true);
    expect([...amountsOf("speed", standing.metersPerSecond)].every((speed) => speed === 0)).toBe(true);
  });
});

describe("the cursor", () => {
  const heart = columns([
    { at: 0, heartRate: 100 },
    { at: 4, altitude: 7 },
    { at: 9, heartRate: 110 },
    { at: 100, heartRate: 130 },
  ]);

  it("tells the nearest sample's value, and none where the nearest is further than a gap", () => {
    expect(valueNear(heart, heart.heartRateBpm, 3)).toBe(100);
    expect(valueNear(heart, heart.heartRateBpm, 6)).toBe(110);
    expect(valueNear(heart, heart.heartRateBpm, 50)).toBeNaN();
    expect(valueNear(heart, heart.altitudeMeters, 0)).toBe(7);
    expect(valueNear(heart, heart.altitudeMeters, 90)).toBeNaN();
  });

  it("finds a place as quickly in ten hours as in one", () => {
    const ascending = Float64Array.from({ length: 36_000 }, (_, index) => index);
    expect(nearest(ascending, 17_999.4)).toBe(17_999);
    expect(nearest(ascending, -5)).toBe(0);
    expect(nearest(ascending, 1e9)).toBe(35_999);
  });
});

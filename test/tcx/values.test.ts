// Which numbers and times are believed. What cannot be true is dropped alone and counted; the rest of the point stays.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteCursor } from "../../src/tcx/byte-cursor.ts";
import { parseDecimal } from "../../src/tcx/fields.ts";
import { parseTime } from "../../src/tcx/times.ts";
import { decodeOne, track, usualTrackpoints } from "./fixtures.ts";

const time = "<Time>2026-05-01T08:00:00Z</Time>";
const position = (latitude: string, longitude: string) =>
  `<Position><LatitudeDegrees>${latitude}</LatitudeDegrees><LongitudeDegrees>${longitude}</LongitudeDegrees></Position>`;
const heartRate = (beats: string) => `<HeartRateBpm><Value>${beats}</Value></HeartRateBpm>`;

/** Reads a text both ways: first as a careful point, then among usual ones, and gives the row and what was dropped. */
function row(content: string, timeMarkup = time) {
  const point = `<Trackpoint>${timeMarkup}${content}</Trackpoint>`;
  const alone = decodeOne(track(point));
  const usual = `<Trackpoint>${time}${content.includes("Deg") || content.includes("Position") ? position("5", "5") : ""}${content.includes("Alt") ? "<AltitudeMeters>5</AltitudeMeters>" : ""}${content.includes("Dist") ? "<DistanceMeters>5</DistanceMeters>" : ""}${content.includes("Heart") ? heartRate("5") : ""}</Trackpoint>`;
  const among = decodeOne(track(usual + usual + point));
  expect(among.dropped).toEqual(alone.dropped);
  const { samples } = alone;
  const values = (table: typeof samples) => ({
    latitude: table.latitudeDegrees.at(-1),
    longitude: table.longitudeDegrees.at(-1),
    altitude: table.altitudeMeters.at(-1),
    distance: table.distanceMeters.at(-1),
    heartRate: table.heartRateBpm.at(-1),
  });
  if (samples.count === 1) expect(values(among.samples)).toEqual(values(samples));
  return { ...values(samples), kept: samples.count, dropped: alone.dropped };
}

describe("a value that cannot be true is dropped and counted, and its point stays", () => {
  test.each([
    ["latitude 91", position("91", "13")],
    ["latitude -90.5", position("-90.5", "13")],
    ["longitude 181", position("52", "181")],
    ["both coordinates 0", position("0", "0.0")],
    ["a coordinate that is not a number", position("no", "13")],
    ["an empty coordinate", position("", "13")],
    ["only a latitude", "<Position><LatitudeDegrees>52</LatitudeDegrees></Position>"],
    ["only a longitude", "<Position><LongitudeDegrees>13</LongitudeDegrees></Position>"],
    ["an empty position", "<Position/>"],
  ])("%s: no position", (_, markup) => {
    expect(row(`${markup}<AltitudeMeters>7</AltitudeMeters>`)).toMatchObject({
      latitude: Number.NaN,
      longitude: Number.NaN,
      altitude: 7,
      kept: 1,
      dropped: { points: 0, values: 1 },
    });
  });

  test.each(["0", "300", "255", "-60", "NaN", "0.4", "", "9e9", "0x40"])(
    "heart rate %j: no heart rate",
    (beats) => {
      expect(row(heartRate(beats))).toMatchObject({
        heartRate: 0,
        kept: 1,
        dropped: { points: 0, values: 1 },
      });
    },
  );

  test.each(["NaN", "INF", "Infinity", "-Infinity", "1e999", "", "1,5", "0x10", "1_0", "١"])(
    "altitude and distance %j: neither",
    (text) => {
      const markup = `<AltitudeMeters>${text}</AltitudeMeters><DistanceMeters>${text}</DistanceMeters>`;
      expect(row(markup)).toMatchObject({
        altitude: Number.NaN,
        distance: Number.NaN,
        dropped: { points: 0, values: 2 },
      });
    },
  );

  test("in the middle of usual points only that value is missing", () => {
    const points = usualTrackpoints(9)
      .replace("<Value>104<", "<Value>0<")
      .replace(/(<LatitudeDegrees>)52.0000714\d*/, "$191");
    const { samples, counts, dropped } = decodeOne(track(points));
    expect(dropped).toEqual({ points: 0, values: 2 });
    expect(counts).toEqual({ trackpoints: 9, positions: 9, heartRates: 9, altitudes: 9 });
    expect(Array.from(samples.heartRateBpm)).toEqual([100, 101, 102, 103, 0, 105, 106, 107, 108]);
    expect(Array.from(samples.latitudeDegrees).filter(Number.isNaN)).toHaveLength(1);
    expect(Array.from(samples.longitudeDegrees).filter(Number.isNaN)).toHaveLength(1);
  });

  test("of a lap is absent and counted", () => {
    const text = track("")
      .replace(">200<", ">NaN<")
      .replace(">10<", ">-3<")
      .replace('StartTime="2026', 'StartTime="x');
    const { laps, dropped } = decodeOne(text);
    expect(laps[0]).toMatchObject({
      startTimeMilliseconds: null,
      distanceMeters: null,
      calories: null,
      totalTimeSeconds: 60,
    });
    expect(dropped).toEqual({ points: 0, values: 3 });
  });
});

describe("a value at the edge is kept", () => {
  test.each([
    ["90", "180"],
    ["-90", "-180"],
    ["0", "13"],
    ["52", "0"],
    ["1e-5", "+2.5E1"],
  ])("position %s, %s", (latitude, longitude) => {
    expect(row(position(latitude, longitude))).toMatchObject({
      latitude: Number(latitude),
      longitude: Number(longitude),
      dropped: { points: 0, values: 0 },
    });
  });

  test.each([
    ["1", 1],
    ["254", 254],
    ["98.0", 98],
    ["98.6", 99],
  ])("heart rate %s", (text, beats) => {
    expect(row(heartRate(text))).toMatchObject({ heartRate: beats, dropped: { points: 0, values: 0 } });
  });

  test("a distance may start again at zero, and an altitude may be below the sea", () => {
    expect(row("<AltitudeMeters>-12.5</AltitudeMeters><DistanceMeters>0.0</DistanceMeters>")).toMatchObject({
      altitude: -12.5,
      distance: 0,
      dropped: { points: 0, values: 0 },
    });
  });
});

describe("a time", () => {
  test.each([
    ["2026-05-01T08:00:00Z", "2026-05-01T08:00:00.000Z"],
    ["2026-05-01T08:00:00.5Z", "2026-05-01T08:00:00.500Z"],
    ["2026-05-01T08:00:00.123456789012+05:30", "2026-05-01T02:30:00.123Z"],
    ["2026-05-01T08:00:00-07:00", "2026-05-01T15:00:00.000Z"],
    ["2026-05-01T08:00:00+0200", "2026-05-01T06:00:00.000Z"],
    ["2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00.000Z"],
    ["2024-02-29T24:00:00Z", "2024-03-01T00:00:00.000Z"],
    ["2026-05-01T08:00:00", "2026-05-01T08:00:00.000Z"],
    ["1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z"],
  ])("%s is %s", (text, utc) => {
    const { samples } = decodeOne(track(`<Trackpoint><Time>${text}</Time></Trackpoint>`.repeat(3)));
    expect(Array.from(samples.timeMilliseconds)).toEqual([utc, utc, utc].map((each) => Date.parse(each)));
  });

  test.each([
    "",
    "yesterday",
    "2026-02-29T08:00:00Z",
    "2026-04-31T08:00:00Z",
    "2026-13-01T08:00:00Z",
    "2026-05-01T25:00:00Z",
    "2026-05-01T08:60:00Z",
    "2026-05-01T08:00:60Z",
    "2026-05-01T24:00:01Z",
    "2026-05-01T08:00:00+24:00",
    "2026-05-01 08:00:00Z",
    "2026-05-01",
    "1777622400",
  ])("%j is none: its point is dropped and counted, alone or among usual ones", (text) => {
    const bad = `<Trackpoint><Time>${text}</Time>${heartRate("90")}</Trackpoint>`;
    const good = `<Trackpoint>${time}${heartRate("90")}</Trackpoint>`;
    const { samples, counts, dropped } = decodeOne(track(good + good + bad + good));
    expect(samples.count).toBe(3);
    expect(counts).toMatchObject({ trackpoints: 4, heartRates: 4 });
    expect(dropped).toEqual({ points: 1, values: 0 });
  });

  test("that is missing drops its point", () => {
    expect(decodeOne(track(`<Trackpoint>${heartRate("90")}</Trackpoint>`)).dropped).toEqual({
      points: 1,
      values: 0,
    });
  });
});

describe("the fast readers", () => {
  const cursorFor = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const cursor = new ByteCursor(new DataView(bytes.buffer));
    cursor.end = bytes.length;
    return cursor;
  };

  const digits = (most: number) =>
    fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: most });
  const decimalText = fc.oneof(
    fc
      .tuple(fc.constantFrom("", "-"), digits(9), digits(18))
      .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`),
    digits(12),
    fc.double({ min: -180, max: 180, noNaN: true }).map(String),
    // Halfway between two doubles, and one digit beside it: where rounding is hardest.
    fc
      .integer({ min: 1, max: 2 ** 30 })
      .map((step) => String(BigInt(step) * 2n + 2n ** 53n + 1n).replace(/^(\d\d)/, "$1.")),
  );

  test("read a decimal to the same bit as the language does, or leave it alone", () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const cursor = cursorFor(`${text}</a>`);
        const outcome = cursor.decimal();
        expect(outcome).not.toBe("needs_more");
        if (outcome === "read") {
          expect(cursor.value).toBe(Number(text));
          expect(cursor.value).toBe(parseDecimal(text));
          expect(cursor.position).toBe(text.length);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test("do read what Fitbit writes: coordinates and distances with all the digits of a double", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 180, noNaN: true }), (value) => {
        expect(cursorFor(`${value}</a>`).decimal()).toBe("read");
      }),
      { numRuns: 5_000 },
    );
  });

  test("read a time as the careful reader does, or leave it alone", () => {
    const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, "0"));
    const text = fc
      .tuple(
        fc.integer({ min: 0, max: 9999 }),
        two,
        two,
        two,
        two,
        two,
        fc.constantFrom("", ".5", ".000", ".987654321"),
        fc.constantFrom("Z", "+02:00", "-07:30", "+25:00", ""),
      )
      .map(
        ([year, month, day, hour, minute, second, fraction, zone]) =>
          `${String(year).padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`,
      );
    const real = fc
      .date({ min: new Date(0), max: new Date("2199-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(
      fc.property(fc.oneof(text, real), (given) => {
        const cursor = cursorFor(`${given}</Time>`);
        if (cursor.time() === "read") expect(cursor.value).toBe(parseTime(given));
      }),
      { numRuns: 20_000 },
    );
  });

  test("ask for more bytes instead of taking a cut number for a whole one", () => {
    const decimal = "-13.123456789012345</a>";
    const moment = "2026-05-01T08:00:00.000+02:00</a>";
    for (let length = 0; length < decimal.indexOf("<") + 1; length++) {
      const cursor = cursorFor(decimal);
      cursor.end = length;
      expect(cursor.decimal()).toBe(length > decimal.indexOf("<") ? "read" : "needs_more");
    }
    for (let length = 0; length <= moment.indexOf("<"); length++) {
      const cursor = cursorFor(moment);
      cursor.end = length;
      expect(cursor.time()).toBe("needs_more");
    }
  });
});

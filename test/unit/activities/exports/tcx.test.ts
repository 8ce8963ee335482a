// The TCX that leaves: what Garmin's schema demands of it, and what our own decoder and @tmcw/togeojson read in it.

import { tcx as readTcx } from "@tmcw/togeojson";
import { DOMParser } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { writeTcx } from "../../../../src/activities/exports/tcx.ts";
import { TcxDecoder } from "../../../../src/tcx/decoder.ts";
import { randomDocument } from "./random-documents.ts";
import { documentOf, inXml, recordAt, recordsOf, routeOf, sampleDocument, timeAt } from "./sample.ts";
import {
  elementsOf,
  isAnything,
  isDecimal,
  isTime,
  isWhole,
  parseXml,
  type Shape,
  textOf,
  violations,
} from "./xml.ts";

const many = Number.POSITIVE_INFINITY;
const value = [["Value", 1, 1]] as const;
const shape: Shape = {
  children: {
    TrainingCenterDatabase: [["Activities", 1, 1]],
    Activities: [["Activity", 1, 1]],
    Activity: [
      ["Id", 1, 1],
      ["Lap", 1, many],
      ["Notes", 0, 1],
    ],
    Lap: [
      ["TotalTimeSeconds", 1, 1],
      ["DistanceMeters", 1, 1],
      ["Calories", 1, 1],
      ["AverageHeartRateBpm", 0, 1],
      ["MaximumHeartRateBpm", 0, 1],
      ["Intensity", 1, 1],
      ["TriggerMethod", 1, 1],
      ["Track", 0, many],
    ],
    Track: [["Trackpoint", 1, many]],
    Trackpoint: [
      ["Time", 1, 1],
      ["Position", 0, 1],
      ["AltitudeMeters", 0, 1],
      ["DistanceMeters", 0, 1],
      ["HeartRateBpm", 0, 1],
    ],
    Position: [
      ["LatitudeDegrees", 1, 1],
      ["LongitudeDegrees", 1, 1],
    ],
    AverageHeartRateBpm: value,
    MaximumHeartRateBpm: value,
    HeartRateBpm: value,
  },
  texts: {
    Id: isTime,
    Notes: isAnything,
    TotalTimeSeconds: isDecimal(0),
    DistanceMeters: isDecimal(0),
    Calories: isWhole(0, 65_535),
    Value: isWhole(1, 255),
    Intensity: (text) => ["Active", "Resting"].includes(text),
    TriggerMethod: (text) => text === "Manual",
    Time: isTime,
    LatitudeDegrees: isDecimal(-90, 90),
    LongitudeDegrees: isDecimal(-180, 180, true),
    AltitudeMeters: isDecimal(),
  },
  attributes: {
    TrainingCenterDatabase: {
      xmlns: (text) => text === "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2",
    },
    Activity: { Sport: (text) => ["Running", "Biking", "Other"].includes(text) },
    Lap: { StartTime: isTime },
  },
};

const tcxOf = (document: ActivityDocument) => [...writeTcx(document)].join("");

function decode(text: string) {
  const decoder = new TcxDecoder();
  decoder.push(new TextEncoder().encode(text));
  const [activity, ...others] = decoder.end().activities;
  if (activity === undefined || others.length > 0) throw new Error("an export holds one activity");
  return activity;
}

describe("the schema", () => {
  it("is kept in order, number and kind of everything, whatever the activity", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        expect(violations(parseXml(tcxOf(document)), shape)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("gets a distance of 0 for a lap whose distance nobody knows", () => {
    const text = tcxOf(documentOf({ laps: [[recordAt(0)]], lapDistance: undefined }));
    expect(text).toContain("<DistanceMeters>0</DistanceMeters>");
  });

  it("gets the activity's calories dealt out to its laps by time, none lost and none made up", () => {
    const laps = [0, 100, 200].map((at) => [recordAt(at), recordAt(at + 33)]);
    for (const calories of [100, 101, 0, 1]) {
      const root = parseXml(tcxOf(documentOf({ laps, fields: { calories } })));
      const dealt = elementsOf(root, "Calories").map(({ text }) => Number(text));
      expect(dealt).toHaveLength(3);
      expect(dealt.reduce((sum, lap) => sum + lap, 0)).toBe(calories);
      expect(Math.max(...dealt) - Math.min(...dealt)).toBeLessThanOrEqual(1);
    }
  });

  it("gets more calories for a longer lap", () => {
    const laps = [
      [recordAt(0), recordAt(10)],
      [recordAt(20), recordAt(40)],
      [recordAt(50), recordAt(120)],
    ];
    const root = parseXml(tcxOf(documentOf({ laps, fields: { calories: 200 } })));
    expect(elementsOf(root, "Calories").map(({ text }) => text)).toEqual(["20", "40", "140"]);
  });
});

describe("an export", () => {
  it("read by our own decoder gives the same samples, to the last digit", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const { samples, dropped } = decode(tcxOf(document));
        const records = recordsOf(document);
        expect(dropped).toEqual({ points: 0, values: 0 });
        const column = (read: (record: (typeof records)[number]) => number | undefined) =>
          records.map((record) => read(record) ?? Number.NaN);
        expect([...samples.timeMilliseconds]).toEqual(column(({ timestamp }) => Date.parse(timestamp)));
        expect([...samples.latitudeDegrees]).toEqual(column(({ positionLat }) => positionLat));
        expect([...samples.longitudeDegrees]).toEqual(
          column(({ positionLong }) => (positionLong === undefined ? undefined : inXml(positionLong))),
        );
        expect([...samples.altitudeMeters]).toEqual(column(({ altitude }) => altitude));
        expect([...samples.distanceMeters]).toEqual(column(({ distance }) => distance));
        expect([...samples.heartRateBpm]).toEqual(records.map(({ heartRate }) => heartRate ?? 0));
      }),
      { numRuns: 300 },
    );
  });

  it("has the document's laps: when they began, how long, how far, and which were for recovery", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const { laps, startTimeMilliseconds } = decode(tcxOf(document));
        const [session] = document.standardizedActivity.sessions;
        expect(startTimeMilliseconds).toBe(Date.parse(session.startTime));
        expect(laps).toHaveLength(session.laps.length);
        for (const [index, lap] of session.laps.entries()) {
          expect(laps[index]).toMatchObject({
            startTimeMilliseconds: Date.parse(lap.startTime),
            totalTimeSeconds: lap.totalElapsedTime,
            distanceMeters: lap.totalDistance ?? 0,
            intensity: lap.intensity === "recovery" ? "Resting" : "Active",
            sampleCount: lap.records?.length ?? 0,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  it("states the average and the greatest heart rate of each lap, and none for a lap without", () => {
    const beats = [100, 151, 101];
    const measured = beats.map((heartRate, at) => recordAt(at, { heartRate }));
    const { laps } = decode(tcxOf(documentOf({ laps: [measured, [recordAt(10)]] })));
    expect(laps).toMatchObject([
      { averageHeartRateBpm: 117, maximumHeartRateBpm: 151 },
      { averageHeartRateBpm: null, maximumHeartRateBpm: null },
    ]);
  });

  it("has a lap without records as a lap without a track", () => {
    const root = parseXml(tcxOf(documentOf({ laps: [[]] })));
    expect(elementsOf(root, "Lap")).toHaveLength(1);
    expect(elementsOf(root, "Track")).toEqual([]);
  });

  it("writes a heart rate that no byte holds as the nearest that one does", () => {
    const laps = [[256, 0, 0.4, 99.6].map((heartRate, at) => recordAt(at, { heartRate }))];
    const points = elementsOf(parseXml(tcxOf(documentOf({ laps }))), "HeartRateBpm");
    expect(points.map((point) => textOf(point, "Value"))).toEqual(["255", "1", "1", "100"]);
  });

  it.each([
    ["ACTIVITY_TYPE_RUN", "Running"],
    ["ACTIVITY_TYPE_TRAIL_RUN", "Running"],
    ["ACTIVITY_TYPE_VIRTUAL_RUN", "Running"],
    ["ACTIVITY_TYPE_RIDE", "Biking"],
    ["ACTIVITY_TYPE_EMOUNTAIN_BIKE_RIDE", "Biking"],
    ["ACTIVITY_TYPE_HANDCYCLE", "Biking"],
    ["ACTIVITY_TYPE_WALK", "Other"],
    ["ACTIVITY_TYPE_UNSPECIFIED", "Other"],
  ] as const)("calls %s %s", (type, sport) => {
    expect(decode(tcxOf(documentOf({ laps: [[recordAt(0)]], fields: { type } }))).sport).toBe(sport);
  });
});

describe("@tmcw/togeojson", () => {
  const read = (text: string) => readTcx(new DOMParser().parseFromString(text, "text/xml"));

  it("reads the same coordinates, times and heart rates lap by lap", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        // It leaves out a line of one point.
        const route = routeOf(document).filter((points) => points.length > 1);
        const { features } = read(tcxOf(document));
        expect(features).toHaveLength(route.length);
        for (const [index, points] of route.entries()) {
          const { geometry, properties } = features[index] ?? {};
          expect(geometry).toEqual({
            type: "LineString",
            coordinates: points.map(({ positionLat, positionLong, altitude }) => [
              inXml(positionLong),
              positionLat,
              ...(altitude === undefined ? [] : [altitude]),
            ]),
          });
          const heart = points.flatMap(({ heartRate }) => heartRate ?? []);
          expect(properties?.coordinateProperties).toEqual({
            times: points.map(({ timestamp }) => timestamp),
            ...(heart.length > 0 ? { heart } : {}),
          });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("reads the sample's title and two laps", () => {
    const text = tcxOf(sampleDocument);
    expect(textOf(elementsOf(parseXml(text), "Activity")[0], "Notes")).toBe('Run & "jump" <fast>');
    expect(read(text).features.map(({ properties }) => properties?.coordinateProperties.times[0])).toEqual([
      timeAt(0),
      timeAt(101),
    ]);
  });
});

// The GPX that leaves: what the schemas of GPX 1.1 and of Garmin's extension demand, and what @tmcw/togeojson reads in it.

import { gpx as readGpx } from "@tmcw/togeojson";
import { DOMParser } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { writeGpx } from "../../../../src/activities/exports/gpx.ts";
import { randomDocument } from "./random-documents.ts";
import {
  documentOf,
  inXml,
  type LocatedRecord,
  recordAt,
  routeOf,
  sampleDocument,
  timeAt,
} from "./sample.ts";
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
const shape: Shape = {
  children: {
    gpx: [
      ["metadata", 1, 1],
      ["trk", 1, 1],
    ],
    metadata: [
      ["name", 1, 1],
      ["time", 1, 1],
    ],
    trk: [
      ["name", 1, 1],
      ["desc", 0, 1],
      ["type", 1, 1],
      ["trkseg", 0, many],
    ],
    // The schema would allow an empty segment; it would say nothing.
    trkseg: [["trkpt", 1, many]],
    trkpt: [
      ["ele", 0, 1],
      ["time", 1, 1],
      ["extensions", 0, 1],
    ],
    extensions: [["gpxtpx:TrackPointExtension", 1, 1]],
    "gpxtpx:TrackPointExtension": [["gpxtpx:hr", 1, 1]],
  },
  texts: {
    name: isAnything,
    desc: isAnything,
    type: (text) => /^[a-z_]+$/.test(text),
    time: isTime,
    ele: isDecimal(),
    "gpxtpx:hr": isWhole(1, 255),
  },
  attributes: {
    gpx: {
      version: (text) => text === "1.1",
      creator: isAnything,
      xmlns: (text) => text === "http://www.topografix.com/GPX/1/1",
      "xmlns:gpxtpx": (text) => text === "http://www.garmin.com/xmlschemas/TrackPointExtension/v1",
    },
    trkpt: { lat: isDecimal(-90, 90), lon: isDecimal(-180, 180, true) },
  },
};

const gpxOf = (document: ActivityDocument) => [...writeGpx(document)].join("");
const read = (document: ActivityDocument) =>
  readGpx(new DOMParser().parseFromString(gpxOf(document), "text/xml"));

const coordinates = ({ positionLat, positionLong, altitude }: LocatedRecord) => [
  inXml(positionLong),
  positionLat,
  ...(altitude === undefined ? [] : [altitude]),
];

describe("the schemas", () => {
  it("are kept in order, number and kind of everything, whatever the activity", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        expect(violations(parseXml(gpxOf(document)), shape)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("an export", () => {
  it("holds the seconds that have a position, and no others", () => {
    const root = parseXml(gpxOf(sampleDocument));
    const times = elementsOf(root, "trkpt").map((point) => textOf(point, "time"));
    expect(times).toHaveLength(198);
    expect(times).toContain(timeAt(49));
    // Measured without a position.
    expect(times).not.toContain(timeAt(50));
  });

  it("has a segment for each lap that has a route", () => {
    const place = { positionLat: 1, positionLong: 2 };
    const laps = [[recordAt(0, place), recordAt(1, place)], [recordAt(2)], [], [recordAt(3, place)]];
    const segments = elementsOf(parseXml(gpxOf(documentOf({ laps }))), "trkseg");
    expect(segments.map(({ children }) => children.length)).toEqual([2, 1]);
  });

  it("says so where there is no route, and is a track without points", () => {
    const root = parseXml(gpxOf(documentOf({ laps: [[recordAt(0, { heartRate: 100 })]] })));
    expect(textOf(elementsOf(root, "trk")[0], "desc")).toBe("This activity has no route.");
    expect(elementsOf(root, "trkpt")).toEqual([]);
    expect(gpxOf(sampleDocument)).not.toContain("<desc>");
  });

  it("writes a heart rate that no byte holds as the nearest that one does", () => {
    const place = { positionLat: 1, positionLong: 2 };
    const laps = [[256, 0, 0.4, 99.6].map((heartRate, at) => recordAt(at, { ...place, heartRate }))];
    const points = elementsOf(parseXml(gpxOf(documentOf({ laps }))), "gpxtpx:hr");
    expect(points.map(({ text }) => text)).toEqual(["255", "1", "1", "100"]);
  });

  it("carries title, time and type", () => {
    const [track] = elementsOf(parseXml(gpxOf(sampleDocument)), "trk");
    expect(textOf(track, "name")).toBe('Run & "jump" <fast>');
    expect(textOf(track, "type")).toBe("run");
    const [metadata] = elementsOf(parseXml(gpxOf(sampleDocument)), "metadata");
    expect(metadata?.children.map(({ text }) => text)).toEqual(['Run & "jump" <fast>', timeAt(0)]);
  });
});

describe("@tmcw/togeojson", () => {
  it("reads the same coordinates, times and heart rates", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        // It leaves out a line of one point.
        const route = routeOf(document).filter((points) => points.length > 1);
        const feature = read(document).features[0];
        if (route.length === 0) {
          expect(feature).toBeUndefined();
          return;
        }
        const lines = route.map((points) => points.map(coordinates));
        expect(feature?.geometry).toEqual(
          lines.length === 1
            ? { type: "LineString", coordinates: lines[0] }
            : { type: "MultiLineString", coordinates: lines },
        );
        const { times, heart } = feature?.properties?.coordinateProperties ?? {};
        expect([times].flat(2)).toEqual(route.flat().map(({ timestamp }) => timestamp));
        const beats = route.flat().map(({ heartRate }) => heartRate ?? null);
        if (beats.every((beat) => beat === null)) expect(heart).toBeUndefined();
        else expect([heart].flat(2)).toEqual(beats);
      }),
      { numRuns: 150 },
    );
  });
});

// The GeoJSON that leaves: a line as RFC 7946 has it, with what @tmcw/togeojson would have put beside it.

import { gpx as readGpx } from "@tmcw/togeojson";
import { DOMParser } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { writeGeoJson } from "../../../../src/activities/exports/geojson.ts";
import { writeGpx } from "../../../../src/activities/exports/gpx.ts";
import { randomDocument } from "./random-documents.ts";
import { documentOf, recordAt, routeOf, sampleDocument, timeAt } from "./sample.ts";

interface Collection {
  readonly type: string;
  readonly features: readonly {
    readonly type: string;
    readonly geometry: { readonly type: string; readonly coordinates: unknown } | null;
    readonly properties: {
      readonly name: string;
      readonly type: string;
      readonly time: string;
      readonly coordTimes: readonly string[];
      readonly coordinateProperties: {
        readonly times: readonly string[];
        readonly heart?: readonly (number | null)[];
      };
    };
  }[];
}

function read(document: ActivityDocument) {
  const collection = JSON.parse([...writeGeoJson(document)].join("")) as Collection;
  const [feature] = collection.features;
  if (feature === undefined) throw new Error("the collection is empty");
  return { collection, ...feature };
}

describe("an export", () => {
  it("is one feature with the whole route, its times and its heart rates, each as long as the line", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const route = routeOf(document).flat();
        const { collection, geometry, properties } = read(document);
        expect(collection).toMatchObject({ type: "FeatureCollection", features: [{ type: "Feature" }] });
        const positions = route.map(({ positionLat, positionLong, altitude }) =>
          altitude === undefined ? [positionLong, positionLat] : [positionLong, positionLat, altitude],
        );
        if (route.length === 0) expect(geometry).toBeNull();
        else if (route.length === 1) expect(geometry).toEqual({ type: "Point", coordinates: positions[0] });
        else expect(geometry).toEqual({ type: "LineString", coordinates: positions });
        const times = route.map(({ timestamp }) => timestamp);
        expect(properties.coordTimes).toEqual(times);
        expect(properties.coordinateProperties.times).toEqual(times);
        const heart = route.map(({ heartRate }) => heartRate ?? null);
        const hasHeartRate = heart.some((bpm) => bpm !== null);
        expect(properties.coordinateProperties.heart).toEqual(hasHeartRate ? heart : undefined);
        expect(properties.name).toBe(document.title.toWellFormed());
      }),
      { numRuns: 300 },
    );
  });

  it("equals in coordinates, times and heart rates what @tmcw/togeojson makes of the GPX", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const route = routeOf(document);
        // It leaves out a line of one point, and GPX has another name for the meridian at 180° east.
        fc.pre(route.some((points) => points.length > 0) && route.every((points) => points.length !== 1));
        fc.pre(route.flat().every(({ positionLong }) => positionLong !== 180));
        const gpx = new DOMParser().parseFromString([...writeGpx(document)].join(""), "text/xml");
        const theirs = readGpx(gpx).features[0];
        const ours = read(document);
        const { geometry } = theirs ?? {};
        if (geometry?.type !== "LineString" && geometry?.type !== "MultiLineString")
          throw new Error("no line");
        // Theirs is a line for each lap, ours is one.
        expect(ours.geometry?.coordinates).toEqual(
          geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates.flat(),
        );
        const { times, heart } = theirs?.properties?.coordinateProperties ?? {};
        expect(ours.properties.coordinateProperties.times).toEqual([times].flat(2));
        expect(ours.properties.coordinateProperties.heart).toEqual(
          heart === undefined ? undefined : [heart].flat(2),
        );
      }),
      { numRuns: 150 },
    );
  });

  it("of one lap equals it as it stands", () => {
    const [lap] = routeOf(sampleDocument);
    const document = documentOf({ laps: [lap ?? []] });
    const gpx = new DOMParser().parseFromString([...writeGpx(document)].join(""), "text/xml");
    const theirs = readGpx(gpx).features[0];
    const { geometry, properties } = read(document);
    expect(geometry).toEqual(theirs?.geometry);
    expect(properties.coordinateProperties).toEqual(theirs?.properties?.coordinateProperties);
  });

  it("carries title, type and time", () => {
    const fields = { type: "ACTIVITY_TYPE_HIKE", startTime: "2026-03-10T13:59:58Z" } as const;
    const { properties } = read(documentOf({ laps: [[recordAt(0)]], fields }));
    expect(properties).toMatchObject({
      name: 'Run & "jump" <fast>',
      type: "ACTIVITY_TYPE_HIKE",
      time: "2026-03-10T13:59:58Z",
    });
  });

  it("of a single position is a point, and of none has no geometry", () => {
    const alone = documentOf({
      laps: [[recordAt(0), recordAt(1, { positionLat: 1.5, positionLong: -2.5 })]],
    });
    expect(read(alone).geometry).toEqual({ type: "Point", coordinates: [-2.5, 1.5] });
    expect(read(alone).properties.coordTimes).toEqual([timeAt(1)]);
    expect(read(documentOf({ laps: [[]] })).geometry).toBeNull();
  });
});

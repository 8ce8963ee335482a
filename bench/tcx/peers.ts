// The peers that run in Node only: a strict event parser, and a converter over a DOM.

import { tcx as toGeoJson } from "@tmcw/togeojson";
import { DOMParser } from "@xmldom/xmldom";
import { SaxesParser } from "saxes";
import { type Columns, ColumnWriter } from "./columns.ts";
import { type BenchFile, chunkBytes } from "./contestants.ts";

/** saxes, strict but without namespaces, with a handler made for the purpose. */
export function decodeWithSaxes({ text }: BenchFile): Columns {
  const writer = new ColumnWriter();
  const parser = new SaxesParser({ position: false });
  let inTrackpoint = false;
  let content = "";
  let values: Record<string, string> = {};
  parser.on("opentag", ({ name }) => {
    content = "";
    if (name === "Trackpoint") {
      inTrackpoint = true;
      values = {};
    }
  });
  parser.on("text", (piece) => {
    if (inTrackpoint) content += piece;
  });
  parser.on("closetag", ({ name }) => {
    if (!inTrackpoint) return;
    if (name === "Trackpoint") {
      inTrackpoint = false;
      const { Time, LatitudeDegrees, LongitudeDegrees, AltitudeMeters, DistanceMeters, Value } = values;
      writer.add(Time, LatitudeDegrees, LongitudeDegrees, AltitudeMeters, DistanceMeters, Value);
    } else values[name] = content;
  });
  for (let start = 0; start < text.length; start += chunkBytes)
    parser.write(text.slice(start, start + chunkBytes));
  parser.close();
  return writer.columns();
}

interface GeoJson {
  readonly features: readonly {
    readonly geometry: { readonly type: string; readonly coordinates: unknown } | null;
  }[];
}

/**
 * @tmcw/togeojson over @xmldom/xmldom. It yields lines of positions and leaves out points without one, and distances.
 *
 * @returns longitude and latitude of every position, one after the other
 */
export function convertToGeoJson({ text }: BenchFile): number[] {
  const document = new DOMParser().parseFromString(text, "text/xml");
  // xmldom's document is a DOM document in all that togeojson asks of it, but not in TypeScript's eyes.
  const { features } = toGeoJson(document as unknown as Document) as GeoJson;
  const lines = features.flatMap(({ geometry }) => {
    if (geometry === null) return [];
    return geometry.type === "LineString" ? [geometry.coordinates] : (geometry.coordinates as unknown[]);
  }) as number[][][];
  return lines.flat().flatMap(([longitude, latitude]) => [longitude ?? Number.NaN, latitude ?? Number.NaN]);
}

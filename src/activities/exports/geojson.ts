// An activity as GeoJSON: one feature whose line is the route, with times and heart rates beside the positions, as
// @tmcw/togeojson shapes them (`coordinateProperties`; `coordTimes` is what it called them before, and many still read).

import type { ActivityDocument, StandardizedRecord } from "../document.ts";
import { plain } from "./text.ts";

interface Point extends StandardizedRecord {
  readonly positionLat: number;
  readonly positionLong: number;
}

/** The feature collection in pieces, one a position at most. An activity without a route has no geometry. */
export function* writeGeoJson(document: ActivityDocument): Generator<string> {
  const [session] = document.standardizedActivity.sessions;
  const points = session.laps.flatMap((lap) => (lap.records ?? []).filter(isOnTheMap));
  const { title, type, startTime } = document;
  const hasHeartRate = points.some((point) => point.heartRate !== undefined);
  yield `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":`;
  yield* geometry(points);
  yield `,"properties":{"name":${JSON.stringify(title.toWellFormed())},"type":${JSON.stringify(type)},"time":${JSON.stringify(startTime)},"coordTimes":[`;
  yield* list(points, timeOf);
  yield `],"coordinateProperties":{"times":[`;
  yield* list(points, timeOf);
  yield "]";
  if (hasHeartRate) {
    yield `,"heart":[`;
    yield* list(points, (point) => String(point.heartRate ?? null));
    yield "]";
  }
  yield "}}}]}\n";
}

function isOnTheMap(record: StandardizedRecord): record is Point {
  return record.positionLat !== undefined && record.positionLong !== undefined;
}

/** A line has two positions at least; a single one is a point, and none is no geometry. */
function* geometry(points: readonly Point[]): Generator<string> {
  const [first] = points;
  if (first === undefined) yield "null";
  else if (points.length === 1) yield `{"type":"Point","coordinates":${positionOf(first)}}`;
  else {
    yield `{"type":"LineString","coordinates":[`;
    yield* list(points, positionOf);
    yield "]}";
  }
}

function* list(points: readonly Point[], write: (point: Point) => string): Generator<string> {
  for (const [index, point] of points.entries()) yield index === 0 ? write(point) : `,${write(point)}`;
}

/** Longitude comes first in GeoJSON. */
function positionOf({ positionLat, positionLong, altitude }: Point): string {
  const place = `${plain(positionLong)},${plain(positionLat)}`;
  return altitude === undefined ? `[${place}]` : `[${place},${plain(altitude)}]`;
}

function timeOf(point: Point): string {
  return `"${point.timestamp}"`;
}

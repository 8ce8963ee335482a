// Holds an activity from the feed against the file that it came from, value by value. Points that share a second count as
// one (the feed has one record a second): each of the record's values must then be one of those that the file has for that second.

import type { ActivityDocument, StandardizedRecord } from "../../src/activities/document.ts";
import type { TcxPoint, TcxReading } from "./tcx-reading.ts";

export interface Comparison {
  readonly equal: boolean;
  /** What was compared, as text for people. */
  readonly compared: string;
  /** The first few differences. */
  readonly differences: readonly string[];
}

const fieldsOf = [
  { field: "positionLat", of: (point: TcxPoint) => point.latitude, name: "latitudes" },
  { field: "positionLong", of: (point: TcxPoint) => point.longitude, name: "longitudes" },
  { field: "altitude", of: (point: TcxPoint) => point.altitudeMeters, name: "altitudes" },
  { field: "distance", of: (point: TcxPoint) => point.distanceMeters, name: "distances" },
  { field: "heartRate", of: (point: TcxPoint) => point.heartRateBpm, name: "heart rates" },
] as const satisfies readonly {
  field: keyof StandardizedRecord;
  of: (point: TcxPoint) => number | null;
  name: string;
}[];

/** Fitbit's list tells kilometres to the metre or better; a file tells its laps' metres. */
const distanceToleranceMeters = 1;
const mostDifferencesShown = 5;

/** Compares every second of a file with the records of a document. */
export function compareWithFile(reading: TcxReading, document: ActivityDocument): Comparison {
  const differences: string[] = [];
  const records = document.standardizedActivity.sessions[0].laps.flatMap((lap) => lap.records ?? []);
  const bySecond = new Map<number, StandardizedRecord>();
  for (const entry of records) {
    const second = Math.floor(Date.parse(entry.timestamp) / 1000);
    if (bySecond.has(second)) differences.push(`two records share ${entry.timestamp}`);
    bySecond.set(second, entry);
  }
  const seconds = Map.groupBy(reading.points, (point) => Math.floor(point.time / 1000));

  const counts = new Map<string, number>();
  for (const [second, points] of seconds) {
    const entry = bySecond.get(second);
    if (entry === undefined) {
      differences.push(`${time(second)} is in the file and not in the feed`);
      continue;
    }
    for (const { field, of, name } of fieldsOf) {
      const written = points.map(of).filter((value) => value !== null);
      const got = entry[field];
      if (written.length === 0 && got === undefined) continue;
      if (got !== undefined && written.includes(got)) counts.set(name, (counts.get(name) ?? 0) + 1);
      else
        differences.push(
          `${time(second)} ${field}: ${written.join(" or ") || "nothing"} in the file, ${got ?? "nothing"} in the feed`,
        );
    }
  }
  for (const second of bySecond.keys()) {
    if (!seconds.has(second)) differences.push(`${time(second)} is in the feed and not in the file`);
  }

  const ordered = records.map((entry) => Date.parse(entry.timestamp));
  if (ordered.some((at, index) => index > 0 && at <= (ordered[index - 1] ?? 0))) {
    differences.push("the records are not in ascending order of time");
  }
  const laps = document.standardizedActivity.sessions[0].laps.length;
  if (laps !== Math.max(1, reading.laps))
    differences.push(`${reading.laps} laps in the file, ${laps} in the feed`);
  const distance = compareDistance(reading, document);
  if (distance.difference !== null) differences.push(distance.difference);

  const merged = reading.points.length - seconds.size;
  const untimed = reading.trackpoints - reading.points.length;
  const compared = [
    `${reading.trackpoints} trackpoints`,
    ...(merged > 0 ? [`${merged} merged within their second`] : []),
    ...(untimed > 0 ? [`${untimed} without a valid time dropped`] : []),
    ...(reading.implausibleValues > 0 ? [`${reading.implausibleValues} impossible values dropped`] : []),
    ...fieldsOf.map(({ name }) => `${counts.get(name) ?? 0} ${name}`),
    "first and last time",
    ...(distance.compared ? ["the laps' distance"] : []),
  ].join(", ");
  return {
    equal: differences.length === 0,
    compared,
    differences:
      differences.length > mostDifferencesShown
        ? [
            ...differences.slice(0, mostDifferencesShown),
            `… and ${differences.length - mostDifferencesShown} more`,
          ]
        : differences,
  };
}

function compareDistance(
  reading: TcxReading,
  document: ActivityDocument,
): { compared: boolean; difference: string | null } {
  if (reading.lapDistanceMeters === null) return { compared: false, difference: null };
  const got = document.distanceMeters ?? Number.NaN;
  return Math.abs(got - reading.lapDistanceMeters) <= distanceToleranceMeters
    ? { compared: true, difference: null }
    : {
        compared: true,
        difference: `${reading.lapDistanceMeters} m in the file's laps, ${got} m in the feed`,
      };
}

function time(second: number): string {
  return new Date(second * 1000).toISOString().replace(".000Z", "Z");
}

// An independent reading of a TCX file, to hold against what came out of the feed: saxes, a strict XML parser that the Worker
// does not use, and a handler of its own. It shares no code with src/tcx, or a common mistake would agree with itself.

import { SaxesParser } from "saxes";

export interface TcxPoint {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly altitudeMeters: number | null;
  readonly distanceMeters: number | null;
  readonly heartRateBpm: number | null;
}

export interface TcxReading {
  /** Every trackpoint with a valid time, in order of time. */
  readonly points: readonly TcxPoint[];
  /** Trackpoints as written, those without a valid time included. */
  readonly trackpoints: number;
  /** Values that no sensor can have measured: a heart rate of 300, a latitude of 91, both coordinates 0 (one value). */
  readonly implausibleValues: number;
  /** Sum of the laps' own distances; null when no lap tells one. */
  readonly lapDistanceMeters: number | null;
  readonly laps: number;
  /** How long the session is: the laps' own times or from first to last trackpoint, whichever is longer. */
  readonly durationSeconds: number;
}

/**
 * Reads the text of a TCX file.
 * @throws Error with line and column where the text is not well-formed XML.
 */
export function readTcx(text: string): TcxReading {
  const parser = new SaxesParser({ xmlns: false });
  const path: string[] = [];
  const points: TcxPoint[] = [];
  let fields = new Map<string, string>();
  let content = "";
  /** Whether the element that closes next has no children. */
  let isLeaf = false;
  let trackpoints = 0;
  let implausibleValues = 0;
  let laps = 0;
  let lapDistance: number | null = null;
  let lapSeconds = 0;

  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    const name = localName(tag.name);
    path.push(name);
    content = "";
    isLeaf = true;
    if (name === "Trackpoint") fields = new Map();
    if (name === "Lap") laps++;
  });
  for (const event of ["text", "cdata"] as const) {
    parser.on(event, (part) => {
      content += part;
    });
  }
  parser.on("closetag", () => {
    const name = path.pop() ?? "";
    const parent = path.at(-1) ?? "";
    if (name === "Trackpoint") {
      trackpoints++;
      const read = readPoint(fields);
      implausibleValues += read.implausible;
      if (read.point !== null) points.push(read.point);
    } else if (path.includes("Trackpoint")) {
      // Values of extensions (a watch's own speed, say) are not the trackpoint's.
      if (isLeaf && !path.includes("Extensions"))
        fields.set(name === "Value" ? parent : name, content.trim());
    } else if (name === "DistanceMeters" && parent === "Lap") {
      const meters = Number(content);
      if (Number.isFinite(meters)) lapDistance = (lapDistance ?? 0) + meters;
    } else if (name === "TotalTimeSeconds" && parent === "Lap") {
      const lasted = Number(content);
      if (Number.isFinite(lasted)) lapSeconds += lasted;
    }
    content = "";
    isLeaf = false;
  });
  parser.write(text).close();
  points.sort((left, right) => left.time - right.time);
  const spanSeconds = ((points.at(-1)?.time ?? 0) - (points[0]?.time ?? 0)) / 1000;
  const durationSeconds = Math.max(lapSeconds, spanSeconds);
  return { points, trackpoints, implausibleValues, lapDistanceMeters: lapDistance, laps, durationSeconds };
}

function readPoint(fields: ReadonlyMap<string, string>): { point: TcxPoint | null; implausible: number } {
  let implausible = 0;
  const number = (name: string, lowest: number, highest: number): number | null => {
    const text = fields.get(name);
    if (text === undefined) return null;
    const value = text === "" ? Number.NaN : Number(text);
    if (value >= lowest && value <= highest) return value;
    implausible++;
    return null;
  };
  let latitude = number("LatitudeDegrees", -90, 90);
  let longitude = number("LongitudeDegrees", -180, 180);
  if (latitude === null || longitude === null || (latitude === 0 && longitude === 0)) {
    if (latitude !== null || longitude !== null) implausible++;
    latitude = null;
    longitude = null;
  }
  const altitudeMeters = number("AltitudeMeters", -1_000_000, 1_000_000);
  const distanceMeters = number("DistanceMeters", 0, Number.MAX_VALUE);
  const heartRateBpm = number("HeartRateBpm", 1, 254);
  const time = Date.parse(withZone(fields.get("Time") ?? ""));
  return {
    point: Number.isNaN(time)
      ? null
      : { time, latitude, longitude, altitudeMeters, distanceMeters, heartRateBpm },
    implausible,
  };
}

/** A time without a zone is UTC, as Garmin's schema has it (xsd:dateTime, "UTC" by convention). */
function withZone(time: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

// From a record's markup to its values. The scanner has proven the markup whole and the outline has brought it into
// one plain form (only elements of the vocabulary, no prefixes, no comments), so `txml` can be trusted with it here:
// given a file as it comes, txml takes truncation for an end and never returns from an unclosed <style>.

import { parse, type TNode } from "txml/txml";
import type { TcxLap } from "./document.ts";
import { emptyReading, type TrackpointReading } from "./samples.ts";
import { parseTime } from "./times.ts";

const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const heartRateRange = [1, 254] as const;

/** What one `<Trackpoint>` says. */
export interface TrackpointFields {
  readonly reading: TrackpointReading;
  readonly hasTime: boolean;
  readonly hasPosition: boolean;
  readonly hasAltitude: boolean;
  readonly hasHeartRate: boolean;
  readonly droppedValues: number;
}

/** What one `<Lap>` says of itself, without its tracks. */
export interface LapFields {
  readonly lap: Omit<TcxLap, "trackCount" | "firstSample" | "sampleCount">;
  readonly droppedValues: number;
}

/** What one `<Activity>` says of itself, without its laps. */
export interface ActivityFields {
  readonly sport: string;
  readonly id: string | null;
  readonly startTimeMilliseconds: number | null;
  readonly creatorName: string | null;
}

/** A finite number in decimal or scientific notation (xsd:double), else null. Unlike `Number`, no hex and no empty text. */
export function parseDecimal(text: string): number | null {
  if (!decimalPattern.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

export function readTrackpoint(markup: string): TrackpointFields {
  const node = parseRecord(markup);
  const dropped = new DroppedValues();
  const reading = emptyReading();
  const time = parseTime(textOf(node, "Time") ?? "");
  if (time !== null) reading.timeMilliseconds = time;

  const position = childOf(node, "Position");
  if (position !== undefined) {
    const latitude = inRange(textOf(position, "LatitudeDegrees"), -90, 90);
    const longitude = inRange(textOf(position, "LongitudeDegrees"), -180, 180);
    // Receivers without a fix write 0, 0, a place in the sea where nobody records; half a position is none.
    if (latitude === null || longitude === null || (latitude === 0 && longitude === 0)) dropped.count++;
    else {
      reading.latitudeDegrees = latitude;
      reading.longitudeDegrees = longitude;
    }
  }
  reading.altitudeMeters = dropped.unlessRead(textOf(node, "AltitudeMeters"), parseDecimal) ?? Number.NaN;
  reading.distanceMeters = dropped.unlessRead(textOf(node, "DistanceMeters"), parseDecimal) ?? Number.NaN;
  const heartRate = childOf(node, "HeartRateBpm");
  if (heartRate !== undefined) {
    reading.heartRateBpm = dropped.unlessRead(textOf(heartRate, "Value") ?? "", parseHeartRate) ?? 0;
  }
  return {
    reading,
    hasTime: time !== null,
    hasPosition: position !== undefined,
    hasAltitude: childOf(node, "AltitudeMeters") !== undefined,
    hasHeartRate: heartRate !== undefined,
    droppedValues: dropped.count,
  };
}

export function readLap(markup: string): LapFields {
  const node = parseRecord(markup);
  const dropped = new DroppedValues();
  const lap = {
    startTimeMilliseconds: dropped.unlessRead(node.attributes.StartTime ?? undefined, parseTime),
    totalTimeSeconds: dropped.unlessRead(textOf(node, "TotalTimeSeconds"), parseTotal),
    distanceMeters: dropped.unlessRead(textOf(node, "DistanceMeters"), parseTotal),
    calories: dropped.unlessRead(textOf(node, "Calories"), parseTotal),
    averageHeartRateBpm: dropped.unlessRead(heartRateText(node, "AverageHeartRateBpm"), parseHeartRate),
    maximumHeartRateBpm: dropped.unlessRead(heartRateText(node, "MaximumHeartRateBpm"), parseHeartRate),
    intensity: textOf(node, "Intensity") || null,
  };
  return { lap, droppedValues: dropped.count };
}

export function readActivity(markup: string): ActivityFields {
  const node = parseRecord(markup);
  const id = textOf(node, "Id") || null;
  const creator = childOf(node, "Creator");
  return {
    sport: node.attributes.Sport ?? "",
    id,
    startTimeMilliseconds: id === null ? null : parseTime(id),
    creatorName: (creator && textOf(creator, "Name")) || null,
  };
}

/** Whole beats a minute: a decimal is rounded, and what no heart does is refused. */
export function parseHeartRate(text: string): number | null {
  const number = inRange(text, ...heartRateRange);
  return number === null ? null : Math.round(number);
}

/** A lap's total: a number that is not negative. */
function parseTotal(text: string): number | null {
  return inRange(text, 0, Number.MAX_VALUE);
}

function inRange(text: string | undefined, lowest: number, highest: number): number | null {
  const number = parseDecimal(text ?? "");
  return number === null || number < lowest || number > highest ? null : number;
}

/** Counts values that are there but cannot be true. */
class DroppedValues {
  count = 0;

  unlessRead(text: string | undefined, read: (text: string) => number | null): number | null {
    if (text === undefined) return null;
    const value = read(text);
    if (value === null) this.count++;
    return value;
  }
}

function parseRecord(markup: string): TNode {
  const [node] = parse(markup, { selfClosingTags: [], decodeEntities: true });
  if (typeof node !== "object") throw new Error("an outline is one element");
  return node;
}

function childOf(node: TNode, name: string): TNode | undefined {
  for (const child of node.children) {
    if (typeof child === "object" && child.tagName === name) return child;
  }
  return undefined;
}

/** The text of a child, trimmed; undefined if there is no such child. */
function textOf(node: TNode, name: string): string | undefined {
  const child = childOf(node, name);
  return child?.children
    .map((part) => (typeof part === "string" ? part : ""))
    .join("")
    .trim();
}

/** The text of a heart rate's `<Value>`, empty if the heart rate has none. */
function heartRateText(node: TNode, name: string): string | undefined {
  const group = childOf(node, name);
  return group && (textOf(group, "Value") ?? "");
}

// Our TCX decoder, the floor, and the first peers: the parsers that one would take instead, each used as its authors mean it to be used,
// each filling the same columns. They get the file as a text that is already decoded; ours gets bytes in 64 KiB chunks.

import { XMLParser } from "fast-xml-parser";
import { parse, type TNode } from "txml/txml";
import { TcxDecoder } from "../../src/tcx/decoder.ts";
import { type Columns, ColumnWriter } from "./columns.ts";

export interface BenchFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
}

/** The size of a chunk as a network or a file gives it. */
export const chunkBytes = 65_536;

/** This project's decoder, with every check on. */
export function decodeWithOurs({ bytes }: BenchFile): Columns {
  const decoder = new TcxDecoder();
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    decoder.push(bytes.subarray(start, start + chunkBytes));
  }
  const samples = decoder.end().activities[0]?.samples;
  if (samples === undefined) throw new Error("no activity");
  return {
    count: samples.count,
    time: samples.timeMilliseconds,
    latitude: samples.latitudeDegrees,
    longitude: samples.longitudeDegrees,
    altitude: samples.altitudeMeters,
    distance: samples.distanceMeters,
    heartRate: samples.heartRateBpm,
  };
}

/** The floor: no decoding at all, one native search for each trackpoint. */
export function countTrackpoints({ text }: BenchFile): number {
  let count = 0;
  for (let at = text.indexOf("<Trackpoint>"); at !== -1; at = text.indexOf("<Trackpoint>", at + 1)) count++;
  return count;
}

/** txml's full tree, and a walk over it. */
export function decodeWithTxml({ text }: BenchFile): Columns {
  const writer = new ColumnWriter();
  const child = (node: TNode | undefined, name: string): TNode | undefined => {
    for (const candidate of node?.children ?? []) {
      if (typeof candidate === "object" && candidate.tagName === name) return candidate;
    }
    return undefined;
  };
  const value = (node: TNode | undefined) => {
    const content = node?.children[0];
    return typeof content === "string" ? content : undefined;
  };
  const named = (nodes: readonly (TNode | string)[], name: string) =>
    nodes.filter((node) => typeof node === "object").filter((node) => node.tagName === name);
  const each = (parents: readonly TNode[], name: string) =>
    parents.flatMap((node) => named(node.children, name));
  const roots = named(parse(text), "TrainingCenterDatabase");
  for (const track of each(each(each(each(roots, "Activities"), "Activity"), "Lap"), "Track")) {
    for (const point of track.children) {
      if (typeof point !== "object" || point.tagName !== "Trackpoint") continue;
      const position = child(point, "Position");
      writer.add(
        value(child(point, "Time")),
        value(child(position, "LatitudeDegrees")),
        value(child(position, "LongitudeDegrees")),
        value(child(point, "AltitudeMeters")),
        value(child(point, "DistanceMeters")),
        value(child(child(point, "HeartRateBpm"), "Value")),
      );
    }
  }
  return writer.columns();
}

interface FastTrackpoint {
  Time?: string;
  Position?: { LatitudeDegrees?: string; LongitudeDegrees?: string };
  AltitudeMeters?: string;
  DistanceMeters?: string;
  HeartRateBpm?: { Value?: string };
}

/** fast-xml-parser's object tree; values stay text, which is faster than its own guess at types. */
export function decodeWithFastXmlParser({ text }: BenchFile): Columns {
  const parser = new XMLParser({
    parseTagValue: false,
    isArray: (name) => name === "Activity" || name === "Lap" || name === "Track" || name === "Trackpoint",
  });
  const writer = new ColumnWriter();
  const tree = parser.parse(text);
  for (const activity of tree.TrainingCenterDatabase.Activities.Activity) {
    for (const lap of activity.Lap) {
      for (const track of lap.Track) {
        for (const point of track.Trackpoint as FastTrackpoint[]) {
          writer.add(
            point.Time,
            point.Position?.LatitudeDegrees,
            point.Position?.LongitudeDegrees,
            point.AltitudeMeters,
            point.DistanceMeters,
            point.HeartRateBpm?.Value,
          );
        }
      }
    }
  }
  return writer.columns();
}

// Small TCX documents for the tests, written by us, and the ways to feed them to the decoder.

import { TcxDecoder, type TcxLimits } from "../../src/tcx/decoder.ts";
import type { TcxActivity, TcxDocument } from "../../src/tcx/document.ts";
import { TcxError } from "../../src/tcx/errors.ts";

export const tcxNamespace = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2";
const encoder = new TextEncoder();

/** A document around the content of `<Activities>`. */
export function database(activities: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="${tcxNamespace}">\n<Activities>${activities}</Activities>\n</TrainingCenterDatabase>\n`;
}

/** A document with one activity, one lap and one track around these trackpoints. */
export function track(trackpoints: string): string {
  return database(
    `<Activity Sport="Running"><Id>2026-05-01T08:00:00Z</Id><Lap StartTime="2026-05-01T08:00:00Z"><TotalTimeSeconds>60</TotalTimeSeconds><DistanceMeters>200</DistanceMeters><Calories>10</Calories><Track>${trackpoints}</Track></Lap></Activity>`,
  );
}

/** Trackpoints as Fitbit lays them out (reference §4.1), one a second, all with every value. */
export function usualTrackpoints(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const second = String(index % 60).padStart(2, "0");
    const minute = String(Math.floor(index / 60) % 60).padStart(2, "0");
    return `
                    <Trackpoint>
                        <Time>2026-05-01T08:${minute}:${second}.000+02:00</Time>
                        <Position>
                            <LatitudeDegrees>${52 + index / 7e4}</LatitudeDegrees>
                            <LongitudeDegrees>${-13 - index / 3e4}</LongitudeDegrees>
                        </Position>
                        <AltitudeMeters>${30 + (index % 17) / 10}</AltitudeMeters>
                        <DistanceMeters>${index * 2.7}</DistanceMeters>
                        <HeartRateBpm>
                            <Value>${100 + (index % 60)}</Value>
                        </HeartRateBpm>
                    </Trackpoint>`;
  }).join("");
}

/** Decodes, fed in chunks of the given sizes over and over; in one piece unless given. */
export function decode(
  input: string | Uint8Array,
  chunkSizes: readonly number[] = [],
  limits?: TcxLimits,
): TcxDocument {
  const bytes = typeof input === "string" ? encoder.encode(input) : input;
  const decoder = new TcxDecoder(limits);
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = chunkSizes.length === 0 ? bytes.length : (chunkSizes[turn % chunkSizes.length] ?? 1);
    decoder.push(bytes.slice(start, start + size));
    start += size;
  }
  return decoder.end();
}

/** Decodes a document with one activity. */
export function decodeOne(input: string, chunkSizes?: readonly number[]): TcxActivity {
  const [activity, ...others] = decode(input, chunkSizes).activities;
  if (activity === undefined || others.length > 0) throw new Error("the fixture has one activity");
  return activity;
}

/** The error that the input ends in, or null if it decodes. */
export function refusal(
  input: string | Uint8Array,
  chunkSizes?: readonly number[],
  limits?: TcxLimits,
): { code: string; message: string; offset: number } | null {
  try {
    decode(input, chunkSizes, limits);
    return null;
  } catch (error) {
    if (!(error instanceof TcxError)) throw error;
    return { code: error.code, message: error.message, offset: error.offset };
  }
}

/** A document in a form that `toEqual` can compare and print: columns as arrays, absent as null. */
export function plain(document: TcxDocument): unknown {
  const numbers = (column: Float64Array) =>
    Array.from(column, (value) => (Number.isNaN(value) ? null : value));
  return document.activities.map((activity) => ({
    ...activity,
    samples: {
      time: numbers(activity.samples.timeMilliseconds),
      latitude: numbers(activity.samples.latitudeDegrees),
      longitude: numbers(activity.samples.longitudeDegrees),
      altitude: numbers(activity.samples.altitudeMeters),
      distance: numbers(activity.samples.distanceMeters),
      heartRate: Array.from(activity.samples.heartRateBpm, (value) => value || null),
    },
  }));
}

// An activity document as R2 holds it, made up for the exports: two laps with a second's pause between them, a record without a
// position, one without a heart rate, and a title that XML would trip over.

import type { ActivityDocument, StandardizedRecord } from "../../../../src/activities/document.ts";
import { asId } from "../../../../src/kernel/ids.ts";

const start = Date.parse("2026-03-10T14:00:00Z");

/** `at` in seconds from the start. */
export function recordAt(at: number, fields: Omit<StandardizedRecord, "timestamp"> = {}): StandardizedRecord {
  return { timestamp: timeAt(at), ...fields };
}

export function timeAt(seconds: number): string {
  return new Date(start + Math.round(seconds * 1000)).toISOString().replace(".000Z", "Z");
}

/** All records of a document in order. */
export function recordsOf(document: ActivityDocument): StandardizedRecord[] {
  return document.standardizedActivity.sessions[0].laps.flatMap((lap) => lap.records ?? []);
}

export type LocatedRecord = StandardizedRecord & { positionLat: number; positionLong: number };

/** The records with a position, by lap. */
export function routeOf(document: ActivityDocument): LocatedRecord[][] {
  return document.standardizedActivity.sessions[0].laps.map((lap) =>
    (lap.records ?? []).filter(
      (record): record is LocatedRecord =>
        record.positionLat !== undefined && record.positionLong !== undefined,
    ),
  );
}

const route = (at: number): StandardizedRecord =>
  recordAt(at, {
    positionLat: (5_250_000 + at) / 100_000,
    positionLong: (-1_325_000 + at) / 100_000,
    altitude: (342 + (at % 500)) / 10,
    distance: at * 3,
    heartRate: 120 + (at % 40),
  });

/** Ten hours with every field each second. */
export function tenHoursOfRecords(): StandardizedRecord[] {
  return Array.from({ length: 36_000 }, (_, at) => route(at));
}

/** As TCX and GPX have it, where 180° east is written as 180° west. */
export const inXml = (longitude: number) => (longitude === 180 ? -180 : longitude);

/** A document of these laps; a lap's `startTime` is its first record's, a lap lasts until the next. */
export function documentOf(records: {
  readonly laps: readonly (readonly StandardizedRecord[])[];
  /** Of each lap; 300 m unless given, `undefined` for a lap whose distance nobody knows. */
  readonly lapDistance?: number | undefined;
  readonly fields?: { readonly [Field in keyof ActivityDocument]?: ActivityDocument[Field] | undefined };
}): ActivityDocument {
  const all = records.laps.flat();
  const positions = all.filter((record) => record.positionLat !== undefined).length;
  const beats = all.filter((record) => record.heartRate !== undefined).length;
  const secondOf = (record: StandardizedRecord | undefined) =>
    record === undefined ? 0 : Math.floor((Date.parse(record.timestamp) - start) / 1000);
  const seconds = secondOf(all.at(-1)) + 1;
  const lapDistance = "lapDistance" in records ? records.lapDistance : 300;
  const stream = (samples: number) => ({
    state: samples === 0 ? ("absent" as const) : ("complete" as const),
    ...(samples === 0 ? { reason: "no_gps" as const } : {}),
    coverage: samples === 0 ? 0 : 1,
    largestGapSeconds: 1,
    samples,
  });
  return {
    id: asId("act_sample"),
    revision: 1,
    userId: asId("u1"),
    connectionId: asId("con_sample"),
    provider: "fitbit",
    sourceActivityId: asId("1"),
    title: 'Run & "jump" <fast>',
    type: "ACTIVITY_TYPE_RUN",
    recordedBy: "tracker",
    startTime: timeAt(0),
    endTime: timeAt(seconds),
    utcOffsetSeconds: 3600,
    elapsedSeconds: seconds,
    activeSeconds: seconds,
    distanceMeters: 600,
    calories: 101,
    averageHeartRate: 130,
    maxHeartRate: 159,
    completeness: { gps: stream(positions), heartRate: stream(beats) },
    updatedAt: timeAt(4000),
    standardizedActivity: {
      source: "SOURCE_FITBIT",
      externalId: "1",
      userId: "u1",
      startTime: timeAt(0),
      name: 'Run & "jump" <fast>',
      type: "ACTIVITY_TYPE_RUN",
      sessions: [
        {
          startTime: timeAt(0),
          totalElapsedTime: seconds,
          totalDistance: 600,
          laps: records.laps.map((lap, index) => ({
            startTime: lap[0]?.timestamp ?? timeAt(0),
            totalElapsedTime: Math.max(1, secondOf(lap.at(-1)) - secondOf(lap[0])),
            ...(lapDistance === undefined ? {} : { totalDistance: lapDistance }),
            ...(lap.length === 0 ? {} : { records: lap }),
            ...(index === 1 ? { intensity: "recovery" as const } : {}),
          })),
        },
      ],
    },
    ...records.fields,
  } as ActivityDocument;
}

const secondsFrom = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

export const sampleDocument = documentOf({
  laps: [
    secondsFrom(0, 100).map((at) => (at === 50 ? recordAt(at, { heartRate: 140 }) : route(at))),
    secondsFrom(101, 200).map((at) => {
      const { heartRate: _heartRate, ...rest } = route(at);
      return at === 150 ? rest : route(at);
    }),
  ],
});

// The FIT that leaves, read back by Garmin's own decoder: whole, and with the document's values as exactly as FIT counts them.

import { Decoder, Encoder, type FitMessages, Profile, type RecordMesg, Stream } from "@garmin/fitsdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { canExport } from "../../../../src/activities/exports/export.ts";
import { writeFit } from "../../../../src/activities/exports/fit.ts";
import { withFewRecordFields } from "../../../../src/activities/exports/fit-profile.ts";
import { fitSportOf } from "../../../../src/activities/exports/fit-sport.ts";
import { activityTypes } from "../../../../src/kernel/activity-types.ts";
import { randomDocument } from "./random-documents.ts";
import { documentOf, recordAt, recordsOf, sampleDocument, tenHoursOfRecords, timeAt } from "./sample.ts";

async function read(document: ActivityDocument): Promise<FitMessages> {
  const bytes = [...(await writeFit(document))];
  expect(new Decoder(Stream.fromByteArray(bytes)).isFIT()).toBe(true);
  expect(new Decoder(Stream.fromByteArray(bytes)).checkIntegrity()).toBe(true);
  const { messages, errors } = new Decoder(Stream.fromByteArray(bytes)).read();
  expect(errors).toEqual([]);
  return messages;
}

const degreesPerSemicircle = 180 / 2 ** 31;
const wholeSecond = (time: string) => new Date(Math.floor(Date.parse(time) / 1000) * 1000);

/** Within half of what FIT counts in, and a little for the arithmetic; absent where FIT has no number for it. */
function expectNear(read: unknown, value: number | undefined, step: number, least: number, greatest: number) {
  if (value === undefined || value < least || value > greatest) expect(read).toBeUndefined();
  else expect(Math.abs(Number(read) - value)).toBeLessThanOrEqual(step / 2 + Math.abs(value) * 1e-12 + 1e-9);
}

describe("an export read by Garmin's decoder", () => {
  it("is whole, and has every record with its time, place, altitude, distance and heart rate", async () => {
    await fc.assert(
      fc.asyncProperty(randomDocument, async (document) => {
        const { recordMesgs = [] } = await read(document);
        const records = recordsOf(document);
        expect(recordMesgs).toHaveLength(records.length);
        for (const [index, record] of records.entries()) {
          const message = recordMesgs[index];
          expect(message?.timestamp).toEqual(wholeSecond(record.timestamp));
          expect(message?.heartRate).toBe(record.heartRate);
          expectNear(message?.altitude, record.altitude, 0.2, -500, 12_606.8);
          expectNear(message?.distance, record.distance, 0.01, 0, 42_949_672.94);
          const { positionLat, positionLong } = record;
          if (positionLat === undefined || positionLong === undefined) {
            expect([message?.positionLat, message?.positionLong]).toEqual([undefined, undefined]);
            continue;
          }
          const latitude = Number(message?.positionLat) * degreesPerSemicircle;
          const longitude = Number(message?.positionLong) * degreesPerSemicircle;
          expect(Math.abs(latitude - positionLat)).toBeLessThanOrEqual(degreesPerSemicircle);
          // 180° east is 180° west.
          const turn = Math.abs(longitude - positionLong);
          expect(Math.min(turn, 360 - turn)).toBeLessThanOrEqual(degreesPerSemicircle * 1.5);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("has the document's laps and one session, which lasts and covers what it did", async () => {
    await fc.assert(
      fc.asyncProperty(randomDocument, async (document) => {
        const { lapMesgs = [], sessionMesgs = [], activityMesgs = [] } = await read(document);
        const [session] = document.standardizedActivity.sessions;
        expect(lapMesgs).toHaveLength(session.laps.length);
        for (const [index, lap] of session.laps.entries()) {
          const message = lapMesgs[index];
          expect(message?.messageIndex).toBe(index);
          expect(message?.startTime).toEqual(wholeSecond(lap.startTime));
          expectNear(message?.totalElapsedTime, lap.totalElapsedTime, 0.001, 0, 4_294_967);
          expectNear(message?.totalDistance, lap.totalDistance, 0.01, 0, 42_949_672.94);
        }
        expect(sessionMesgs).toHaveLength(1);
        const [message] = sessionMesgs;
        expect(message).toMatchObject({
          ...fitSportOf(document.type),
          startTime: wholeSecond(session.startTime),
          numLaps: session.laps.length,
          avgHeartRate: document.averageHeartRate,
          maxHeartRate: document.maxHeartRate,
        });
        expectNear(message?.totalElapsedTime, session.totalElapsedTime, 0.001, 0, 4_294_967);
        expectNear(message?.totalDistance, session.totalDistance, 0.01, 0, 42_949_672.94);
        expectNear(message?.totalCalories, document.calories, 1, 0, 65_534.5);
        expectNear(message?.totalAscent, document.elevationGainMeters, 1, 0, 65_534.5);
        expect(activityMesgs).toMatchObject([{ numSessions: 1 }]);
      }),
      { numRuns: 150 },
    );
  });

  it("is the messages of an activity in Garmin's order", async () => {
    const bytes = [...(await writeFit(sampleDocument))];
    const order: number[] = [];
    new Decoder(Stream.fromByteArray(bytes)).read({
      mesgListener: (number) => {
        if (order.at(-1) !== number) order.push(number);
      },
    });
    // File id, timer start, records, timer stop, laps, session, activity.
    expect(order).toEqual([0, 21, 20, 21, 19, 18, 34]);
  });

  it("shows the sample as it was", async () => {
    const { fileIdMesgs, eventMesgs, recordMesgs = [], lapMesgs, activityMesgs } = await read(sampleDocument);
    expect(fileIdMesgs).toMatchObject([{ type: "activity", manufacturer: "development" }]);
    expect(eventMesgs).toMatchObject([
      { timestamp: new Date(timeAt(0)), event: "timer", eventType: "start" },
      { timestamp: new Date(timeAt(200)), event: "timer", eventType: "stopAll" },
    ]);
    expect(recordMesgs[7]).toMatchObject({
      timestamp: new Date(timeAt(7)),
      altitude: 35,
      distance: 21,
      heartRate: 127,
    });
    expect(lapMesgs).toMatchObject([
      { totalDistance: 300, avgHeartRate: 138, maxHeartRate: 159 },
      { totalDistance: 300 },
    ]);
    // 2026-03-10 15:03:20 on the watch, an hour ahead of UTC.
    const fitEpoch = Date.UTC(1989, 11, 31);
    expect(activityMesgs?.[0]?.localTimestamp).toBe((Date.parse(timeAt(200)) - fitEpoch) / 1000 + 3600);
  });

  it("has one record a second: of two in one the earlier, and none that goes back in time", async () => {
    const beats: [number, number][] = [
      [0.2, 100],
      [0.9, 101],
      [1.1, 102],
      [0.5, 103],
      [2, 104],
    ];
    const laps = [beats.map(([at, heartRate]) => recordAt(at, { heartRate }))];
    const { recordMesgs = [] } = await read(documentOf({ laps }));
    expect(recordMesgs.map(({ timestamp, heartRate }) => [timestamp, heartRate])).toEqual([
      [new Date(timeAt(0)), 100],
      [new Date(timeAt(1)), 102],
      [new Date(timeAt(2)), 104],
    ]);
  });

  it("has no place that means that there is none, next to the meridian where east meets west", async () => {
    const longitudes = [180, -180, 180 - degreesPerSemicircle, 180 - 1e-10];
    const laps = [longitudes.map((positionLong, at) => recordAt(at, { positionLat: 90, positionLong }))];
    const { recordMesgs = [] } = await read(documentOf({ laps }));
    const west = -(2 ** 31);
    expect(recordMesgs.map(({ positionLong }) => positionLong)).toEqual([west, west, 2 ** 31 - 2, west]);
  });

  it("is whole without records and without laps' distances", async () => {
    const { recordMesgs, lapMesgs } = await read(documentOf({ laps: [[]], lapDistance: undefined }));
    expect(recordMesgs).toBeUndefined();
    expect(lapMesgs).toHaveLength(1);
    expect(lapMesgs?.[0]).not.toHaveProperty("totalDistance");
    expect(lapMesgs?.[0]).not.toHaveProperty("avgHeartRate");
  });
});

const places = { positionLat: 52.5, positionLong: 13.4, altitude: 34, distance: 12, heartRate: 120 };
const seconds = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => recordAt(from + index, places));

/** A document whose laps' timers ran for so many seconds; `active` of `elapsed` seconds in all. */
function paused({
  laps,
  active,
  elapsed,
}: {
  laps: readonly { readonly from: number; readonly to: number; readonly timer: number }[];
  active: number;
  elapsed: number;
}): ActivityDocument {
  const document = documentOf({
    laps: laps.map(({ from, to }) => seconds(from, to)),
    fields: { activeSeconds: active, elapsedSeconds: elapsed },
  });
  const { standardizedActivity } = document;
  const [session] = standardizedActivity.sessions;
  return {
    ...document,
    standardizedActivity: {
      ...standardizedActivity,
      sessions: [
        {
          ...session,
          totalElapsedTime: elapsed,
          laps: session.laps.map((lap, index) => ({ ...lap, totalElapsedTime: laps[index]?.timer ?? 0 })),
        },
      ],
    },
  };
}

describe("an export of an activity with a pause", () => {
  it("has every record within its lap, the pause in what elapsed, and none of it in what the timer ran", async () => {
    const { lapMesgs, sessionMesgs, eventMesgs, activityMesgs } = await read(
      paused({
        laps: [
          { from: 0, to: 99, timer: 80 },
          { from: 100, to: 220, timer: 120 },
        ],
        active: 200,
        elapsed: 220,
      }),
    );
    expect(lapMesgs).toMatchObject([
      {
        startTime: new Date(timeAt(0)),
        timestamp: new Date(timeAt(99)),
        totalElapsedTime: 99,
        totalTimerTime: 80,
        sport: "running",
        subSport: "generic",
      },
      {
        startTime: new Date(timeAt(100)),
        timestamp: new Date(timeAt(220)),
        totalElapsedTime: 120,
        totalTimerTime: 120,
        sport: "running",
      },
    ]);
    expect(sessionMesgs).toMatchObject([
      {
        startTime: new Date(timeAt(0)),
        timestamp: new Date(timeAt(220)),
        totalElapsedTime: 220,
        totalTimerTime: 200,
      },
    ]);
    expect(eventMesgs?.map(({ timestamp }) => timestamp)).toEqual([
      new Date(timeAt(0)),
      new Date(timeAt(220)),
    ]);
    expect(activityMesgs).toMatchObject([{ timestamp: new Date(timeAt(220)), totalTimerTime: 200 }]);
  });

  it("has, with a single lap, the activity's timer in the lap too", async () => {
    for (const timer of [300, 240, 200]) {
      const { lapMesgs, sessionMesgs } = await read(
        paused({ laps: [{ from: 0, to: 300, timer }], active: 240, elapsed: 300 }),
      );
      expect(lapMesgs).toMatchObject([
        {
          timestamp: new Date(timeAt(300)),
          totalElapsedTime: 300,
          totalTimerTime: Math.min(240, timer),
        },
      ]);
      expect(sessionMesgs).toMatchObject([{ totalElapsedTime: 300, totalTimerTime: 240 }]);
    }
  });

  it("has no record outside of its lap, whatever the laps' timers say, and a timer never longer than what elapsed", async () => {
    const lap = fc.record({
      wait: fc.nat(50),
      length: fc.integer({ min: 1, max: 50 }),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(lap, { minLength: 1, maxLength: 4 }), async (drawn) => {
        let at = 0;
        const laps = drawn.map(({ wait, length, share }) => {
          const from = at + wait;
          at = from + length + 1;
          return { from, to: from + length, timer: length * share };
        });
        const { lapMesgs = [], recordMesgs = [] } = await read(paused({ laps, active: at, elapsed: at }));
        let index = 0;
        for (const [number, { from, to }] of laps.entries()) {
          const message = lapMesgs[number];
          for (let second = from; second <= to; second++, index++) {
            const time = Number(recordMesgs[index]?.timestamp);
            expect(time).toBeGreaterThanOrEqual(Number(message?.startTime));
            expect(time).toBeLessThanOrEqual(Number(message?.timestamp));
          }
          expect(Number(message?.totalTimerTime)).toBeLessThanOrEqual(Number(message?.totalElapsedTime));
        }
        expect(index).toBe(recordMesgs.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a value that FIT has no number for", () => {
  const at = (time: string) => ({ timestamp: time, heartRate: 100 });

  it("is left out where it is a time: records before July 1998 and after February 2126", async () => {
    const times = [
      "1969-12-31T23:59:59Z",
      "1989-12-30T00:00:00Z",
      "1998-07-03T21:24:15Z",
      "1998-07-03T21:24:16Z",
      "2126-02-06T06:28:14Z",
      "2126-02-06T06:28:15Z",
    ];
    const { recordMesgs, lapMesgs } = await read(documentOf({ laps: [times.map(at)] }));
    expect(recordMesgs?.map(({ timestamp }) => timestamp)).toEqual([
      new Date("1998-07-03T21:24:16Z"),
      new Date("2126-02-06T06:28:14Z"),
    ]);
    expect(lapMesgs).toMatchObject([
      { startTime: new Date("1998-07-03T21:24:16Z"), timestamp: new Date("2126-02-06T06:28:14Z") },
    ]);
  });

  it("is a reason not to offer FIT where it is the start", () => {
    const can = (time: string) => canExport({ startTime: Date.parse(time) }, "fit");
    expect(can("1998-07-03T21:24:15Z")).toBe(false);
    expect(can("1998-07-03T21:24:16Z")).toBe(true);
    expect(can("2126-02-06T06:28:14Z")).toBe(true);
    expect(can("2126-02-06T06:28:15Z")).toBe(false);
    expect(canExport({ startTime: 0 }, "gpx")).toBe(true);
  });

  it("is the nearest that a byte holds where it is a heart rate", async () => {
    const beats = [0, 0.4, 99.6, 254, 256];
    const laps = [beats.map((heartRate, second) => recordAt(second, { heartRate }))];
    const { recordMesgs } = await read(documentOf({ laps }));
    expect(recordMesgs?.map(({ heartRate }) => heartRate)).toEqual([1, 1, 100, 254, 254]);
  });
});

describe("ten hours", () => {
  it("leave others their turns, who find Garmin's profile as it was", async () => {
    const fieldsOfRecord = () => Object.keys(Profile.messages[20]?.fields ?? {}).length;
    const before = fieldsOfRecord();
    const seen: number[] = [];
    const timer = setInterval(() => seen.push(fieldsOfRecord()), 0);
    await writeFit(documentOf({ laps: [tenHoursOfRecords()] }));
    clearInterval(timer);
    expect(before).toBeGreaterThan(80);
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(new Set(seen)).toEqual(new Set([before]));
    expect(fieldsOfRecord()).toBe(before);
  });

  it("do not go through all of Garmin's fields for each field of each record", async () => {
    const profile = Profile.messages[20];
    if (profile === undefined) throw new Error("Garmin's profile has no records");
    let walks = 0;
    const ownKeys = (fields: typeof profile.fields) => {
      walks++;
      return Reflect.ownKeys(fields);
    };
    Profile.messages[20] = { ...profile, fields: new Proxy(profile.fields, { ownKeys }) };
    try {
      await writeFit(documentOf({ laps: [tenHoursOfRecords().slice(0, 3000)] }));
    } finally {
      Profile.messages[20] = profile;
    }
    // Once for each turn.
    expect(walks).toBeLessThan(10);
  });
});

it("the profile is whole again when a record could not be written", () => {
  const whole = Profile.messages[20];
  expect(() =>
    withFewRecordFields(() => {
      expect(Profile.messages[20]).not.toBe(whole);
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(Profile.messages[20]).toBe(whole);
});

it("records are the same to the byte as the encoder writes with its whole profile", () => {
  const records: RecordMesg[] = [
    { timestamp: new Date(timeAt(0)), heartRate: 100 },
    {
      timestamp: new Date(timeAt(1)),
      positionLat: 1,
      positionLong: 2,
      altitude: 3,
      distance: 4,
      heartRate: 5,
    },
    { timestamp: new Date(timeAt(2)), altitude: -3.4 },
  ];
  const [asGarmin, narrow] = [new Encoder(), new Encoder()];
  for (const record of records) asGarmin.onMesg(20, record);
  withFewRecordFields(() => {
    for (const record of records) narrow.onMesg(20, record);
  });
  expect(narrow.close()).toEqual(asGarmin.close());
});

it.each([
  ["ACTIVITY_TYPE_RUN", "running", "generic"],
  ["ACTIVITY_TYPE_TRAIL_RUN", "running", "trail"],
  ["ACTIVITY_TYPE_VIRTUAL_RUN", "running", "virtualActivity"],
  ["ACTIVITY_TYPE_WALK", "walking", "generic"],
  ["ACTIVITY_TYPE_HIKE", "hiking", "generic"],
  ["ACTIVITY_TYPE_RIDE", "cycling", "generic"],
  ["ACTIVITY_TYPE_MOUNTAIN_BIKE_RIDE", "cycling", "mountain"],
  ["ACTIVITY_TYPE_EBIKE_RIDE", "eBiking", "generic"],
  ["ACTIVITY_TYPE_SWIM", "swimming", "generic"],
  ["ACTIVITY_TYPE_YOGA", "training", "yoga"],
  ["ACTIVITY_TYPE_WEIGHT_TRAINING", "training", "strengthTraining"],
  ["ACTIVITY_TYPE_ELLIPTICAL", "fitnessEquipment", "elliptical"],
  ["ACTIVITY_TYPE_TENNIS", "tennis", "generic"],
  ["ACTIVITY_TYPE_NORDIC_SKI", "crossCountrySkiing", "generic"],
  ["ACTIVITY_TYPE_UNSPECIFIED", "generic", "generic"],
] as const)("%s is %s, %s", async (type, sport, subSport) => {
  const { sessionMesgs, lapMesgs } = await read(documentOf({ laps: [[recordAt(0)]], fields: { type } }));
  expect(sessionMesgs).toMatchObject([{ sport, subSport }]);
  expect(lapMesgs).toMatchObject([{ sport, subSport }]);
});

it("every type of FitGlue's is a sport that FIT knows", async () => {
  for (const type of activityTypes) {
    const document = documentOf({ laps: [[recordAt(0)]], fields: { type } });
    const [session] = (await read(document)).sessionMesgs ?? [];
    // A number would be one without a name.
    expect(session?.sport).toMatch(/^[a-zA-Z]+$/);
    expect(session?.subSport).toMatch(/^[a-zA-Z]+$/);
  }
});

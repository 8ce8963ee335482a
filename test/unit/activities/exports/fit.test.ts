// The FIT that leaves, read back by Garmin's own decoder: whole, and with the document's values as exactly as FIT counts them.

import { Decoder, type FitMessages, Stream } from "@garmin/fitsdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { writeFit } from "../../../../src/activities/exports/fit.ts";
import { fitSportOf } from "../../../../src/activities/exports/fit-sport.ts";
import { activityTypes } from "../../../../src/kernel/activity-types.ts";
import { randomDocument } from "./random-documents.ts";
import { documentOf, recordAt, recordsOf, sampleDocument, timeAt } from "./sample.ts";

function read(document: ActivityDocument): FitMessages {
  const bytes = [...writeFit(document)];
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
  it("is whole, and has every record with its time, place, altitude, distance and heart rate", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const { recordMesgs = [] } = read(document);
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

  it("has the document's laps and one session, which lasts and covers what it did", () => {
    fc.assert(
      fc.property(randomDocument, (document) => {
        const { lapMesgs = [], sessionMesgs = [], activityMesgs = [] } = read(document);
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

  it("is the messages of an activity in Garmin's order", () => {
    const bytes = [...writeFit(sampleDocument)];
    const order: number[] = [];
    new Decoder(Stream.fromByteArray(bytes)).read({
      mesgListener: (number) => {
        if (order.at(-1) !== number) order.push(number);
      },
    });
    // File id, timer start, records, timer stop, laps, session, activity.
    expect(order).toEqual([0, 21, 20, 21, 19, 18, 34]);
  });

  it("shows the sample as it was", () => {
    const { fileIdMesgs, eventMesgs, recordMesgs = [], lapMesgs, activityMesgs } = read(sampleDocument);
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

  it("has one record a second: of two in one the earlier, and none that goes back in time", () => {
    const beats: [number, number][] = [
      [0.2, 100],
      [0.9, 101],
      [1.1, 102],
      [0.5, 103],
      [2, 104],
    ];
    const laps = [beats.map(([at, heartRate]) => recordAt(at, { heartRate }))];
    const { recordMesgs = [] } = read(documentOf({ laps }));
    expect(recordMesgs.map(({ timestamp, heartRate }) => [timestamp, heartRate])).toEqual([
      [new Date(timeAt(0)), 100],
      [new Date(timeAt(1)), 102],
      [new Date(timeAt(2)), 104],
    ]);
  });

  it("has no place that means that there is none, next to the meridian where east meets west", () => {
    const longitudes = [180, -180, 180 - degreesPerSemicircle, 180 - 1e-10];
    const laps = [longitudes.map((positionLong, at) => recordAt(at, { positionLat: 90, positionLong }))];
    const { recordMesgs = [] } = read(documentOf({ laps }));
    const west = -(2 ** 31);
    expect(recordMesgs.map(({ positionLong }) => positionLong)).toEqual([west, west, 2 ** 31 - 2, west]);
  });

  it("is whole without records and without laps' distances", () => {
    const { recordMesgs, lapMesgs } = read(documentOf({ laps: [[]], lapDistance: undefined }));
    expect(recordMesgs).toBeUndefined();
    expect(lapMesgs).toHaveLength(1);
    expect(lapMesgs?.[0]).not.toHaveProperty("totalDistance");
    expect(lapMesgs?.[0]).not.toHaveProperty("avgHeartRate");
  });
});

it("every type of FitGlue's is a sport that FIT knows", () => {
  for (const type of activityTypes) {
    const [session] = read(documentOf({ laps: [[recordAt(0)]], fields: { type } })).sessionMesgs ?? [];
    expect(session).toMatchObject(fitSportOf(type));
  }
  expect(fitSportOf("ACTIVITY_TYPE_TRAIL_RUN")).toEqual({ sport: "running", subSport: "trail" });
});

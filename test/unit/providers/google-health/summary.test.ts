import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSummary } from "../../../../src/providers/google-health/summary.ts";
import type { ActivitySummary } from "../../../../src/providers/port.ts";
import { now, run } from "./fake-google.ts";

type Change = Record<string, unknown>;

/** The run with other fields of its exercise, of its metrics, or of the whole. */
const exercise = (change: Change, whole: Change = {}) => ({
  ...run,
  exercise: { ...run.exercise, ...change },
  ...whole,
});
const metrics = (change: Change) =>
  exercise({ metricsSummary: { ...run.exercise.metricsSummary, ...change } });
const source = (change: Change) => ({ ...run, dataSource: { ...run.dataSource, ...change } });

function read(point: unknown, at = now): ActivitySummary {
  const reading = readSummary(point, at);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.summary;
}

describe("an exercise", () => {
  it("is told in metres, seconds and absolute time, and its id as text", () => {
    expect(read(run)).toEqual({
      sourceActivityId: "8812345678901234567",
      version: Date.parse("2026-11-20T06:53:01.987Z"),
      title: "Morning run",
      providerTypeId: "RUNNING",
      activityType: "ACTIVITY_TYPE_RUN",
      startTime: Date.parse("2026-11-20T06:10:05Z"),
      utcOffsetSeconds: 3600,
      elapsedSeconds: 2430,
      activeSeconds: 2400,
      recordedBy: "tracker",
      device: "Pixel Watch 9",
      distanceMeters: 7123.457,
      distanceSource: "gps",
      calories: 411.5,
      steps: 6321,
      elevationGainMeters: 31.25,
      averageHeartRate: 149,
      maxHeartRate: null,
      heartRateZones: [
        { name: "Light", minutes: 3 },
        { name: "Moderate", minutes: 15 },
        { name: "Vigorous", minutes: 22 },
        { name: "Peak", minutes: 0 },
      ],
      activeZoneMinutes: 63,
      gpsExpected: true,
      heartRateExpected: true,
      recordedWith: '["FITBIT","Pixel Watch 9",""]',
      copyRank: 0,
    });
  });

  it("is read with nothing but its name and its times, and nothing is invented", () => {
    const { startTime, endTime } = run.exercise.interval;
    const bare = { name: run.name, exercise: { interval: { startTime, endTime } } };
    expect(read(bare)).toEqual({
      sourceActivityId: "8812345678901234567",
      version: Date.parse(endTime),
      title: "Workout",
      providerTypeId: null,
      activityType: "ACTIVITY_TYPE_WORKOUT",
      startTime: Date.parse(startTime),
      utcOffsetSeconds: 0,
      elapsedSeconds: 2430,
      activeSeconds: 2430,
      recordedBy: "other",
      device: null,
      distanceMeters: null,
      distanceSource: null,
      calories: null,
      steps: null,
      elevationGainMeters: null,
      averageHeartRate: null,
      maxHeartRate: null,
      heartRateZones: [],
      activeZoneMinutes: null,
      gpsExpected: false,
      heartRateExpected: false,
      copyRank: 1,
    });
  });

  it.each(["NaN", "Infinity", "-5", -5, null, true, {}, "", "1e9"])(
    "loses a number that is %j and nothing else",
    (value) => {
      const names = ["caloriesKcal", "distanceMillimeters", "steps", "averageHeartRateBeatsPerMinute"];
      const odd = read(metrics(Object.fromEntries(names.map((name) => [name, value]))));
      expect(odd).toEqual({
        ...read(run),
        calories: null,
        distanceMeters: null,
        distanceSource: null,
        steps: null,
        averageHeartRate: null,
      });
    },
  );

  it("has its distance also in the spelling of the documentation's early example", () => {
    const distance = { distanceMillimeters: undefined, distanceMillimiters: 1_500_000 };
    expect(read(metrics(distance)).distanceMeters).toBe(1500);
  });

  it.each([
    ["2026-11-20T06:53:01Z", ".000"],
    ["2026-11-20T06:53:01.9Z", ".900"],
    ["2026-11-20T06:53:01.987999Z", ".987"],
    ["2026-11-20T06:53:01.987654321Z", ".987"],
  ])("is versioned by when it was changed, to the millisecond that has begun: %s", (updateTime, fraction) => {
    expect(read(exercise({ updateTime })).version).toBe(Date.parse(`2026-11-20T06:53:01${fraction}Z`));
  });

  it("is versioned by when it was made, where it does not say when it was changed", () => {
    expect(read(exercise({ updateTime: undefined })).version).toBe(Date.parse("2026-11-20T06:52:00.100Z"));
  });

  it.each([
    ["-14400s", -14_400],
    ["19800s", 19_800],
    ["0s", 0],
    ["nonsense", 3600],
  ])("is placed on its user's clock: %s", (startUtcOffset, seconds) => {
    const interval = { ...run.exercise.interval, startUtcOffset };
    expect(read(exercise({ interval })).utcOffsetSeconds).toBe(seconds);
  });

  it.each(["7", "8812345678901234567", "morning-run-2026", "a".repeat(63)])(
    "has the id %s as it is",
    (id) => {
      const name = `users/7719265018823345619/dataTypes/exercise/dataPoints/${id}`;
      expect(read({ ...run, name }).sourceActivityId).toBe(id);
    },
  );

  it("is read by its instants alone, with or without wall clocks beside them", () => {
    const wallClocks = { civilStartTime: { date: { year: 1999 } }, civilEndTime: {} };
    const interval = { ...run.exercise.interval, ...wallClocks };
    expect(read(exercise({ interval }))).toEqual(read(run));
  });

  it("keeps its milliseconds", () => {
    const interval = { startTime: "2026-10-02T11:35:37.761Z", endTime: "2026-10-02T12:34:37.129Z" };
    expect(read(exercise({ interval, activeDuration: "3539.368s" }))).toMatchObject({
      startTime: Date.parse("2026-10-02T11:35:37.761Z"),
      elapsedSeconds: 3539.368,
      activeSeconds: 3539.368,
    });
  });

  it.each([
    ["2400s", 2400],
    ["2400.5s", 2400.5],
    ["9999s", 2430],
    ["0s", 2430],
    ["-1s", 2430],
    ["2400", 2430],
    [2400, 2430],
  ])("was active for no longer than the clock went: %j", (activeDuration, seconds) => {
    expect(read(exercise({ activeDuration })).activeSeconds).toBe(seconds);
  });

  it("gives back every duration that can be written to the millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 864_000_000 }), fc.boolean(), (milliseconds, isPadded) => {
        const written = `${(milliseconds / 1000).toFixed(isPadded ? 9 : 3)}s`;
        const endTime = new Date(Date.parse("2026-01-01T00:00:00Z") + milliseconds).toISOString();
        const interval = { startTime: "2026-01-01T00:00:00Z", endTime };
        const summary = read(exercise({ interval, activeDuration: written }));
        expect(summary.activeSeconds).toBe(milliseconds / 1000);
        expect(summary.elapsedSeconds).toBe(milliseconds / 1000);
      }),
    );
  });

  it("is called by its own name, else by its type's words, and never typed by the name", () => {
    expect(read(exercise({ displayName: "朝のラン" }))).toMatchObject({
      title: "朝のラン",
      activityType: "ACTIVITY_TYPE_RUN",
    });
    expect(read(exercise({ displayName: "  ", exerciseType: "MOUNTAIN_BIKE" }))).toMatchObject({
      title: "Mountain bike",
      activityType: "ACTIVITY_TYPE_MOUNTAIN_BIKE_RIDE",
    });
    expect(read(exercise({ displayName: "Yoga", exerciseType: "MOON_WALKING" }))).toMatchObject({
      providerTypeId: "MOON_WALKING",
      activityType: "ACTIVITY_TYPE_WORKOUT",
    });
  });

  it.each([
    ["its name has no id", { name: "users/1/dataTypes/exercise/dataPoints/" }, "name"],
    ["its name is of something else", { name: "users/1/dataTypes/exercise/88" }, "name"],
    ["there is no exercise", { exercise: undefined }, "exercise"],
    ["it has no times", { exercise: {} }, "exercise.interval"],
    [
      "a time has no zone",
      { exercise: { interval: { startTime: "2026-11-20T06:10:05", endTime: "2026-11-20T06:50:35Z" } } },
      "exercise.interval.startTime",
    ],
    [
      "a time is none",
      { exercise: { interval: { startTime: "2026-11-20T06:10:05Z", endTime: "2026-13-45T06:50:35Z" } } },
      "exercise.interval.endTime",
    ],
    [
      "it ends before it starts",
      { exercise: { interval: { startTime: "2026-11-20T06:10:05Z", endTime: "2026-11-20T06:10:04Z" } } },
      "exercise.interval",
    ],
  ])("cannot be read, and says where, when %s", (_name, change, field) => {
    const reading = readSummary({ ...run, ...change }, now);
    expect(reading).toEqual({
      ok: false,
      sourceActivityId: field === "name" ? null : "8812345678901234567",
      reason: `unreadable: ${field}`,
    });
  });
});

describe("what recorded an exercise", () => {
  it.each([
    ["ACTIVELY_MEASURED", "WATCH", "tracker"],
    ["ACTIVELY_MEASURED", undefined, "tracker"],
    ["ACTIVELY_MEASURED", "PHONE", "phone"],
    ["PASSIVELY_MEASURED", "FITNESS_BAND", "auto_detected"],
    ["MANUAL", undefined, "manual"],
    ["DERIVED", "WATCH", "other"],
    ["UNKNOWN", "WATCH", "other"],
    ["TELEPATHY", "WATCH", "other"],
    [undefined, "WATCH", "other"],
  ])("is told from %s by %s: %s", (recordingMethod, formFactor, recordedBy) => {
    expect(read(source({ recordingMethod, device: { formFactor } })).recordedBy).toBe(recordedBy);
  });

  it("decides where its distance comes from", () => {
    expect(read(exercise({ exerciseMetadata: {} })).distanceSource).toBe("unknown");
    const typedIn = exercise({ exerciseMetadata: {} }, { dataSource: { recordingMethod: "MANUAL" } });
    expect(read(typedIn).distanceSource).toBe("manual");
  });

  it("makes a route likely only where Google says that there is one", () => {
    for (const exerciseMetadata of [
      {},
      { hasGps: false },
      { hasGps: "true" },
      undefined,
      { poolLengthMillimeters: "25000" },
    ]) {
      expect(read(exercise({ exerciseMetadata })).gpsExpected).toBe(false);
    }
  });

  it.each([
    ["a watch", { recordingMethod: "ACTIVELY_MEASURED", device: { formFactor: "WATCH" } }, true],
    ["a band that recognised it", { recordingMethod: "PASSIVELY_MEASURED", device: {} }, true],
    ["a phone", { recordingMethod: "ACTIVELY_MEASURED", device: { formFactor: "PHONE" } }, false],
    [
      "a phone that recognised it",
      { recordingMethod: "PASSIVELY_MEASURED", device: { formFactor: "PHONE" } },
      false,
    ],
    ["a hand", { recordingMethod: "MANUAL" }, false],
    ["an app that does not say", { recordingMethod: "UNKNOWN", platform: "HEALTH_CONNECT" }, false],
  ])("makes heart rate likely, or not, where there is no average: %s", (_name, dataSource, expected) => {
    const without = { ...run.exercise.metricsSummary, averageHeartRateBeatsPerMinute: undefined };
    expect(read(exercise({ metricsSummary: without }, { dataSource })).heartRateExpected).toBe(expected);
    expect(read({ ...run, dataSource }).heartRateExpected).toBe(true);
  });

  it("ranks the copies of one workout: measured before typed in, the own device's before others', stored copies last", () => {
    const rank = (platform: string | undefined, recordingMethod = "ACTIVELY_MEASURED") =>
      read(source({ platform, recordingMethod })).copyRank ?? 0;
    const order = [
      rank("FITBIT"),
      rank("FITBIT_WEB_API"),
      rank("HEALTH_CONNECT"),
      rank("FITBIT", "MANUAL"),
      rank("GOOGLE_WEB_API", "MANUAL"),
      rank("HEALTH_KIT", "MANUAL"),
    ];
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rank("A_NEW_ONE")).toBe(1);
    expect(rank(undefined)).toBe(1);
    expect(rank("HEALTH_KIT")).toBe(2);
  });
});

describe("a session that may not have ended", () => {
  const minute = 60_000;
  const end = Date.parse(run.exercise.interval.endTime);
  const updated = Date.parse("2026-11-20T06:53:01.987Z");
  const started = [{ exerciseEventType: "START" }];

  it("is under way until its end, and not after it", () => {
    const stopped = exercise({ updateTime: "2026-11-20T06:30:00Z" });
    expect(read(stopped, end - 1).isUnderWay).toBe(true);
    expect(read(stopped, end).isUnderWay).toBeUndefined();
  });

  it("is under way without a stop for ten minutes after its last change, and no longer", () => {
    const open = exercise({ exerciseEvents: started });
    expect(read(open, updated + 10 * minute - 1).isUnderWay).toBe(true);
    expect(read(open, updated + 10 * minute).isUnderWay).toBeUndefined();
  });

  it("has ended when it was stopped, or shows no events, or was recognised afterwards", () => {
    const at = updated + minute;
    expect(read(run, at).isUnderWay).toBeUndefined();
    expect(read(exercise({ exerciseEvents: [] }), at).isUnderWay).toBeUndefined();
    expect(read(exercise({ exerciseEvents: undefined }), at).isUnderWay).toBeUndefined();
    expect(
      read(exercise({ exerciseEvents: [null, {}, { exerciseEventType: 5 }] }), at).isUnderWay,
    ).toBeUndefined();
    const recognised = { ...run.dataSource, recordingMethod: "PASSIVELY_MEASURED" };
    expect(
      read(exercise({ exerciseEvents: started }, { dataSource: recognised }), at).isUnderWay,
    ).toBeUndefined();
  });

  it("is not held back for ever by a clock that is years ahead", () => {
    const interval = { ...run.exercise.interval, endTime: "2031-11-20T06:50:35Z" };
    const ahead = exercise({ interval });
    expect(read(ahead, updated + 24 * 60 * minute - 1).isUnderWay).toBe(true);
    expect(read(ahead, updated + 24 * 60 * minute).isUnderWay).toBeUndefined();
    const silent = exercise({ interval, updateTime: undefined, createTime: undefined });
    expect(read(silent, Date.parse(interval.startTime) + 24 * 60 * minute).isUnderWay).toBeUndefined();
  });
});

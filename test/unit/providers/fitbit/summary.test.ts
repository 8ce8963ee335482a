import { describe, expect, it } from "vitest";
import { readSummary } from "../../../../src/providers/fitbit/summary.ts";

const run = {
  logId: 41_000_000_001,
  activityName: "Run",
  activityTypeId: 90009,
  logType: "tracker",
  startTime: "2026-03-10T07:00:00.000-07:00",
  originalStartTime: "2026-03-10T06:00:00.000-07:00",
  duration: 2_103_000,
  activeDuration: 1_834_000,
  lastModified: "2026-03-10T14:40:00.000Z",
  distance: 5.502559,
  distanceUnit: "Kilometer",
  calories: 355,
  steps: 5018,
  elevationGain: 54.864,
  averageHeartRate: 129,
  heartRateZones: [{ min: 92, max: 128, minutes: 8, name: "Fat Burn", caloriesOut: 7.5 }],
  activeZoneMinutes: { totalMinutes: 44, minutesInHeartRateZones: [] },
  source: { id: "1", name: "Surge", type: "tracker" },
  manualValuesSpecified: { calories: false, distance: false, steps: false },
};

function summary(change: Record<string, unknown> = {}) {
  const reading = readSummary({ ...run, ...change });
  if (!reading.ok) throw new Error(reading.reason);
  return reading.summary;
}

describe("an entry of the log", () => {
  it("comes out in metres, seconds, absolute time and text ids", () => {
    expect(summary()).toEqual({
      sourceActivityId: "41000000001",
      version: Date.parse("2026-03-10T14:40:00.000Z"),
      title: "Run",
      providerTypeId: "90009",
      startTime: Date.parse("2026-03-10T14:00:00Z"),
      utcOffsetSeconds: -25_200,
      elapsedSeconds: 2103,
      activeSeconds: 1834,
      recordedBy: "tracker",
      device: "Surge",
      distanceMeters: 5502.559,
      distanceSource: "unknown",
      calories: 355,
      steps: 5018,
      elevationGainMeters: 54.864,
      averageHeartRate: 129,
      maxHeartRate: null,
      heartRateZones: [{ name: "Fat Burn", minBpm: 92, maxBpm: 128, minutes: 8 }],
      activeZoneMinutes: 44,
      gpsExpected: true,
      heartRateExpected: true,
    });
  });

  it("needs only an id and a start", () => {
    const reading = readSummary({ logId: "9007199254740993", startTime: "2026-03-10T07:00:00.000Z" });
    expect(reading).toMatchObject({
      ok: true,
      summary: {
        sourceActivityId: "9007199254740993",
        version: 0,
        title: "Workout",
        elapsedSeconds: 0,
        distanceMeters: null,
      },
    });
  });

  it("loses a field that is odd, and nothing else", () => {
    const odd = {
      steps: "many",
      calories: -1,
      averageHeartRate: 0,
      heartRateZones: [null, run.heartRateZones[0]],
      source: 7,
    };
    expect(summary(odd)).toMatchObject({
      steps: null,
      calories: null,
      averageHeartRate: null,
      heartRateZones: [{ name: "Fat Burn" }],
      device: null,
      distanceMeters: 5502.559,
    });
  });

  it.each([
    ["Z", 0],
    ["+00:00", 0],
    ["+05:30", 19_800],
    ["-03:30", -12_600],
    ["+14:00", 50_400],
    ["-12:00", -43_200],
  ])("keeps the offset %s as its own", (offset, seconds) => {
    const { utcOffsetSeconds, startTime } = summary({ startTime: `2026-03-10T07:00:00.000${offset}` });
    expect(utcOffsetSeconds).toBe(seconds);
    expect(startTime).toBe(Date.parse("2026-03-10T07:00:00Z") - seconds * 1000);
  });

  it.each(["2026-03-10T07:00:00.000", "2026-03-10", "10 March", 5, null])(
    "is unreadable with the start %s",
    (startTime) => {
      expect(readSummary({ ...run, startTime })).toEqual({
        ok: false,
        sourceActivityId: "41000000001",
        reason: "unreadable: startTime",
      });
    },
  );

  it.each([
    [5, "Kilometer", 5000],
    [5, undefined, 5000],
    [1, "Mile", 1609.344],
    [1500, "Meter", 1500],
    [100, "Yard", 91.44],
    [0, "Kilometer", 0],
    [5, "Furlong", null],
  ])("takes the distance %d %s for %d metres", (distance, distanceUnit, meters) => {
    expect(summary({ distance, distanceUnit }).distanceMeters).toBe(meters);
  });

  it("cannot have been active for longer than it lasted", () => {
    expect(summary({ duration: 600_000, activeDuration: 900_000 })).toMatchObject({
      elapsedSeconds: 600,
      activeSeconds: 600,
    });
  });
});

describe("where a distance comes from", () => {
  it.each([
    ["a watch that does not say", {}, "unknown"],
    ["a watch that says GPS", { hasGps: true }, "gps"],
    ["a watch that denies GPS, which proves nothing", { hasGps: false }, "unknown"],
    ["the phone's recorder", { logType: "mobile_run" }, "gps"],
    ["a person who typed it in", { manualValuesSpecified: { distance: true } }, "manual"],
    ["a log typed in whole", { logType: "manual" }, "manual"],
    ["nowhere", { distance: undefined }, null],
  ])("%s", (_name, change, source) => {
    expect(summary(change).distanceSource).toBe(source);
  });
});

describe("what is expected of an activity", () => {
  it.each([
    ["a run on the watch with a distance", {}, true],
    ["a run on the phone with a distance", { logType: "mobile_run" }, true],
    [
      "a watch that says so, even indoors",
      { hasGps: true, activityTypeId: 90019, distance: undefined },
      true,
    ],
    ["a run on the watch without a distance", { distance: undefined }, false],
    ["a run of a second and no metres", { distance: 0 }, false],
    ["a walk that was recognised afterwards", { logType: "auto_detected" }, false],
    ["a log typed in", { logType: "manual" }, false],
    ["a treadmill by its id", { activityTypeId: 90019 }, false],
    ["a treadmill by its name", { activityName: "Treadmill" }, false],
    ["a swim in a pool", { poolLength: 25 }, false],
    ["a distance typed in", { manualValuesSpecified: { distance: true } }, false],
  ])("a route of %s: %#", (_name, change, expected) => {
    expect(summary(change).gpsExpected).toBe(expected);
  });

  it.each([
    ["a watch", {}, true],
    ["an exercise that was recognised", { logType: "auto_detected", averageHeartRate: undefined }, true],
    ["a log typed in", { logType: "manual", averageHeartRate: undefined }, false],
    ["a log typed in while a watch was worn", { logType: "manual" }, true],
    ["a phone", { logType: "mobile_run", averageHeartRate: undefined }, false],
    [
      "a phone while a watch was worn",
      { logType: "mobile_run", averageHeartRate: undefined, heartRateLink: "https://x" },
      true,
    ],
    ["another application", { logType: "fitstar", averageHeartRate: undefined }, false],
  ])("a heart rate of %s: %#", (_name, change, expected) => {
    expect(summary(change).heartRateExpected).toBe(expected);
  });
});

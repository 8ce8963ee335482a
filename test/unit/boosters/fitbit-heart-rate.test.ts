// The overlay of heart rate: by absolute time, nothing stretched, shifted, held or invented, and a clear word where there is
// nothing to lay over. FitGlue's own booster misses each of these in some case.

import { describe, expect, it } from "vitest";
import { type Overlay, overlayHeartRate, windowOf } from "../../../src/boosters/fitbit-heart-rate.ts";
import { type PostedActivity, recordsOf } from "../../../src/boosters/posted-activity.ts";
import { activityOf, at, beatsOf, evening, hour, minute, recordsEvery, samplesEvery } from "./posting.ts";

const late = evening + 24 * hour;

function merged(overlay: Overlay): Extract<Overlay, { status: "merged" }> {
  if (overlay.status !== "merged") throw new Error(`it is ${JSON.stringify(overlay)}`);
  return overlay;
}

function overlay(
  activity: PostedActivity,
  samples: Parameters<typeof overlayHeartRate>[1],
  options: { force?: boolean; now?: number } = {},
): Overlay {
  return overlayHeartRate(activity, samples, { force: false, now: late, ...options });
}

describe("every record gets the heart rate of its own instant", () => {
  it("reads between two samples on the line from one to the other", () => {
    const activity = activityOf({ seconds: 10, laps: [recordsEvery(1, 10)] });
    const samples = [
      { time: evening, bpm: 100 },
      { time: evening + 10_000, bpm: 120 },
    ];
    expect(beatsOf(merged(overlay(activity, samples)).activity)).toEqual(
      Array.from({ length: 11 }, (_, second) => [second, 100 + 2 * second]),
    );
  });

  it("says nothing between two samples 11 seconds apart, except at the samples themselves", () => {
    const activity = activityOf({ seconds: 11, laps: [recordsEvery(1, 11)] });
    const samples = [
      { time: evening, bpm: 100 },
      { time: evening + 11_000, bpm: 120 },
    ];
    const beats = beatsOf(merged(overlay(activity, samples)).activity);
    expect(beats.filter(([, bpm]) => bpm !== null)).toEqual([
      [0, 100],
      [11, 120],
    ]);
  });

  it("holds nothing before the first sample nor after the last", () => {
    const activity = activityOf({ seconds: 60, laps: [recordsEvery(1, 60)] });
    const beats = beatsOf(
      merged(
        overlay(
          activity,
          samplesEvery(5, 20, () => 130, evening + 20_000),
        ),
      ).activity,
    );
    expect(beats.filter(([, bpm]) => bpm !== null).map(([second]) => second)).toEqual(
      Array.from({ length: 21 }, (_, index) => 20 + index),
    );
  });

  it("does not stretch a heart rate that covers half of the route over all of it", () => {
    const activity = activityOf({ seconds: 1200, laps: [recordsEvery(1, 1200)] });
    const half = samplesEvery(5, 600, (second) => 100 + Math.floor(second / 60));
    const { activity: result, metadata } = merged(overlay(activity, half));
    const beats = new Map(beatsOf(result));
    expect(beats.get(600)).toBe(110);
    expect(beats.get(606)).toBeNull();
    expect(metadata).toEqual({
      coverage: 601 / 1201,
      samples: 121,
      largestGapSeconds: 600,
      records: 1201,
      recordsWithHeartRate: 601,
    });
  });

  it("serves a GPS that records every 7 seconds, or whenever it likes, as well as one of every second", () => {
    const ramp = samplesEvery(5, 600, (second) => 80 + second / 5);
    const everySeven = activityOf({ seconds: 600, laps: [recordsEvery(7, 600)] });
    for (const [second, bpm] of beatsOf(merged(overlay(everySeven, ramp)).activity)) {
      expect(bpm).toBe(Math.round(80 + second / 5));
    }
    const irregular = [0, 1, 4.5, 11.25, 60, 60.5, 599].map((second) => ({
      timestamp: at(evening + second * 1000),
    }));
    const answer = merged(overlay(activityOf({ seconds: 600, laps: [irregular] }), ramp));
    expect(beatsOf(answer.activity)).toEqual([
      [0, 80],
      [1, 80],
      [4.5, 81],
      [11.25, 82],
      [60, 92],
      [60.5, 92],
      [599, 200],
    ]);
  });

  it("goes on through several laps and several sessions", () => {
    const records = recordsEvery(1, 299);
    const inOne = activityOf({ seconds: 300, laps: [records] });
    const inThree = activityOf({
      seconds: 300,
      laps: [records.slice(0, 90), records.slice(90, 91), records.slice(91)],
    });
    const ramp = samplesEvery(3, 300, (second) => 90 + second / 10);
    expect(beatsOf(merged(overlay(inThree, ramp)).activity)).toEqual(
      beatsOf(merged(overlay(inOne, ramp)).activity),
    );
    const second = recordsEvery(1, 60, evening + 10 * minute);
    const twoSessions: PostedActivity = {
      ...inOne,
      sessions: [
        ...inOne.sessions,
        { startTime: at(evening + 10 * minute), totalElapsedTime: 60, laps: [{ records: second }] },
      ],
    };
    const whole = samplesEvery(3, 700, (since) => 90 + since / 10);
    expect(new Map(beatsOf(merged(overlay(twoSessions, whole)).activity)).get(630)).toBe(153);
  });

  it.each([
    ["across midnight", "2026-11-19T23:50:00Z"],
    ["across midnight of the clock on the wall, in Tokyo", "2026-11-19T14:50:00Z"],
    ["in the night in which London's clocks go back", "2026-10-25T00:40:00Z"],
    ["in the night in which London's clocks go forward", "2026-03-29T00:40:00Z"],
    ["across the turn of the year", "2026-12-31T23:50:00Z"],
  ])("loses and shifts nothing %s", (_, startTime) => {
    const start = Date.parse(startTime);
    const activity = activityOf({ start, seconds: 3600, laps: [recordsEvery(1, 3600, start)] });
    const ramp = samplesEvery(5, 3600, (second) => 60 + second / 60, start);
    const answer = merged(overlay(activity, ramp, { now: start + 48 * hour }));
    expect(answer.metadata).toMatchObject({ coverage: 1, records: 3601, samples: 721 });
    for (const [second, bpm] of beatsOf(answer.activity, start))
      expect(bpm).toBe(Math.round(60 + second / 60));
  });

  it("takes a time with an offset for the instant that it names", () => {
    const records = [
      { timestamp: "2026-11-19T17:00:00Z" },
      { timestamp: "2026-11-19T09:00:05-08:00" },
      { timestamp: "2026-11-20T02:00:10.500+09:00" },
    ];
    const ramp = samplesEvery(1, 20, (second) => 100 + second);
    const beats = beatsOf(merged(overlay(activityOf({ seconds: 20, laps: [records] }), ramp)).activity);
    expect(beats).toEqual([
      [0, 100],
      [5, 105],
      [10.5, 111],
    ]);
  });

  it("cuts no seconds off an activity that begins and ends within a minute", () => {
    const start = Date.parse("2026-11-19T17:00:59Z");
    const activity = activityOf({ start, seconds: 119, laps: [recordsEvery(1, 119, start)] });
    const answer = merged(
      overlay(
        activity,
        samplesEvery(1, 119, () => 100, start),
      ),
    );
    expect(answer.metadata).toMatchObject({ coverage: 1, records: 120 });
  });

  it("reads its first and last seconds between a sample within and one just outside", () => {
    const activity = activityOf({ seconds: 60, laps: [recordsEvery(1, 60)] });
    const around = samplesEvery(8, 72, () => 100, evening - 4000);
    expect(merged(overlay(activity, around)).metadata).toMatchObject({ coverage: 1, samples: 8 });
  });

  it("leaves every other field of activity, session, lap and record as it was posted", () => {
    const activity: PostedActivity = {
      ...activityOf({ seconds: 10 }),
      source: "SOURCE_HEVY",
      timeMarkers: [{ label: "set 1" }],
      sessions: [
        {
          startTime: at(evening),
          totalElapsedTime: 10,
          strengthSets: [{ reps: 8 }],
          laps: [
            { exerciseName: "Squat", records: [{ timestamp: at(evening), power: 200, heartRate: 0 }] },
            { exerciseName: "Rest" },
          ],
        },
      ],
    };
    expect(merged(overlay(activity, samplesEvery(5, 10))).activity).toEqual({
      ...activity,
      sessions: [
        {
          ...activity.sessions[0],
          avgHeartRate: 120,
          maxHeartRate: 120,
          laps: [
            { exerciseName: "Squat", records: [{ timestamp: at(evening), power: 200, heartRate: 120 }] },
            { exerciseName: "Rest" },
          ],
        },
      ],
    });
  });
});

describe("an activity that has heart rate already", () => {
  const records = recordsEvery(1, 30).map((record, index) =>
    index === 3 ? { ...record, heartRate: 77 } : record,
  );
  const activity = activityOf({ seconds: 30, laps: [records] });

  it("keeps it", () => {
    expect(overlay(activity, samplesEvery(5, 30))).toEqual({ status: "skipped", reason: "has_heart_rate" });
  });

  it("gets the device's where that is forced, and keeps its own where the device has none", () => {
    const answer = merged(
      overlay(
        activity,
        samplesEvery(5, 20, () => 140, evening + 10_000),
        { force: true },
      ),
    );
    const beats = new Map(beatsOf(answer.activity));
    expect(beats.get(3)).toBe(77);
    expect(beats.get(4)).toBeNull();
    expect(beats.get(10)).toBe(140);
    expect(answer.activity.sessions[0]).toMatchObject({ avgHeartRate: 137, maxHeartRate: 140 });
  });

  it("is not one whose records all say 0, which is how protojson writes none", () => {
    const zeros = activityOf({
      seconds: 30,
      laps: [recordsEvery(1, 30).map((record) => ({ ...record, heartRate: 0 }))],
    });
    expect(merged(overlay(zeros, samplesEvery(5, 30))).metadata.coverage).toBe(1);
  });

  it("keeps the average that its source told, unless forced", () => {
    const told = activityOf({ seconds: 30, laps: [recordsEvery(1, 30)] });
    const withAverage = { ...told, sessions: told.sessions.map((one) => ({ ...one, avgHeartRate: 99 })) };
    const answer = (force: boolean) =>
      merged(overlay(withAverage, samplesEvery(5, 30), { force })).activity.sessions[0];
    expect(answer(false)).toMatchObject({ avgHeartRate: 99, maxHeartRate: 120 });
    expect(answer(true)).toMatchObject({ avgHeartRate: 120, maxHeartRate: 120 });
  });
});

describe("an activity without records", () => {
  const samples = samplesEvery(5, 1800, (second) => 90 + second / 100);

  it("gets one a second, both ends included", () => {
    const answer = merged(overlay(activityOf({ seconds: 1800 }), samples));
    const records = recordsOf(answer.activity);
    expect(records).toHaveLength(1801);
    expect(records[0]).toEqual({ timestamp: "2026-11-19T17:00:00Z", heartRate: 90 });
    expect(records.at(-1)).toEqual({ timestamp: "2026-11-19T17:30:00Z", heartRate: 108 });
    expect(answer.activity.sessions[0]?.laps).toHaveLength(1);
  });

  it("gets them in the lap in which they lie", () => {
    const laps = [
      { startTime: at(evening + 5000), totalElapsedTime: 595, exerciseName: "Squat" },
      { totalElapsedTime: 600, exerciseName: "Press" },
      { startTime: at(evening + 1_500_000), exerciseName: "Row" },
    ];
    const activity = activityOf({ seconds: 1800 });
    const answer = merged(
      overlay({ ...activity, sessions: activity.sessions.map((session) => ({ ...session, laps })) }, samples),
    );
    const dealt = answer.activity.sessions[0]?.laps ?? [];
    expect(dealt.map(({ exerciseName, records }) => [exerciseName, records?.length])).toEqual([
      ["Squat", 600],
      ["Press", 900],
      ["Row", 301],
    ]);
    expect(beatsOf(answer.activity).map(([second]) => second)).toEqual(
      Array.from({ length: 1801 }, (_, second) => second),
    );
  });

  it.each([
    ["tell no times", [{ exerciseName: "Squat" }, { exerciseName: "Press" }]],
    ["stand out of order", [{ startTime: at(evening + 60_000) }, { startTime: at(evening) }]],
  ])("gets all of them in the first lap where laps %s, so that they stay in order", (_, laps) => {
    const activity = activityOf({ seconds: 1800 });
    const answer = merged(
      overlay({ ...activity, sessions: activity.sessions.map((session) => ({ ...session, laps })) }, samples),
    );
    expect(answer.activity.sessions[0]?.laps?.map(({ records }) => records?.length)).toEqual([1801, 0]);
  });

  it("gets none beside the records it has, however few", () => {
    const sparse = activityOf({ seconds: 1800, laps: [recordsEvery(300, 1800)] });
    const answer = merged(overlay(sparse, samples));
    expect(beatsOf(answer.activity).map(([second]) => second)).toEqual([0, 300, 600, 900, 1200, 1500, 1800]);
    expect(answer.metadata.coverage).toBe(1);
  });

  it("has no window without a duration, and is skipped", () => {
    expect(windowOf(activityOf({ seconds: 0 }))).toBeNull();
    expect(overlay(activityOf({ seconds: 0 }), samples)).toEqual({
      status: "skipped",
      reason: "no_duration",
    });
  });
});

describe("a device that has not synced", () => {
  const activity = activityOf({ seconds: 1800, laps: [recordsEvery(1, 1800)] });
  const end = evening + 30 * minute;
  const from = (first: number, last: number) =>
    samplesEvery(1, last - first, () => 120, evening + first * 1000);

  it.each([
    ["no sample", [], 60],
    ["a first sample 121 seconds late", from(121, 1800), 60],
    ["a last sample 121 seconds early", from(0, 1679), 60],
  ])("is waited for with %s", (_, samples, retryAfterSeconds) => {
    expect(overlay(activity, samples, { now: end + minute })).toEqual({
      status: "retry",
      reason: "device_not_synced",
      retryAfterSeconds,
    });
  });

  it("is not waited for when both ends lie within 120 seconds", () => {
    expect(overlay(activity, from(120, 1680), { now: end + minute }).status).toBe("merged");
  });

  it.each([
    ["a minute after the first ten minutes", 9, 60],
    ["five minutes after that", 11, 300],
    ["once more when the hour is over", 57, 180],
  ])("is asked again %s", (_, minutes, retryAfterSeconds) => {
    expect(overlay(activity, [], { now: end + minutes * minute })).toMatchObject({ retryAfterSeconds });
  });

  it("is asked again when an activity that is not over has ended", () => {
    expect(overlay(activity, [], { now: end - 10 * minute })).toMatchObject({ retryAfterSeconds: 660 });
  });

  it("is waited for no longer than an hour: then what there is counts", () => {
    const now = end + hour;
    expect(overlay(activity, [], { now })).toEqual({ status: "skipped", reason: "no_heart_rate" });
    const part = merged(overlay(activity, from(900, 1800), { now }));
    expect(part.metadata).toMatchObject({ largestGapSeconds: 900, samples: 901 });
    expect(part.metadata.coverage).toBeCloseTo(0.5, 2);
  });
});

it("is not waited for where nothing can come any more", () => {
  const activity = activityOf({ seconds: 1800, laps: [recordsEvery(1, 1800)] });
  const first = samplesEvery(1, 900, () => 120, evening);
  const options = { force: false, now: evening + 31 * minute };
  expect(overlayHeartRate(activity, first, options).status).toBe("retry");
  expect(overlayHeartRate(activity, first, { ...options, isFinal: true }).status).toBe("merged");
});

it("is skipped where no record lies where the samples speak", () => {
  const activity = activityOf({ seconds: 1800, laps: [recordsEvery(600, 1800)] });
  const elsewhere = samplesEvery(5, 100, () => 120, evening + 700_000);
  expect(overlay(activity, elsewhere)).toEqual({ status: "skipped", reason: "no_heart_rate" });
});

it("changes nothing of what it was given", () => {
  const activity = activityOf({ seconds: 60, laps: [recordsEvery(1, 60)] });
  const before = structuredClone(activity);
  overlay(activity, samplesEvery(5, 60));
  expect(activity).toEqual(before);
});

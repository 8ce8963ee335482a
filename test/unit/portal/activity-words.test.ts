// What the portal says of one activity: sentences and figures, each from what was answered.

import { describe, expect, it } from "vitest";
import type { FeedActivity, StreamReason } from "../../../src/activities/document.ts";
import { activityTypes } from "../../../src/kernel/activity-types.ts";
import { asId } from "../../../src/kernel/ids.ts";
import { figuresOf, typeWords, whenText } from "../../../src/portal/activity-figures.ts";
import { lapsOf } from "../../../src/portal/activity-laps.ts";
import { distanceText, measureOf, speedText } from "../../../src/portal/activity-pace.ts";
import {
  missingStreamSentences,
  settlingSentence,
  spanText,
  streamFigures,
  streamSentence,
} from "../../../src/portal/activity-words.ts";

const whole = { state: "complete", coverage: 1, largestGapSeconds: 1, samples: 1800 } as const;
const none = { state: "absent", coverage: 0, largestGapSeconds: 1800, samples: 0 } as const;

const run: FeedActivity = {
  id: asId("act_1"),
  revision: 1,
  userId: asId("u1"),
  connectionId: asId("con_1"),
  provider: "fitbit",
  sourceActivityId: asId("9675733775"),
  title: "Run",
  type: "ACTIVITY_TYPE_RUN",
  recordedBy: "tracker",
  device: "Surge",
  startTime: "2017-09-02T01:54:51Z",
  endTime: "2017-09-02T02:29:54Z",
  utcOffsetSeconds: -25200,
  elapsedSeconds: 2103,
  activeSeconds: 1834,
  distanceMeters: 5502.559,
  distanceSource: "gps",
  calories: 1355,
  averageHeartRate: 129,
  maxHeartRate: 151,
  completeness: { gps: whole, heartRate: whole },
  updatedAt: "2017-09-02T02:35:00Z",
};

const reasons: readonly StreamReason[] = [
  "no_gps",
  "scope_not_granted",
  "not_worn",
  "provider_has_none",
  "provider_refused",
  "provider_error",
  "one_minute_only",
  "too_large",
  "pending",
];

describe("a stream in words", () => {
  it("says why heart rate is missing, and what to do where something can be done", () => {
    expect(missingStreamSentences({ gps: whole, heartRate: { ...none, reason: "not_worn" } })).toEqual([
      "No heart rate: your provider has no sample for this time. The device was not worn, or its sensor was off.",
    ]);
    expect(
      missingStreamSentences({ gps: { ...none, reason: "scope_not_granted" }, heartRate: whole }),
    ).toEqual([
      "No route: you did not allow access to your location. Reconnect and allow it, and new activities have their route.",
    ]);
  });

  it("gives no reason while it may still come, and the reason where nothing more comes", () => {
    expect(settlingSentence("heartRate", { ...none, reason: "not_worn" })).toBe("No heart rate yet.");
    expect(settlingSentence("gps", { ...none, reason: "provider_has_none" })).toBe("No route yet.");
    for (const reason of ["no_gps", "scope_not_granted", "too_large"] as const) {
      expect(settlingSentence("gps", { ...none, reason })).toBe(streamSentence("gps", { ...none, reason }));
    }
    expect(settlingSentence("heartRate", whole)).toBe("The heart rate is complete.");
  });

  it("finds nothing missing in an hour on a treadmill, and still says why there is no route", () => {
    const treadmill = { ...none, reason: "no_gps" } as const;
    expect(missingStreamSentences({ gps: treadmill, heartRate: whole })).toEqual([]);
    expect(streamSentence("gps", treadmill)).toBe(
      "No route: this activity was recorded without GPS, as workouts indoors are.",
    );
  });

  it.each(["gps", "heartRate"] as const)("has a sentence of its own for every reason (%s)", (name) => {
    const sentences = reasons.map((reason) => streamSentence(name, { ...none, reason }));
    expect(new Set(sentences).size).toBe(reasons.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^No (route|heart rate): .+\.$/);
  });

  it("makes no reason up where none was given", () => {
    expect(streamSentence("gps", none)).toBe("No route.");
    expect(streamSentence("heartRate", { ...whole, state: "partial" })).toBe(
      "Not all of the heart rate is there.",
    );
  });

  it("tells how much there is, and never rounds up to all of it", () => {
    expect(streamFigures({ ...whole, coverage: 0.999, samples: 36_000, largestGapSeconds: 96 })).toBe(
      "36,000 samples, covering 99% of the active time. The longest gap is 96 seconds.",
    );
    expect(streamFigures({ ...whole, samples: 1 })).toMatch(/^One sample, /);
    expect(streamFigures(none)).toBe("No samples.");
  });

  it.each([
    [1, "1 second"],
    [60, "1 minute"],
    [90, "90 seconds"],
    [150, "3 minutes"],
    [3600, "1 hour"],
    [16_500, "4 hours 35 minutes"],
  ])("tells %d seconds as %s", (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });
});

describe("an activity's figures", () => {
  it("stand on the clock of where it was recorded, and say so", () => {
    expect(whenText(run)).toBe(
      "Friday, 1 September 2017, 18:54 to 19:29 (UTC−7, the time of where it was recorded)",
    );
    expect(whenText({ ...run, endTime: "2017-09-02T08:00:00Z" })).toContain(
      "to Saturday, 2 September 2017, 01:00",
    );
  });

  it("hold what there is, and no line for what there is not", () => {
    expect(figuresOf(run)).toEqual([
      { name: "Type", value: "Run" },
      { name: "When", value: whenText(run) },
      { name: "Duration", value: "35:03, of which 30:34 active" },
      { name: "Distance", value: "5.50 km" },
      { name: "Average pace", value: "5:33 min/km" },
      { name: "Heart rate", value: "129 bpm on average, 151 bpm at most" },
      { name: "Calories", value: "1,355 kcal" },
      { name: "Provider", value: "Fitbit" },
      { name: "Device", value: "Surge" },
      { name: "Recorded", value: "started on the device" },
    ]);
  });

  it("admit to a distance that was estimated", () => {
    const figures = figuresOf({ ...run, distanceSource: "steps" });
    expect(figures).toContainEqual({ name: "Distance", value: "5.50 km, estimated from steps" });
  });

  it("name every type in plain words", () => {
    for (const type of activityTypes) expect(typeWords(type)).toMatch(/^[A-Z][a-z -]+$/);
    expect(typeWords("ACTIVITY_TYPE_HIGH_INTENSITY_INTERVAL_TRAINING")).toBe(
      "High intensity interval training",
    );
    expect(typeWords("ACTIVITY_TYPE_EBIKE_RIDE")).toBe("E-bike ride");
    expect(typeWords("ACTIVITY_TYPE_UNSPECIFIED")).toBe("Activity");
  });
});

describe("how fast", () => {
  it("is told in the measure of the sport", () => {
    expect(speedText(measureOf("ACTIVITY_TYPE_TRAIL_RUN"), 1000 / 299.6)).toBe("5:00 min/km");
    expect(speedText(measureOf("ACTIVITY_TYPE_SWIM"), 100 / 125)).toBe("2:05 min/100 m");
    expect(speedText(measureOf("ACTIVITY_TYPE_GRAVEL_RIDE"), 6.5)).toBe("23.4 km/h");
  });

  it("is nothing while standing, and short ways stand in metres", () => {
    expect(speedText("pace", 0)).toBeNull();
    expect([0, 849.6, 999.4, 999.6, 5502.559, 99_996].map(distanceText)).toEqual([
      "0 m",
      "850 m",
      "999 m",
      "1.00 km",
      "5.50 km",
      "100.0 km",
    ]);
  });
});

describe("a document's laps", () => {
  it("are found without its records, whatever its title says", () => {
    const laps = [
      { startTime: "2017-09-02T01:54:51Z", totalElapsedTime: 60, totalDistance: 200 },
      { startTime: "2017-09-02T01:55:51Z", totalElapsedTime: 30, intensity: "recovery" },
    ];
    const document = {
      title: 'x","records":[1,"] y',
      standardizedActivity: {
        sessions: [
          {
            laps: [
              {
                startTime: laps[0]?.startTime,
                totalElapsedTime: 60,
                totalDistance: 200,
                records: [{ heartRate: 1 }],
              },
              { ...laps[1], records: [] },
            ],
          },
        ],
      },
    };
    expect(lapsOf(JSON.stringify(document))).toEqual(laps);
  });
});

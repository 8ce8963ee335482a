// One data point of the type `exercise` as an ActivitySummary: SI units, absolute time, text ids. Only its name and its interval
// are required; every other field that is missing or odd is left out, so that one strange field loses nothing else.

import { z } from "zod";
import { asId, type SourceActivityId } from "../../kernel/ids.ts";
import type { ActivitySummary, RecordedBy } from "../port.ts";
import { copyRank, dataSourceShape, sourceKey } from "./data-source.ts";
import { activityTypeOf, titleOf } from "./exercise-types.ts";
import { amount, beatsPerMinute, durationSeconds, lenient, number, text, timestamp } from "./json.ts";
import { isUnderWay } from "./under-way.ts";
import { zoneDurationsShape, zonesOf } from "./zones.ts";

/** `users/{user}/dataTypes/exercise/dataPoints/{id}`: only the id is ours to keep, and it is text (19 digits exceed 2^53). */
const dataPointName = z
  .string()
  .regex(/(^|\/)dataPoints\/[A-Za-z0-9._~-]{1,128}$/)
  .transform((name) => name.slice(name.lastIndexOf("/") + 1));

const metricsShape = z.object({
  caloriesKcal: lenient(amount),
  distanceMillimeters: lenient(amount),
  // The spelling of an early example in Google's documentation.
  distanceMillimiters: lenient(amount),
  steps: lenient(amount),
  elevationGainMillimeters: lenient(number),
  averageHeartRateBeatsPerMinute: lenient(beatsPerMinute),
  activeZoneMinutes: lenient(amount),
  heartRateZoneDurations: lenient(zoneDurationsShape),
});

const pointShape = z.object({
  name: dataPointName,
  dataSource: lenient(dataSourceShape),
  exercise: z.object({
    interval: z
      .object({
        startTime: timestamp,
        endTime: timestamp,
        startUtcOffset: lenient(durationSeconds),
        endUtcOffset: lenient(durationSeconds),
      })
      .refine(({ startTime, endTime }) => endTime >= startTime, {
        when: ({ issues }) => issues.length === 0,
      }),
    exerciseType: lenient(z.string().regex(/^[A-Z0-9_]{1,64}$/)),
    exerciseEvents: lenient(z.array(z.object({ exerciseEventType: lenient(z.string()) }).catch({}))),
    metricsSummary: lenient(metricsShape),
    exerciseMetadata: lenient(z.object({ hasGps: lenient(z.boolean()) })),
    displayName: lenient(text),
    activeDuration: lenient(durationSeconds.refine((seconds) => seconds > 0)),
    updateTime: lenient(timestamp),
    createTime: lenient(timestamp),
  }),
});

type Point = z.infer<typeof pointShape>;

export type SummaryReading =
  | { readonly ok: true; readonly summary: ActivitySummary }
  | { readonly ok: false; readonly sourceActivityId: SourceActivityId | null; readonly reason: string };

/**
 * Reads one data point. `now` decides whether the session has ended. A refusal names the fields that are wrong, never their
 * values, and the id when it can be read.
 */
export function readSummary(point: unknown, now: number): SummaryReading {
  const parsed = pointShape.safeParse(point);
  if (parsed.success) return { ok: true, summary: summaryOf(parsed.data, now) };
  const named = z.object({ name: dataPointName }).safeParse(point);
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "entry"));
  return {
    ok: false,
    sourceActivityId: named.success ? asId<SourceActivityId>(named.data.name) : null,
    reason: `unreadable: ${[...fields].join(", ")}`,
  };
}

function summaryOf({ name, dataSource, exercise }: Point, now: number): ActivitySummary {
  const { interval, updateTime, createTime } = exercise;
  const metrics = exercise.metricsSummary ?? {};
  const exerciseType = exercise.exerciseType ?? "EXERCISE_TYPE_UNSPECIFIED";
  const hasGps = exercise.exerciseMetadata?.hasGps === true;
  const recordedBy = recordedByOf(dataSource);
  const recordedWith = sourceKey(dataSource);
  const elapsedSeconds = (interval.endTime - interval.startTime) / 1000;
  const distanceMillimeters = metrics.distanceMillimeters ?? metrics.distanceMillimiters;
  const isOpen = isUnderWay({
    startTime: interval.startTime,
    endTime: interval.endTime,
    touchedAt: updateTime ?? createTime ?? null,
    isMeasuredActively: dataSource?.recordingMethod === "ACTIVELY_MEASURED",
    events: (exercise.exerciseEvents ?? []).map((event) => event.exerciseEventType ?? ""),
    now,
  });
  return {
    sourceActivityId: asId<SourceActivityId>(name),
    version: updateTime ?? createTime ?? interval.endTime,
    title: exercise.displayName ?? titleOf(exerciseType),
    providerTypeId: exercise.exerciseType ?? null,
    activityType: activityTypeOf(exerciseType),
    startTime: interval.startTime,
    utcOffsetSeconds: Math.round(interval.startUtcOffset ?? interval.endUtcOffset ?? 0),
    elapsedSeconds,
    // It leaves out pauses, so it cannot exceed the wall clock.
    activeSeconds: Math.min(exercise.activeDuration ?? elapsedSeconds, elapsedSeconds),
    recordedBy,
    device: dataSource?.device?.displayName ?? null,
    distanceMeters: distanceMillimeters === undefined ? null : Math.round(distanceMillimeters) / 1000,
    distanceSource: distanceMillimeters === undefined ? null : distanceSourceOf(hasGps, recordedBy),
    calories: metrics.caloriesKcal ?? null,
    steps: metrics.steps === undefined ? null : Math.round(metrics.steps),
    elevationGainMeters:
      metrics.elevationGainMillimeters === undefined
        ? null
        : Math.round(metrics.elevationGainMillimeters) / 1000,
    averageHeartRate: metrics.averageHeartRateBeatsPerMinute ?? null,
    maxHeartRate: null, // Nowhere in an exercise (reference §3.3); assembling takes it from the samples.
    heartRateZones: zonesOf(metrics.heartRateZoneDurations),
    activeZoneMinutes: metrics.activeZoneMinutes === undefined ? null : Math.round(metrics.activeZoneMinutes),
    // Google says it of each session, and says nothing (`{}`) where there is no route (observed); so unlike with Fitbit a tracker
    // and a distance are no reason to wait for one.
    gpsExpected: hasGps,
    heartRateExpected: isHeartRateExpected(dataSource, metrics, recordedBy),
    ...(isOpen ? { isUnderWay: true } : {}),
    ...(recordedWith === undefined ? {} : { recordedWith }),
    copyRank: copyRank(dataSource),
  };
}

/** Documented and observed; `DERIVED`, `UNKNOWN` and any later one are "other". */
function recordedByOf(source: Point["dataSource"]): RecordedBy {
  switch (source?.recordingMethod) {
    case "ACTIVELY_MEASURED":
      return source.device?.formFactor === "PHONE" ? "phone" : "tracker";
    case "PASSIVELY_MEASURED":
      return "auto_detected";
    case "MANUAL":
      return "manual";
    default:
      return "other";
  }
}

function distanceSourceOf(hasGps: boolean, recordedBy: RecordedBy): ActivitySummary["distanceSource"] {
  if (hasGps) return "gps";
  return recordedBy === "manual" ? "manual" : "unknown";
}

/** A wearable records the heart, a phone does not; whatever else recorded it, an average proves that somebody measured. */
function isHeartRateExpected(
  source: Point["dataSource"],
  metrics: z.infer<typeof metricsShape>,
  recordedBy: RecordedBy,
): boolean {
  if (metrics.averageHeartRateBeatsPerMinute !== undefined) return true;
  if (source?.device?.formFactor === "PHONE") return false;
  return recordedBy === "tracker" || recordedBy === "auto_detected";
}

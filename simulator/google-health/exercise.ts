// One workout as a data point of the type exercise. Which fields are there follows answers that people recorded from the API:
// no civil times in the interval, no highest heart rate anywhere, `{}` for metadata without GPS, whole minutes by zone.

import { readingsOf } from "../activities.ts";
import { zoneMinutes, zonesOf } from "../heart-zones.ts";
import type { Json } from "../json.ts";
import { hash } from "../random.ts";
import type { Account, RecordedActivity, State } from "../state.ts";
import { activeSeconds } from "../workout.ts";
import { exerciseTypeOf } from "./exercise-types.ts";
import { duration, int64, preciseTimestamp, timestamp } from "./values.ts";

type Members = { [key: string]: Json | undefined };

const splitMeters = 1000;

/** `nan`: numbers that a broken computation left as "NaN", as some types have shown them. */
export function dataPointOf(
  state: State,
  account: Account,
  activity: RecordedActivity,
  options: { nan: boolean },
): Members {
  return {
    name: nameOf(account, activity),
    dataSource: dataSourceOf(account, activity),
    exercise: exerciseOf(state, account, activity, options),
  };
}

export function nameOf(account: Account, activity: RecordedActivity): string {
  return `users/${account.providerUserId}/dataTypes/exercise/dataPoints/${activity.google.id}`;
}

/** Where an activity, or a sample of heart rate, came from. */
export function dataSourceOf(account: Account, activity: RecordedActivity): Members {
  const { platform } = activity.google;
  const recordingMethod = activity.google.recordingMethod ?? recordingMethodOf(activity);
  if (platform !== "FITBIT") {
    return {
      recordingMethod: activity.google.recordingMethod ?? "UNKNOWN",
      device: {},
      application: { packageName: "com.google.android.apps.fitness" },
      platform,
    };
  }
  const phone = activity.logType === "mobile_run" || activity.logType === "manual";
  return {
    recordingMethod,
    device: phone ? { formFactor: "PHONE", displayName: "Phone" } : deviceOf(account),
    platform,
  };
}

export function deviceOf(account: Account): Members {
  const watch = /Watch|Versa|Sense|Surge|Ionic/.test(account.device.name);
  return { formFactor: watch ? "WATCH" : "FITNESS_BAND", displayName: account.device.name };
}

function recordingMethodOf({ logType }: RecordedActivity): string {
  if (logType === "manual") return "MANUAL";
  return logType === "auto_detected" ? "PASSIVELY_MEASURED" : "ACTIVELY_MEASURED";
}

export function exerciseOf(
  state: State,
  account: Account,
  activity: RecordedActivity,
  options: { nan: boolean },
): Members {
  const { recipe, google } = activity;
  const offset = duration(recipe.utcOffsetSeconds);
  const interval = (fromMs: number, toMs: number) => ({
    startTime: timestamp(fromMs),
    startUtcOffset: offset,
    endTime: timestamp(toMs),
    endUtcOffset: offset,
  });
  const endMs = recipe.startTimeMs + recipe.durationSeconds * 1000;
  const splits = splitsOf(activity, splitMeters, interval);
  const laps = recipe.laps > 1 ? partsOf(activity, recipe.laps, "MANUAL", interval) : [];
  const summary = metricsOf(state, account, activity);
  const micros = hash(google.id, activity.lastModifiedMs);
  return {
    interval: interval(recipe.startTimeMs, endMs),
    exerciseType: google.exerciseType ?? exerciseTypeOf(recipe.type.name),
    splits: splits.length > 0 ? splits : undefined,
    splitSummaries: laps.length > 0 ? laps : undefined,
    exerciseEvents: eventsOf(activity, offset),
    metricsSummary: options.nan ? withoutNumbers(summary) : summary,
    exerciseMetadata: metadataOf(activity),
    displayName: google.displayName ?? recipe.type.name,
    activeDuration: duration(activeSeconds(recipe)),
    updateTime: preciseTimestamp(activity.lastModifiedMs, micros),
    createTime: preciseTimestamp(activity.visibleAtMs ?? activity.lastModifiedMs, hash(google.id)),
  };
}

function metadataOf(activity: RecordedActivity): Json {
  return {
    hasGps: (activity.hasGps ?? activity.recipe.gps) || undefined,
    poolLengthMillimeters:
      activity.poolLengthMeters === undefined ? undefined : int64(activity.poolLengthMeters * 1000),
  };
}

function metricsOf(state: State, account: Account, activity: RecordedActivity): Members {
  const { recipe } = activity;
  const active = activeSeconds(recipe);
  const meters = recipe.distanceMeters ?? 0;
  const readings = readingsOf(state, account, activity);
  const zones = zonesOf(account.age);
  const minutes = zoneMinutes(zones, readings);
  const zone = (order: number) => duration((minutes[order] ?? 0) * 60);
  const average = readings.reduce((sum, { bpm }) => sum + bpm, 0) / Math.max(1, readings.length);
  return {
    caloriesKcal: activity.calories,
    distanceMillimeters: meters > 0 ? Math.round(meters * 1000) : undefined,
    steps: recipe.type.onFoot && activity.steps !== undefined ? int64(activity.steps) : undefined,
    averageSpeedMillimetersPerSecond: meters > 0 ? (meters * 1000) / active : undefined,
    averagePaceSecondsPerMeter: meters > 0 ? active / meters : undefined,
    averageHeartRateBeatsPerMinute: readings.length > 0 ? int64(average) : undefined,
    elevationGainMillimeters:
      activity.elevationGainMeters === undefined
        ? undefined
        : Math.round(activity.elevationGainMeters * 1000),
    activeZoneMinutes:
      readings.length > 0
        ? int64(zones.reduce((sum, one, order) => sum + (minutes[order] ?? 0) * one.multiplier, 0))
        : undefined,
    totalSwimLengths:
      activity.poolLengthMeters === undefined ? undefined : Math.floor(meters / activity.poolLengthMeters),
    heartRateZoneDurations:
      readings.length > 0
        ? { lightTime: zone(0), moderateTime: zone(1), vigorousTime: zone(2), peakTime: zone(3) }
        : undefined,
  };
}

function withoutNumbers(summary: Members): Members {
  const names = [
    "caloriesKcal",
    "distanceMillimeters",
    "averageSpeedMillimetersPerSecond",
    "averagePaceSecondsPerMeter",
    "elevationGainMillimeters",
  ];
  return { ...summary, ...Object.fromEntries(names.map((name) => [name, "NaN"])) };
}

/** Started on a device: START, the pause, STOP once it has ended. Recognised afterwards or written by hand: none. */
function eventsOf(activity: RecordedActivity, offset: string): Json | undefined {
  const { recipe, logType } = activity;
  if (logType === "auto_detected" || logType === "manual") return undefined;
  const event = (second: number, exerciseEventType: string) => ({
    eventTime: timestamp(recipe.startTimeMs + second * 1000),
    eventUtcOffset: offset,
    exerciseEventType,
  });
  const pauseSecond = activeSeconds(recipe) / 2;
  return [
    event(0, "START"),
    ...(recipe.pauseSeconds > 0
      ? [event(pauseSecond, "PAUSE"), event(pauseSecond + recipe.pauseSeconds, "RESUME")]
      : []),
    ...(activity.google.inProgress ? [] : [event(recipe.durationSeconds, "STOP")]),
  ];
}

type Interval = (fromMs: number, toMs: number) => Members;

/** By default one a kilometre; none for what is shorter (API description). */
function splitsOf(activity: RecordedActivity, meters: number, interval: Interval): Json[] {
  const whole = Math.floor((activity.recipe.distanceMeters ?? 0) / meters);
  const share = meters / (activity.recipe.distanceMeters ?? meters);
  return Array.from({ length: whole }, (_, index) =>
    partOf(activity, index * share, (index + 1) * share, "DISTANCE", interval),
  );
}

function partsOf(activity: RecordedActivity, count: number, splitType: string, interval: Interval): Json[] {
  return Array.from({ length: count }, (_, index) =>
    partOf(activity, index / count, (index + 1) / count, splitType, interval),
  );
}

/** The part between two shares of the moving time; no heart rate, as a watch's splits had none (observed). */
function partOf(
  activity: RecordedActivity,
  from: number,
  to: number,
  splitType: string,
  interval: Interval,
): Json {
  const { recipe } = activity;
  const active = activeSeconds(recipe);
  const at = (share: number) => {
    const moved = Math.round(active * share);
    return recipe.startTimeMs + (moved > active / 2 ? moved + recipe.pauseSeconds : moved) * 1000;
  };
  const share = to - from;
  const meters = (recipe.distanceMeters ?? 0) * share;
  return {
    ...interval(at(from), at(to)),
    activeDuration: duration(Math.round(active * to) - Math.round(active * from)),
    metricsSummary: {
      caloriesKcal: Math.round(activity.calories * share),
      distanceMillimeters: meters > 0 ? Math.round(meters * 1000) : undefined,
    },
    splitType,
  };
}

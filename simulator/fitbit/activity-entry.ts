// One activity as the activity list shows it. Which fields are there depends on type, recording and device, as observed
// in real answers ("Get Activity Log List", dev.fitbit.com, documents the fields, not their absence): no steps on a bike,
// no source for auto-detected walks, no distance without GPS, hasGps=false although the phone gave the positions.

import { readingsOf } from "../activities.ts";
import { zoneMinutes, zonesOf } from "../heart-zones.ts";
import type { Json } from "../json.ts";
import type { Account, RecordedActivity, State } from "../state.ts";
import { fitbitTime, localDate, localTimeOfDay } from "../time-zone.ts";
import { activeSeconds, type HeartRateSample } from "../workout.ts";
import { localizedName, unitsOf } from "./units.ts";

/** The list entry. `logId` is a bigint so that it is written as an integer without loss. */
export function activityEntry(
  state: State,
  account: Account,
  activity: RecordedActivity,
  request: Request,
): { [key: string]: Json | undefined } {
  const { recipe, original, logType } = activity;
  const { type } = recipe;
  const api = `${state.options.url}/1/user/-/activities`;
  const units = unitsOf(request);
  const readings = readingsOf(state, account, activity);
  const startDate = localDate(recipe.startTimeMs, recipe.utcOffsetSeconds);
  const endMs = recipe.startTimeMs + recipe.durationSeconds * 1000;
  const endDate = localDate(endMs, recipe.utcOffsetSeconds);
  const time = (timeMs: number) => localTimeOfDay(timeMs, recipe.utcOffsetSeconds);
  const milliseconds = (seconds: number) => Math.round(seconds * 1000);
  const active = activeSeconds(recipe);
  const heart = readings.length > 0 ? heartFields(account, activity, readings) : {};
  const manual = logType === "manual";

  return {
    activeDuration: milliseconds(active),
    ...heart,
    activityLevel: activityLevel(active, type.effort),
    activityName: localizedName(request, type.id, type.name),
    activityTypeId: type.id,
    calories: activity.calories,
    caloriesLink: `${api}/calories/date/${startDate}/${endDate}/1min/time/${hourAndMinute(time(recipe.startTimeMs))}/${hourAndMinute(time(endMs))}.json`,
    ...distanceFields(activity, units, active),
    duration: milliseconds(recipe.durationSeconds),
    elevationGain:
      activity.elevationGainMeters === undefined
        ? undefined
        : round(activity.elevationGainMeters / units.metersPerElevationUnit, 3),
    hasGps: manual ? undefined : (activity.hasGps ?? hasOwnGps(account, activity)),
    heartRateLink:
      readings.length > 0
        ? `${api}/heart/date/${startDate}/${endDate}/1sec/time/${time(recipe.startTimeMs)}/${time(endMs)}.json`
        : undefined,
    lastModified: new Date(activity.lastModifiedMs).toISOString(),
    logId: BigInt(activity.logId),
    logType,
    manualValuesSpecified: {
      calories: false,
      distance: manual && recipe.distanceMeters !== undefined,
      steps: manual && activity.steps !== undefined,
    },
    originalDuration: milliseconds(original.durationSeconds),
    originalStartTime: fitbitTime(original.startTimeMs, original.utcOffsetSeconds),
    source: sourceOf(account, activity),
    startTime: fitbitTime(recipe.startTimeMs, recipe.utcOffsetSeconds),
    steps: type.onFoot ? activity.steps : undefined,
    ...swimFields(activity),
    tcxLink: `${api}/${activity.logId}.tcx`,
  };
}

function hasOwnGps(account: Account, activity: RecordedActivity): boolean {
  if (!activity.recipe.gps) return false;
  return activity.logType === "mobile_run" || account.device.ownGps;
}

function distanceFields(
  activity: RecordedActivity,
  units: ReturnType<typeof unitsOf>,
  active: number,
): { [key: string]: Json | undefined } {
  const { distanceMeters, type } = activity.recipe;
  if (distanceMeters === undefined || distanceMeters <= 0) return {};
  const distance = round(distanceMeters / units.metersPerDistanceUnit, 6);
  return {
    distance,
    distanceUnit: units.distanceUnit,
    // Seconds for a kilometre or mile, for activities on foot only; speed in units an hour (both checked on real entries).
    pace: type.paced ? active / distance : undefined,
    speed: active > 0 ? (distance * 3600) / active : undefined,
  };
}

function swimFields(activity: RecordedActivity): { [key: string]: Json | undefined } {
  const { poolLengthMeters, recipe } = activity;
  if (poolLengthMeters === undefined) return {};
  return {
    poolLength: poolLengthMeters,
    poolLengthUnit: "Meter",
    swimLengths: Math.floor((recipe.distanceMeters ?? 0) / poolLengthMeters),
  };
}

function sourceOf(account: Account, activity: RecordedActivity): Json | undefined {
  switch (activity.logType) {
    case "auto_detected":
      return undefined;
    case "tracker":
    case "fitstar":
      return {
        id: account.device.id,
        name: account.device.name,
        trackerFeatures: [
          "CALORIES",
          "STEPS",
          "DISTANCE",
          "PACE",
          "HEARTRATE",
          ...(activity.recipe.gps ? ["GPS"] : []),
        ],
        type: "tracker",
        url: "https://www.fitbit.com/",
      };
    case "mobile_run":
    case "manual":
      return {
        id: "228VSR",
        name: "Fitbit for iPhone",
        type: "app",
        url: "https://www.fitbit.com/",
      };
  }
}

function heartFields(
  account: Account,
  activity: RecordedActivity,
  readings: readonly HeartRateSample[],
): { [key: string]: Json | undefined } {
  const zones = zonesOf(account.age);
  const minutes = zoneMinutes(zones, readings);
  const total = Math.max(
    1,
    minutes.reduce((all, one) => all + one, 0),
  );
  return {
    activeZoneMinutes: {
      minutesInHeartRateZones: zones.map((zone, order) => ({
        minuteMultiplier: zone.multiplier,
        minutes: (minutes[order] ?? 0) * Math.max(1, zone.multiplier),
        order,
        type: zone.type,
        zoneName: zone.name,
      })),
      totalMinutes: zones.reduce((all, zone, order) => all + (minutes[order] ?? 0) * zone.multiplier, 0),
    },
    averageHeartRate: Math.round(readings.reduce((all, one) => all + one.bpm, 0) / readings.length),
    hasActiveZoneMinutes: true,
    heartRateZones: zones.map((zone, order) => ({
      caloriesOut: round((activity.calories * (minutes[order] ?? 0)) / total, 4),
      max: zone.max,
      min: zone.min,
      minutes: minutes[order] ?? 0,
      name: zone.name,
    })),
  };
}

function activityLevel(active: number, effort: number): Json {
  const minutes = Math.floor(active / 60);
  const very = Math.floor(minutes * Math.min(1, Math.max(0, effort * 2 - 0.7)));
  const fairly = Math.floor((minutes - very) / 2);
  return [
    { minutes: 0, name: "sedentary" },
    { minutes: minutes - very - fairly, name: "lightly" },
    { minutes: fairly, name: "fairly" },
    { minutes: very, name: "very" },
  ];
}

/** `4:14`: the hour in caloriesLink is not padded (observed). */
function hourAndMinute(timeOfDay: string): string {
  return timeOfDay.slice(0, 5).replace(/^0/, "");
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

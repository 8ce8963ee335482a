// From the few fields that somebody gives to the whole recipe of a workout and its summary: what is left out follows from
// the type of exercise.

import { activityTypeOf } from "./activity-types.ts";
import { hash } from "./random.ts";
import type { Account, RecordedActivity, State } from "./state.ts";
import { utcOffsetSecondsAt } from "./time-zone.ts";
import { activeSeconds, type WorkoutRecipe } from "./workout.ts";

/** What can be said about a workout; what is left out follows from the type. */
export interface WorkoutFields {
  name?: string | undefined;
  activityTypeId?: number | undefined;
  start?: { timeMs: number; utcOffsetSeconds: number } | undefined;
  durationSeconds?: number | undefined;
  gps?: boolean | undefined;
  heartRate?: boolean | undefined;
  laps?: number | undefined;
  logType?: RecordedActivity["logType"] | undefined;
  distanceMeters?: number | undefined;
  steps?: number | undefined;
  calories?: number | undefined;
  elevationGainMeters?: number | undefined;
  pauseSeconds?: number | undefined;
  heartRateUntilSeconds?: number | undefined;
  poolLengthMeters?: number | undefined;
  hasGps?: boolean | undefined;
  // What only Google tells of it.
  platform?: string | undefined;
  recordingMethod?: string | undefined;
  exerciseType?: string | undefined;
  displayName?: string | undefined;
  inProgress?: boolean | undefined;
}

/** The recipe. Without a start the workout ended just now, in the profile's zone. */
export function recipeOf(state: State, account: Account, fields: WorkoutFields): WorkoutRecipe {
  const type = activityTypeOf(fields.name ?? "Run", fields.activityTypeId);
  const durationSeconds = fields.durationSeconds ?? 1800;
  const startTimeMs =
    fields.start?.timeMs ?? Math.floor(state.clock.now() / 1000) * 1000 - Math.ceil(durationSeconds) * 1000;
  const gps = fields.gps ?? false;
  const recipe: WorkoutRecipe = {
    type,
    startTimeMs,
    utcOffsetSeconds: fields.start?.utcOffsetSeconds ?? utcOffsetSecondsAt(account.timezone, startTimeMs),
    durationSeconds,
    pauseSeconds: fields.pauseSeconds ?? 0,
    laps: fields.laps ?? 1,
    gps,
    heartRate: fields.heartRate ?? fields.logType !== "manual",
  };
  if (fields.heartRateUntilSeconds !== undefined) recipe.heartRateUntilSeconds = fields.heartRateUntilSeconds;
  if (fields.distanceMeters !== undefined) recipe.distanceMeters = fields.distanceMeters;
  else if (gps) recipe.distanceMeters = typicalDistanceMeters(type.typicalSpeedMetersPerSecond, recipe);
  return recipe;
}

function typicalDistanceMeters(speed: number, recipe: WorkoutRecipe): number {
  const variation = 0.92 + (hash("pace", recipe.startTimeMs) % 17) / 100;
  return Math.round((speed || 1) * variation * activeSeconds(recipe) * 1000) / 1000;
}

/** Writes calories, steps and elevation into the activity, as given or as plausible. */
export function applySummary(activity: RecordedActivity, fields: WorkoutFields): void {
  const { recipe } = activity;
  const active = activeSeconds(recipe);
  activity.calories = fields.calories ?? Math.round((active / 60) * (3 + 9 * recipe.type.effort));
  if (fields.steps !== undefined) activity.steps = fields.steps;
  else if (recipe.type.onFoot && activity.steps === undefined) {
    activity.steps = Math.round((active / 60) * (recipe.type.sport === "Running" ? 164 : 108));
  }
  if (fields.elevationGainMeters !== undefined) activity.elevationGainMeters = fields.elevationGainMeters;
  else if (recipe.gps && activity.elevationGainMeters === undefined) {
    // Without an altimeter elevation comes in floors of 3.048 m (observed).
    activity.elevationGainMeters = Math.round(3.048 * (1 + Math.floor(active / 400)) * 1000) / 1000;
  }
  if (fields.poolLengthMeters !== undefined) activity.poolLengthMeters = fields.poolLengthMeters;
  if (fields.hasGps !== undefined) activity.hasGps = fields.hasGps;
}

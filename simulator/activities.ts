// Recording, editing and deleting activities on an account. A new one is on the device only, until the device syncs;
// an edit or a deletion happens in the cloud and holds at once. Ids have 19 digits and neighbours differ by less than a
// double can tell, so a client that reads them as numbers mixes up activities instead of getting away with it.

import { activityTypeOf, activityTypeOfSport } from "./activity-types.ts";
import { hash } from "./random.ts";
import type { Account, RecordedActivity, State } from "./state.ts";
import { scanTcx } from "./tcx-scan.ts";
import { utcOffsetSecondsAt } from "./time-zone.ts";
import {
  activeSeconds,
  type HeartRateSample,
  heartRateSamples,
  type Wearer,
  type WorkoutRecipe,
} from "./workout.ts";

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
}

/** Records a generated workout on the device. Without a start it ended just now, in the profile's zone. */
export function recordWorkout(state: State, account: Account, fields: WorkoutFields): RecordedActivity {
  const recipe = recipeOf(state, account, fields);
  const activity: RecordedActivity = {
    logId: nextLogId(state),
    recipe,
    logType: fields.logType ?? "tracker",
    calories: 0,
    original: originalOf(recipe),
    lastModifiedMs: state.clock.now(),
    visibleAtMs: null,
    file: null,
  };
  applySummary(activity, fields);
  account.activities.set(activity.logId, activity);
  return activity;
}

/** Records a TCX file as one activity; null when it holds no time. */
export function recordFile(
  state: State,
  account: Account,
  bytes: Uint8Array,
  name: string | null,
): RecordedActivity | null {
  const scanned = scanTcx(new TextDecoder().decode(bytes));
  if (!scanned) return null;
  const type =
    name === null ? activityTypeOfSport(scanned.sport, scanned.hasPositions) : activityTypeOf(name);
  const recipe: WorkoutRecipe = {
    type,
    startTimeMs: scanned.startTimeMs,
    utcOffsetSeconds: scanned.utcOffsetSeconds,
    durationSeconds: scanned.durationSeconds,
    pauseSeconds: 0,
    laps: 1,
    gps: scanned.hasPositions,
    heartRate: scanned.heartRate.length > 0,
    ...(scanned.distanceMeters === null ? {} : { distanceMeters: scanned.distanceMeters }),
  };
  const activity: RecordedActivity = {
    logId: nextLogId(state),
    recipe,
    logType: "tracker",
    calories: scanned.calories,
    original: originalOf(recipe),
    lastModifiedMs: state.clock.now(),
    visibleAtMs: null,
    file: { bytes, heartRate: scanned.heartRate },
  };
  account.activities.set(activity.logId, activity);
  return activity;
}

/** The user edits the activity: what is given changes, readings follow the new recipe, the originals stay on record. */
export function editActivity(
  state: State,
  account: Account,
  activity: RecordedActivity,
  fields: WorkoutFields,
): void {
  const old = activity.recipe;
  const type =
    fields.name === undefined && fields.activityTypeId === undefined
      ? old.type
      : activityTypeOf(fields.name ?? old.type.name, fields.activityTypeId ?? idToKeep(old, fields));
  const merged = recipeOf(state, account, {
    gps: old.gps,
    heartRate: old.heartRate,
    laps: old.laps,
    durationSeconds: old.durationSeconds,
    pauseSeconds: old.pauseSeconds,
    heartRateUntilSeconds: old.heartRateUntilSeconds,
    distanceMeters: old.distanceMeters,
    ...defined(fields),
    name: type.name,
    activityTypeId: type.id,
    start: fields.start ?? { timeMs: old.startTimeMs, utcOffsetSeconds: old.utcOffsetSeconds },
  });
  // A file without distance does not get one by being renamed.
  if (activity.file && old.distanceMeters === undefined && fields.distanceMeters === undefined) {
    delete merged.distanceMeters;
  }
  activity.recipe = merged;
  activity.logType = fields.logType ?? activity.logType;
  if (!activity.file || fields.calories !== undefined)
    applySummary(activity, { calories: activity.calories, ...defined(fields) });
  // A later edit is always later to the millisecond, even if the clock stands still.
  activity.lastModifiedMs = Math.max(state.clock.now(), activity.lastModifiedMs + 1);
}

/** A new title alone keeps the type: a person who calls a run "Morning run" has not changed the sport. */
function idToKeep(old: WorkoutRecipe, fields: WorkoutFields): number | undefined {
  if (fields.name === undefined) return old.type.id;
  const named = activityTypeOf(fields.name);
  return named.id >= 15_000 && named.id < 25_000 ? old.type.id : undefined;
}

/** Readings of an activity as they were stored: from its file, or generated. */
export function readingsOf(state: State, account: Account, activity: RecordedActivity): HeartRateSample[] {
  return activity.file
    ? activity.file.heartRate
    : heartRateSamples(activity.recipe, wearerOf(state, account, activity));
}

/** Key and age for the generator. */
export function wearerOf(state: State, account: Account, activity: RecordedActivity): Wearer {
  return { key: `${state.seed}/${activity.logId}`, age: account.age };
}

/** The activities that the cloud knows, by start. */
export function visibleActivities(account: Account): RecordedActivity[] {
  return [...account.activities.values()]
    .filter((activity) => activity.visibleAtMs !== null)
    .sort(
      (left, right) =>
        left.recipe.startTimeMs - right.recipe.startTimeMs ||
        (BigInt(left.logId) < BigInt(right.logId) ? -1 : 1),
    );
}

function recipeOf(state: State, account: Account, fields: WorkoutFields): WorkoutRecipe {
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

function applySummary(activity: RecordedActivity, fields: WorkoutFields): void {
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

function originalOf(recipe: WorkoutRecipe): RecordedActivity["original"] {
  const { startTimeMs, durationSeconds, utcOffsetSeconds } = recipe;
  return { startTimeMs, durationSeconds, utcOffsetSeconds };
}

function defined(fields: WorkoutFields): WorkoutFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function nextLogId(state: State): string {
  state.lastLogId += BigInt(1 + (hash(state.seed, "log", String(state.lastLogId)) % 6));
  return state.lastLogId.toString();
}

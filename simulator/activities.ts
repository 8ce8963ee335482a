// Recording activities on an account, and reading them. A new one is on the device only, until the device syncs. Ids have
// 19 digits and neighbours differ by less than a double can tell, so a client that reads them as numbers mixes up
// activities instead of getting away with it.

import { activityTypeOf, activityTypeOfSport } from "./activity-types.ts";
import { hash } from "./random.ts";
import { applySummary, recipeOf, type WorkoutFields } from "./recipe.ts";
import type { Account, GoogleSide, RecordedActivity, State } from "./state.ts";
import { scanTcx } from "./tcx-scan.ts";
import { type HeartRateSample, heartRateSamples, type Wearer, type WorkoutRecipe } from "./workout.ts";

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
    google: googleSideOf(state, fields),
    visibleAtMs: null,
    file: null,
  };
  applySummary(activity, fields);
  account.activities.set(activity.logId, activity);
  return activity;
}

/** Records the same workout once more, as another platform tells it: what is given differs, the rest is the original's. */
export function recordCopy(
  state: State,
  account: Account,
  original: RecordedActivity,
  fields: WorkoutFields,
  shiftMs: number,
): RecordedActivity {
  const { recipe } = original;
  const copy: RecordedActivity = {
    ...original,
    logId: nextLogId(state),
    recipe: {
      ...recipe,
      type: fields.name === undefined ? recipe.type : activityTypeOf(fields.name, fields.activityTypeId),
      startTimeMs: recipe.startTimeMs + shiftMs,
      durationSeconds: fields.durationSeconds ?? recipe.durationSeconds,
      gps: fields.gps ?? recipe.gps,
      heartRate: fields.heartRate ?? recipe.heartRate,
    },
    lastModifiedMs: state.clock.now(),
    google: {
      ...googleSideOf(state, { platform: "HEALTH_CONNECT", ...fields }),
      copyOf: original.google.copyOf ?? original.logId,
    },
    visibleAtMs: null,
  };
  if (fields.distanceMeters !== undefined) copy.recipe.distanceMeters = fields.distanceMeters;
  applySummary(copy, { calories: original.calories, ...fields });
  account.activities.set(copy.logId, copy);
  return copy;
}

/** A session under way as it stands now; any other activity as it is. */
export function asOfNow(state: State, activity: RecordedActivity): RecordedActivity {
  if (!activity.google.inProgress) return activity;
  const now = state.clock.now();
  const elapsedSeconds = Math.max(1, Math.floor((now - activity.recipe.startTimeMs) / 1000));
  return {
    ...lastingUntil(activity, elapsedSeconds),
    lastModifiedMs: Math.max(now, activity.lastModifiedMs),
  };
}

/** The activity with another duration, at the same pace. */
export function lastingUntil(activity: RecordedActivity, durationSeconds: number): RecordedActivity {
  const share = durationSeconds / activity.recipe.durationSeconds;
  const recipe: WorkoutRecipe = { ...activity.recipe, durationSeconds };
  if (recipe.distanceMeters !== undefined) {
    recipe.distanceMeters = Math.round(recipe.distanceMeters * share * 100) / 100;
  }
  const changed = { ...activity, recipe, calories: Math.round(activity.calories * share) };
  if (changed.steps !== undefined) changed.steps = Math.round(changed.steps * share);
  return changed;
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
    google: googleSideOf(state, {}),
    visibleAtMs: null,
    file: { bytes, heartRate: scanned.heartRate },
  };
  account.activities.set(activity.logId, activity);
  return activity;
}

/** Readings of an activity as they were stored: from its file, or generated. */
export function readingsOf(state: State, account: Account, activity: RecordedActivity): HeartRateSample[] {
  return activity.file
    ? activity.file.heartRate
    : heartRateSamples(activity.recipe, wearerOf(state, account, activity));
}

/** Key and age for the generator. */
export function wearerOf(state: State, account: Account, activity: RecordedActivity): Wearer {
  return { key: `${state.seed}/${activity.google.copyOf ?? activity.logId}`, age: account.age };
}

/** The id under which the account's provider knows the activity. */
export function idAt(account: Account, activity: RecordedActivity): string {
  return account.provider === "fitbit" ? activity.logId : activity.google.id;
}

/** The activity of this id of the account's provider, wherever it is: on the device or in the cloud. */
export function activityOf(account: Account, id: string): RecordedActivity | undefined {
  if (account.provider === "fitbit") return account.activities.get(id);
  return [...account.activities.values()].find((activity) => activity.google.id === id);
}

/** Whether the cloud of the account's provider knows it. Fitbit knows what its own devices recorded and has ended. */
export function isVisible(account: Account, activity: RecordedActivity): boolean {
  if (activity.visibleAtMs === null) return false;
  const { platform, inProgress } = activity.google;
  return account.provider === "google-health" || (platform === "FITBIT" && !inProgress);
}

/** The activity of this id, if the cloud knows it. */
export function visibleActivity(account: Account, id: string): RecordedActivity | undefined {
  const activity = activityOf(account, id);
  return activity && isVisible(account, activity) ? activity : undefined;
}

/** The activities that the cloud knows, by start. */
export function visibleActivities(account: Account): RecordedActivity[] {
  return [...account.activities.values()]
    .filter((activity) => isVisible(account, activity))
    .sort(
      (left, right) =>
        left.recipe.startTimeMs - right.recipe.startTimeMs ||
        (BigInt(left.logId) < BigInt(right.logId) ? -1 : 1),
    );
}

function originalOf(recipe: WorkoutRecipe): RecordedActivity["original"] {
  const { startTimeMs, durationSeconds, utcOffsetSeconds } = recipe;
  return { startTimeMs, durationSeconds, utcOffsetSeconds };
}

function googleSideOf(state: State, fields: WorkoutFields): GoogleSide {
  const side: GoogleSide = {
    id: nextGoogleId(state),
    platform: fields.platform ?? "FITBIT",
    inProgress: fields.inProgress ?? false,
    copyOf: null,
  };
  if (fields.recordingMethod !== undefined) side.recordingMethod = fields.recordingMethod;
  if (fields.exerciseType !== undefined) side.exerciseType = fields.exerciseType;
  if (fields.displayName !== undefined) side.displayName = fields.displayName;
  return side;
}

function nextGoogleId(state: State): string {
  state.lastGoogleId += BigInt(1 + (hash(state.seed, "google", String(state.lastGoogleId)) % 6));
  return state.lastGoogleId.toString();
}

function nextLogId(state: State): string {
  state.lastLogId += BigInt(1 + (hash(state.seed, "log", String(state.lastLogId)) % 6));
  return state.lastLogId.toString();
}

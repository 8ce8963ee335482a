// Recording activities on an account, and reading them. A new one is on the device only, until the device syncs. Ids have
// 19 digits and neighbours differ by less than a double can tell, so a client that reads them as numbers mixes up
// activities instead of getting away with it.

import { activityTypeOf, activityTypeOfSport } from "./activity-types.ts";
import { hash } from "./random.ts";
import { applySummary, recipeOf, type WorkoutFields } from "./recipe.ts";
import type { Account, RecordedActivity, State } from "./state.ts";
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

function originalOf(recipe: WorkoutRecipe): RecordedActivity["original"] {
  const { startTimeMs, durationSeconds, utcOffsetSeconds } = recipe;
  return { startTimeMs, durationSeconds, utcOffsetSeconds };
}

function nextLogId(state: State): string {
  state.lastLogId += BigInt(1 + (hash(state.seed, "log", String(state.lastLogId)) % 6));
  return state.lastLogId.toString();
}

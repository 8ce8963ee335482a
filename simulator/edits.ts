// What the user changes in the cloud: it holds at once, and moves lastModified. Readings follow the changed recipe with
// the same random numbers, so a new title alone changes no reading; an uploaded file is served as it was.

import { asOfNow, lastingUntil } from "./activities.ts";
import { activityTypeOf } from "./activity-types.ts";
import { applySummary, recipeOf, type WorkoutFields } from "./recipe.ts";
import type { Account, RecordedActivity, State } from "./state.ts";
import { activeSeconds, type WorkoutRecipe } from "./workout.ts";

/** The user edits the activity: what is given changes, readings follow the new recipe, the originals stay on record. */
export function editActivity(
  state: State,
  account: Account,
  activity: RecordedActivity,
  fields: WorkoutFields,
): void {
  endSession(state, activity, fields);
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
  for (const name of ["platform", "recordingMethod", "exerciseType", "displayName"] as const) {
    const value = fields[name];
    if (value !== undefined) activity.google[name] = value;
  }
  // A later edit is always later to the millisecond, even if the clock stands still.
  activity.lastModifiedMs = Math.max(state.clock.now(), activity.lastModifiedMs + 1);
}

/** Joins logs into the earliest, which then spans them; what lies between them becomes its pause. */
export function mergeActivities(
  state: State,
  account: Account,
  parts: readonly RecordedActivity[],
): RecordedActivity {
  const endOf = ({ recipe }: RecordedActivity) => recipe.startTimeMs + recipe.durationSeconds * 1000;
  const first = parts.reduce((one, other) =>
    other.recipe.startTimeMs < one.recipe.startTimeMs ? other : one,
  );
  const durationSeconds = (Math.max(...parts.map(endOf)) - first.recipe.startTimeMs) / 1000;
  const moving = parts.reduce((sum, { recipe }) => sum + activeSeconds(recipe), 0);
  const distances = parts.flatMap(({ recipe }) => recipe.distanceMeters ?? []);
  for (const part of parts) if (part !== first) account.activities.delete(part.logId);
  editActivity(state, account, first, {
    durationSeconds,
    pauseSeconds: Math.max(0, durationSeconds - moving),
    gps: parts.some(({ recipe }) => recipe.gps),
    heartRate: parts.some(({ recipe }) => recipe.heartRate),
    calories: parts.reduce((sum, { calories }) => sum + calories, 0),
    distanceMeters: distances.length > 0 ? distances.reduce((sum, meters) => sum + meters, 0) : undefined,
  });
  return first;
}

/** A session under way ends with the duration it is given, or now. */
function endSession(state: State, activity: RecordedActivity, fields: WorkoutFields): void {
  if (!activity.google.inProgress) return;
  if (fields.inProgress !== false && fields.durationSeconds === undefined) return;
  const ended =
    fields.durationSeconds === undefined
      ? asOfNow(state, activity)
      : lastingUntil(activity, fields.durationSeconds);
  Object.assign(activity, ended, {
    original: { ...activity.original, durationSeconds: ended.recipe.durationSeconds },
  });
  activity.google.inProgress = false;
}

/** A new title alone keeps the type: a person who calls a run "Morning run" has not changed the sport. */
function idToKeep(old: WorkoutRecipe, fields: WorkoutFields): number | undefined {
  if (fields.name === undefined) return old.type.id;
  const named = activityTypeOf(fields.name);
  return named.id >= 15_000 && named.id < 25_000 ? old.type.id : undefined;
}

function defined(fields: WorkoutFields): WorkoutFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

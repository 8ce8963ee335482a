// When two records are one workout: told once by two providers, or copied from one platform to another. Ids say nothing about
// it (whether Google's ids equal Fitbit's old ones is not documented), so it is the time, the length and the kind that count.

import type { ActivityType } from "../kernel/activity-types.ts";

/** What two records are compared by. Times in epoch milliseconds. */
export interface WorkoutSpan {
  readonly startTime: number;
  readonly endTime: number;
  /** FitGlue's type; null where it is not known, which is like nothing. */
  readonly type: ActivityType | null;
}

/** How far apart two records of one workout may begin. */
export const startToleranceMilliseconds = 2_000;
const durationTolerance = 0.02;

/** Same start within 2 s, same length within 2 %, and types that map alike. */
export function isSameWorkout(one: WorkoutSpan, other: WorkoutSpan): boolean {
  if (one.type === null || one.type !== other.type) return false;
  if (Math.abs(one.startTime - other.startTime) > startToleranceMilliseconds) return false;
  const lengths = [one.endTime - one.startTime, other.endTime - other.startTime];
  const [shorter = 0, longer = 0] = lengths.sort((a, b) => a - b);
  return longer - shorter <= longer * durationTolerance;
}

// Data that is not there yet: a notification can come before heart rate or TCX can be read (community; FitGlue's own
// code waits for it). The faults late_heart_rate and late_tcx hold an activity's data back for a while after its sync.

import type { FaultTarget } from "./faults.ts";
import type { RecordedActivity, State } from "./state.ts";

const defaultDelaySeconds = 300;

/** Whether a fault still hides this data of the activity. */
export function isStillLate(
  state: State,
  activity: RecordedActivity,
  fault: "late_heart_rate" | "late_tcx",
  target: FaultTarget,
): boolean {
  const age = state.clock.now() - (activity.visibleAtMs ?? 0);
  const when = (one: { delaySeconds?: number | undefined }) =>
    age < (one.delaySeconds ?? defaultDelaySeconds) * 1000;
  return state.faults.take([fault], target, { when }) !== undefined;
}

// Puts workouts onto a simulated watch, as long ago as their plans say by the simulator's clock. The cloud knows them after
// the watch's next sync.

import { DemoError, type HttpClient } from "./http-client.ts";
import { toControlBody, type WorkoutPlan } from "./workouts.ts";

export interface Recorded {
  readonly plan: WorkoutPlan;
  /** The id at the account's provider. */
  readonly activityId: string;
}

/** Records each plan on the account's watch. */
export async function record(
  simulator: HttpClient,
  account: string,
  plans: readonly WorkoutPlan[],
): Promise<readonly Recorded[]> {
  const { offsetSeconds } = await simulator.get<{ offsetSeconds: number }>("/sim/clock");
  const now = Date.now() + offsetSeconds * 1000;
  const recorded: Recorded[] = [];
  for (const plan of plans) {
    const answer = await simulator.post<{ activityId: string }>(
      `/sim/users/${account}/activities`,
      toControlBody(plan, now),
    );
    if (typeof answer.activityId !== "string")
      throw new DemoError(`Recording ${plan.name} gave no activity id.`);
    recorded.push({ plan, activityId: answer.activityId });
  }
  return recorded;
}

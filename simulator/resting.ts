// Heart rate of a person who wears the watch all day. It belongs to the person, so both providers answer with the same.

import { hash } from "./random.ts";
import type { Account, RecordedActivity, State } from "./state.ts";
import type { HeartRateSample } from "./workout.ts";

/** Between workouts: a reading every 5 to 15 s, up to the last sync. */
export function* restingReadings(
  state: State,
  account: Account,
  activities: readonly RecordedActivity[],
  fromMs: number,
  toMs: number,
): Generator<HeartRateSample, void, undefined> {
  const key = `${state.seed}/${account.legacyUserId ?? account.providerUserId}`;
  const last = Math.min(toMs, account.lastSyncAtMs ?? account.createdAtMs);
  for (let slot = Math.floor(fromMs / 10_000); slot * 10_000 <= last; slot++) {
    const timeMs = slot * 10_000 + (hash(key, "slot", slot) % 6) * 1000;
    const exercising = activities.some(
      ({ recipe }) =>
        timeMs >= recipe.startTimeMs && timeMs <= recipe.startTimeMs + recipe.durationSeconds * 1000,
    );
    if (exercising || timeMs > last) continue;
    const wave = 6 * Math.sin(timeMs / 5_400_000) + 3 * Math.sin(timeMs / 660_000);
    yield { timeMs, bpm: Math.round(66 + wave + (hash(key, "rest", slot) % 5) - 2) };
  }
}

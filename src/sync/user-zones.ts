// Which zones an activity's heart rate is held against: given ones, shares of a maximum heart rate, or the provider's own bounds
// for this user. Nothing is assumed: without a maximum, an age or bounds there are no zones.

import { windowOf } from "../boosters/fitbit-heart-rate.ts";
import { type Zone, type ZoneModel, zonesOfMaximum } from "../boosters/heart-rate-zones.ts";
import type { PostedActivity } from "../boosters/posted-activity.ts";
import { databaseFor } from "../db/databases.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { accountName, type UserId } from "../kernel/ids.ts";
import type { HeartRateZone } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { callLent, type NoAnswer } from "./lent-call.ts";
import { findUsersConnection, findUsersConnections } from "./users-connection.ts";

export interface ZoneRequest {
  readonly userId: UserId | null;
  readonly activity: PostedActivity;
  readonly options: {
    readonly model: ZoneModel;
    readonly maxHr?: number | undefined;
    readonly zones?:
      | readonly {
          readonly name: string;
          readonly minBpm: number;
          readonly maxBpm?: number | null | undefined;
        }[]
      | undefined;
  };
}

export type ZoneChoice =
  | { readonly kind: "zones"; readonly zones: readonly Zone[]; readonly maxHeartRate: number | null }
  | {
      readonly kind: "none";
      readonly reason: "no_maximum_heart_rate" | "no_provider_zones" | "not_connected";
    }
  | NoAnswer;

/** The zones that a request means. Asks the provider for an age at most, and only where nothing else was given. */
export async function chooseZones(
  env: Env,
  configuration: Configuration,
  { userId, activity, options }: ZoneRequest,
  now: number,
): Promise<ZoneChoice> {
  const { model, maxHr, zones } = options;
  switch (model) {
    case "custom":
      return {
        kind: "zones",
        zones: (zones ?? []).map((zone) => ({ ...zone, maxBpm: zone.maxBpm ?? null })),
        maxHeartRate: null,
      };
    case "five":
    case "three": {
      if (maxHr === undefined) return await zonesByAge(env, configuration, userId, model, now);
      return { kind: "zones", zones: zonesOfMaximum(model, maxHr), maxHeartRate: maxHr };
    }
    case "fitbit":
      return await providerZones(env, userId, activity);
    default:
      return model satisfies never;
  }
}

const noMaximum: ZoneChoice = { kind: "none", reason: "no_maximum_heart_rate" };

/** Shares of 220 − age, where the provider tells an age and may be asked for it. */
async function zonesByAge(
  env: Env,
  configuration: Configuration,
  userId: UserId | null,
  model: "five" | "three",
  now: number,
): Promise<ZoneChoice> {
  if (userId === null) return noMaximum;
  const connection = await findUsersConnection(databaseFor(env, userId), userId);
  if (connection === null) return { kind: "none", reason: "not_connected" };
  if (connection.status !== "active" || !configuration.providers.includes(connection.provider)) {
    return { kind: "not_active" };
  }
  const { fetchAge } = providerFor(configuration, connection.provider);
  if (fetchAge === null || !connection.grantedScopes.includes("profile")) return noMaximum;
  const account = accountName(connection.provider, connection.providerUserId);
  const answer = await callLent(env.ACCOUNT_SYNC.getByName(account), fetchAge, now);
  if (answer.ok) {
    if (answer.value === null) return noMaximum;
    const maximum = 220 - answer.value;
    return { kind: "zones", zones: zonesOfMaximum(model, maximum), maxHeartRate: maximum };
  }
  if ("kind" in answer) return answer;
  switch (answer.error.code) {
    case "scope_missing":
      return noMaximum;
    case "rate_limited":
      return { kind: "rate_limited", until: answer.error.retryAt };
    default:
      return { kind: "failed", error: answer.error };
  }
}

/** How many of the user's activities are looked at for bounds; they change when the user ages or edits them. */
const activitiesAtMost = 20;

/** The provider's own bounds: those of the activity of this time if it is stored, else of the newest one before it that has any. */
async function providerZones(env: Env, userId: UserId | null, activity: PostedActivity): Promise<ZoneChoice> {
  if (userId === null) return { kind: "none", reason: "no_provider_zones" };
  const database = databaseFor(env, userId);
  const connections = await findUsersConnections(database, userId);
  if (connections.length === 0) return { kind: "none", reason: "not_connected" };
  const end = windowOf(activity)?.end ?? Date.parse(activity.startTime);
  for (const { id } of connections) {
    const { results } = await database.$client
      .prepare(
        `SELECT json_extract(entry, '$.heartRateZones') AS zones FROM activities
         WHERE connection_id = ?1 AND start_time <= ?2 AND deleted_at IS NULL AND entry IS NOT NULL
         ORDER BY start_time DESC LIMIT ?3`,
      )
      .bind(id, end, activitiesAtMost)
      .all<{ zones: string | null }>();
    for (const { zones } of results) {
      const bounded = boundedZones(zones === null ? [] : (JSON.parse(zones) as HeartRateZone[]));
      if (bounded !== null) return { kind: "zones", zones: bounded, maxHeartRate: null };
    }
  }
  return { kind: "none", reason: "no_provider_zones" };
}

/**
 * Ascending, each up to the beginning of the next, the highest without an end; null unless every zone has its bounds. Fitbit's
 * upper bound is the next one's lower (Fitbit reference, observed: 92 to 128, 128 to 156); of Google's it is not known whether the
 * bound itself is in the zone (98 to 122), so the next one's beginning decides where they touch.
 */
function boundedZones(zones: readonly HeartRateZone[]): Zone[] | null {
  const bounded: { name: string; minBpm: number; maxBpm: number }[] = [];
  for (const { name, minBpm, maxBpm } of zones) {
    if (minBpm === undefined || maxBpm === undefined) return null;
    bounded.push({ name, minBpm, maxBpm });
  }
  if (bounded.length === 0) return null;
  bounded.sort((one, other) => one.minBpm - other.minBpm);
  return bounded.map((zone, index) => {
    const next = bounded[index + 1];
    if (next === undefined) return { ...zone, maxBpm: null };
    return { ...zone, maxBpm: next.minBpm - zone.maxBpm <= 1 ? next.minBpm : zone.maxBpm };
  });
}

// Completes heart-rate zones that the provider's list tells without bounds. One call, for an activity that is new; what is
// known already is kept, and a provider that does not say leaves the minutes as they are.

import type { ActivitySummary, ZoneBounds } from "../providers/port.ts";
import type { SyncSession } from "./session.ts";

/** The summary with the bounds of its zones, as far as they can be had. `stored`: the summary kept from before, if any. */
export async function withZoneBounds(
  session: SyncSession,
  summary: ActivitySummary,
  stored: ActivitySummary | null,
): Promise<ActivitySummary> {
  const fetchZoneBounds = session.provider.fetchZoneBounds;
  if (fetchZoneBounds === null || isBounded(summary)) return summary;
  // What is stored may come from the provider before this one, whose zones have other names: then it bounds nothing here.
  const known = complete(summary, stored?.heartRateZones.flatMap(toBounds) ?? []);
  if (isBounded(known)) return known;
  if (!session.lease.link.grantedScopes.includes("heartrate")) return summary;
  const { startTime, utcOffsetSeconds } = summary;
  const answer = await session.call((context) => fetchZoneBounds(context, { startTime, utcOffsetSeconds }));
  return answer.ok ? complete(summary, answer.value) : summary;
}

function isBounded(summary: ActivitySummary): boolean {
  return summary.heartRateZones.every((zone) => zone.minBpm !== undefined && zone.maxBpm !== undefined);
}

function toBounds(zone: ActivitySummary["heartRateZones"][number]): ZoneBounds[] {
  const { name, minBpm, maxBpm } = zone;
  return minBpm === undefined || maxBpm === undefined ? [] : [{ name, minBpm, maxBpm }];
}

function complete(summary: ActivitySummary, bounds: readonly ZoneBounds[]): ActivitySummary {
  const byName = new Map(bounds.map((zone) => [zone.name, zone]));
  const heartRateZones = summary.heartRateZones.map((zone) => ({ ...zone, ...byName.get(zone.name) }));
  return { ...summary, heartRateZones };
}

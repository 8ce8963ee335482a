// Heart-rate zones. An exercise tells how long each of four zones lasted and no bounds; the bounds are the user's own of that day
// and have a list of their own. Both are brought under the same four names.

import { z } from "zod";
import type { CallContext, HeartRateZone, ProviderResult, ZoneBounds } from "../port.ts";
import { callForJson, failed, type GoogleHealthApi, type Refusal } from "./call.ts";
import { civilDate, rangeQuery } from "./filter.ts";
import { beatsPerMinute, durationSeconds, lenient } from "./json.ts";

const day = 86_400_000;

const duration = lenient(durationSeconds.refine((seconds) => seconds >= 0));

export const zoneDurationsShape = z.object({
  lightTime: duration,
  moderateTime: duration,
  vigorousTime: duration,
  peakTime: duration,
});

const nameByType: ReadonlyMap<string, string> = new Map([
  ["LIGHT", "Light"],
  ["MODERATE", "Moderate"],
  ["VIGOROUS", "Vigorous"],
  ["PEAK", "Peak"],
]);

const listShape = z.object({ dataPoints: lenient(z.array(z.unknown())) });
const pointShape = z.object({ dailyHeartRateZones: z.object({ heartRateZones: z.array(z.unknown()) }) });
const boundsShape = z.object({
  heartRateZoneType: z.string(),
  minBeatsPerMinute: beatsPerMinute,
  maxBeatsPerMinute: beatsPerMinute,
});

/** The zones that a summary names, each with its minutes. One that is not named is left out, one of "0s" is 0. */
export function zonesOf(durations: z.infer<typeof zoneDurationsShape> | undefined): readonly HeartRateZone[] {
  const zones: [string, number | undefined][] = [
    ["Light", durations?.lightTime],
    ["Moderate", durations?.moderateTime],
    ["Vigorous", durations?.vigorousTime],
    ["Peak", durations?.peakTime],
  ];
  return zones.flatMap(([name, seconds]) => (seconds === undefined ? [] : [{ name, minutes: seconds / 60 }]));
}

/**
 * The user's zone bounds on the civil date of the activity's start; empty where there are none. Bounds are an extra, so every
 * refusal that is about them is an answer; what ends the whole sync (a dead token, the call limit, the end of the API) is not.
 */
export async function fetchZoneBounds(
  api: GoogleHealthApi,
  context: CallContext,
  request: { readonly startTime: number; readonly utcOffsetSeconds: number },
): Promise<ProviderResult<readonly ZoneBounds[]>> {
  const wallTime = request.startTime + request.utcOffsetSeconds * 1000;
  const query = rangeQuery({
    field: "daily_heart_rate_zones.date",
    from: civilDate(wallTime),
    until: civilDate(wallTime + day),
  });
  // Google's tables offer `reconcile` for this type; `list` is what was seen to answer (reference §5.3, observed).
  const answer = await callForJson(
    api,
    context,
    `/v4/users/me/dataTypes/daily-heart-rate-zones/dataPoints?${query}`,
  );
  if (!answer.ok) return isAboutBounds(answer) ? none : failed(answer);
  const parsed = listShape.safeParse(answer.json);
  for (const point of parsed.success ? (parsed.data.dataPoints ?? []) : []) {
    const bounds = boundsOf(point);
    if (bounds.length > 0) return { ok: true, value: bounds, rate: null };
  }
  return none;
}

const none: ProviderResult<readonly ZoneBounds[]> = { ok: true, value: [], rate: null };

function isAboutBounds({ status }: Refusal): boolean {
  if (status === null || status < 400 || status >= 500) return false;
  return status !== 401 && status !== 410 && status !== 429;
}

/** A zone without both bounds is left out: half of one would be a guess. */
function boundsOf(point: unknown): readonly ZoneBounds[] {
  const parsed = pointShape.safeParse(point);
  if (!parsed.success) return [];
  return parsed.data.dailyHeartRateZones.heartRateZones.flatMap((zone) => {
    const bounds = boundsShape.safeParse(zone);
    const name = bounds.success ? nameByType.get(bounds.data.heartRateZoneType) : undefined;
    if (!bounds.success || name === undefined) return [];
    return [{ name, minBpm: bounds.data.minBeatsPerMinute, maxBpm: bounds.data.maxBeatsPerMinute }];
  });
}

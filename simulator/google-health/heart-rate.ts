// Heart rate: samples newest first, one in 2 to 6 s during exercise; rollUp by window; the bounds of the zones by day.
// Samples are some of those that Fitbit serves by second for the same workout (one in 2 to 5 s was observed). A workout that
// came from another platform brings samples of its own for the same seconds.

import { asOfNow, readingsOf, visibleActivities } from "../activities.ts";
import { targetOf } from "../faults.ts";
import { zonesOf } from "../heart-zones.ts";
import { type Json, jsonResponse } from "../json.ts";
import { isStillLate } from "../late-data.ts";
import { restingReadings } from "../resting.ts";
import type { Account } from "../state.ts";
import { localDate, localDateTime, parseTimeWithOffset, utcOffsetSecondsAt } from "../time-zone.ts";
import type { Caller } from "./authentication.ts";
import { invalidArgument, permissionDenied, scopeInsufficient } from "./errors.ts";
import { dataSourceOf, deviceOf } from "./exercise.ts";
import { parseFilter } from "./filter.ts";
import { pageAnswer, readPage } from "./paging.ts";
import { heartRateScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";
import { civilDate, civilDateTime, duration, int64, timestamp } from "./values.ts";

const physical = "heart_rate.sample_time.physical_time";
const civil = "heart_rate.sample_time.civil_time";
const zoneDate = "daily_heart_rate_zones.date";
const leastGapMs = 2000;
const dayMs = 86_400_000;
const longestRollUpDays = 14;
const zoneTypes = ["LIGHT", "MODERATE", "VIGOROUS", "PEAK"];

interface Sample {
  timeMs: number;
  bpm: number;
  utcOffsetSeconds: number;
  source: Json;
}

/** Answers the list of samples. */
export function listHeartRate(state: GoogleSimulator, caller: Caller, request: Request): Response {
  const refused = refuse(state, caller, request);
  if (refused) return refused;
  const query = new URL(request.url).searchParams;
  const filter = parseFilter(query.get("filter"), { [physical]: "physical", [civil]: "civil" });
  if (filter instanceof Response) return filter;
  const { heartRateDefaultPageSize: usual, heartRatePageSizeIgnored } = state.google.settings;
  const largest = heartRatePageSizeIgnored ? usual : 10_000;
  const page = readPage(query, `heart-rate ${query.get("filter")}`, { usual, largest });
  if (page instanceof Response) return page;
  if (state.faults.take(["intraday_missing"], targetOf(caller.account, request)))
    return jsonResponse(200, {});

  const bound = filter[physical];
  const fromMs = bound?.from == null ? 0 : instantOf(bound.from);
  const toMs = bound?.to == null ? state.clock.now() + 1 : instantOf(bound.to);
  const wall = filter[civil];
  const samples = samplesWithin(state, caller.account, request, fromMs, toMs)
    .filter(({ timeMs, utcOffsetSeconds }) => {
      if (!wall) return true;
      const local = localDateTime(timeMs, utcOffsetSeconds);
      return (wall.from === null || local >= wall.from) && (wall.to === null || local < wall.to);
    })
    .reverse();
  const next = page.offset + page.size;
  const rows = samples.slice(page.offset, next).map((sample) => ({
    dataSource: sample.source,
    heartRate: {
      sampleTime: {
        physicalTime: timestamp(sample.timeMs),
        utcOffset: duration(sample.utcOffsetSeconds),
        civilTime: civilDateTime(sample.timeMs, sample.utcOffsetSeconds),
      },
      beatsPerMinute: int64(sample.bpm),
      metadata: { sensorLocation: "WRIST" },
    },
  }));
  // The last page of samples carries an empty token (observed).
  return pageAnswer("dataPoints", rows, page, next < samples.length ? next : null, "");
}

function refuse(state: GoogleSimulator, caller: Caller, request: Request): Response | null {
  if (!caller.token.scopes.includes(heartRateScope)) return scopeInsufficient();
  const forced = state.faults.take(["intraday_403"], targetOf(caller.account, request));
  return forced ? permissionDenied() : null;
}

function instantOf(value: string): number {
  return parseTimeWithOffset(value)?.timeMs ?? 0;
}

/** Samples from `fromMs` on and before `toMs`, in order. */
function samplesWithin(
  state: GoogleSimulator,
  account: Account,
  request: Request,
  fromMs: number,
  toMs: number,
): Sample[] {
  const samples: Sample[] = [];
  const target = targetOf(account, request);
  const activities = visibleActivities(account);
  for (const activity of activities) {
    const { recipe, google } = activity;
    const endMs = asOfNow(state, activity).recipe.durationSeconds * 1000 + recipe.startTimeMs;
    if (recipe.startTimeMs >= toMs || endMs < fromMs) continue;
    if (isStillLate(state, activity, "late_heart_rate", target)) continue;
    const source = dataSourceOf(account, activity);
    const offset = recipe.utcOffsetSeconds;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const { timeMs, bpm } of readingsOf(state, account, asOfNow(state, activity))) {
      if (timeMs - lastMs < leastGapMs) continue;
      lastMs = timeMs;
      // Another platform's strap does not agree to the beat.
      const beats = google.platform === "FITBIT" ? bpm : bpm + 2;
      if (timeMs >= fromMs && timeMs < toMs) {
        samples.push({ timeMs, bpm: beats, utcOffsetSeconds: offset, source });
      }
    }
  }
  if (account.wornAllDay) {
    const source = { recordingMethod: "PASSIVELY_MEASURED", device: deviceOf(account), platform: "FITBIT" };
    const earliestMs = Math.max(fromMs, account.createdAtMs - 30 * dayMs);
    for (const { timeMs, bpm } of restingReadings(state, account, activities, earliestMs, toMs)) {
      if (timeMs < fromMs || timeMs >= toMs) continue;
      samples.push({ timeMs, bpm, utcOffsetSeconds: utcOffsetSecondsAt(account.timezone, timeMs), source });
    }
  }
  return samples.sort((left, right) => left.timeMs - right.timeMs);
}

/** Answers dataPoints:rollUp: lowest, highest and average of each window that has samples. */
export async function rollUpHeartRate(
  state: GoogleSimulator,
  caller: Caller,
  request: Request,
): Promise<Response> {
  const refused = refuse(state, caller, request);
  if (refused) return refused;
  const body = await bodyOf(request);
  const fromMs = parseTimeWithOffset(String(body.range?.startTime))?.timeMs;
  const toMs = parseTimeWithOffset(String(body.range?.endTime))?.timeMs;
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) {
    return invalidArgument("INVALID_TIME_RANGE", "The range needs a startTime before its endTime.");
  }
  const windowSeconds = Number(/^(\d+)s$/.exec(String(body.windowSize))?.[1] ?? 0);
  if (windowSeconds < 1 || toMs - fromMs > longestRollUpDays * dayMs) {
    return invalidArgument(
      "INVALID_ROLLUP_QUERY_DURATION",
      "The range is too long, or the window too short.",
    );
  }
  const windows = new Map<number, number[]>();
  for (const { timeMs, bpm } of samplesWithin(state, caller.account, request, fromMs, toMs)) {
    const index = Math.floor((timeMs - fromMs) / (windowSeconds * 1000));
    windows.set(index, [...(windows.get(index) ?? []), bpm]);
  }
  const rollupDataPoints = [...windows].map(([index, beats]) => ({
    startTime: timestamp(fromMs + index * windowSeconds * 1000),
    endTime: timestamp(Math.min(toMs, fromMs + (index + 1) * windowSeconds * 1000)),
    heartRate: {
      beatsPerMinuteAvg: beats.reduce((sum, one) => sum + one, 0) / beats.length,
      beatsPerMinuteMax: Math.max(...beats),
      beatsPerMinuteMin: Math.min(...beats),
    },
  }));
  return jsonResponse(200, rollupDataPoints.length > 0 ? { rollupDataPoints } : {});
}

async function bodyOf(
  request: Request,
): Promise<{ range?: { startTime?: unknown; endTime?: unknown } | null; windowSize?: unknown }> {
  try {
    const body: unknown = await request.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Answers daily-heart-rate-zones: the bounds of each day in the filter, newest first, 30 days back without one. */
export function listDailyZones(state: GoogleSimulator, caller: Caller, request: Request): Response {
  if (!caller.token.scopes.includes(heartRateScope)) return scopeInsufficient();
  const { account } = caller;
  const query = new URL(request.url).searchParams;
  const filter = parseFilter(query.get("filter"), { [zoneDate]: "date" });
  if (filter instanceof Response) return filter;
  const page = readPage(query, `zones ${query.get("filter")}`, { usual: 1440, largest: 10_000 });
  if (page instanceof Response) return page;
  const now = state.clock.now();
  const offset = utcOffsetSecondsAt(account.timezone, now);
  const { from, to } = filter[zoneDate] ?? { from: null, to: null };
  const first = Math.max(Date.parse(from ?? localDate(now - 30 * dayMs, offset)), now - 3650 * dayMs);
  const lastMs = Date.parse(localDate(now, offset));
  const rows: Json[] = [];
  for (let day = lastMs; day >= first; day -= dayMs) {
    if (to !== null && day >= Date.parse(to)) continue;
    rows.push({
      dataSource: { recordingMethod: "DERIVED", platform: "FITBIT" },
      dailyHeartRateZones: {
        date: civilDate(day, 0),
        heartRateZones: zonesOf(account.age).map(({ min, max }, order) => ({
          heartRateZoneType: zoneTypes[order],
          minBeatsPerMinute: int64(min),
          maxBeatsPerMinute: int64(max),
        })),
      },
    });
  }
  const next = page.offset + page.size;
  return pageAnswer(
    "dataPoints",
    rows.slice(page.offset, next),
    page,
    next < rows.length ? next : null,
    undefined,
  );
}

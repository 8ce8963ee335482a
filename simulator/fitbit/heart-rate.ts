// Heart rate by second: GET /1/user/-/activities/heart/date/… ("Get Heart Rate Intraday by Interval / Date Range",
// dev.fitbit.com). Times are local wall clock without a date; readings of an exercise stand at the offset that its start
// had, the rest at the profile's zone (inferred). `timezone=UTC` turns both question and answer to UTC.

import { readingsOf, visibleActivities } from "../activities.ts";
import { type FaultTarget, targetOf } from "../faults.ts";
import { zoneMinutes, zonesOf } from "../heart-zones.ts";
import { type Json, jsonResponse } from "../json.ts";
import { isStillLate } from "../late-data.ts";
import { restingReadings } from "../resting.ts";
import type { Account, State } from "../state.ts";
import { localDate, utcOffsetSecondsAt } from "../time-zone.ts";
import type { HeartRateSample } from "../workout.ts";
import type { Caller } from "./authentication.ts";
import { fitbitError, scopeMissing, visit } from "./errors.ts";

const dayMs = 86_400_000;
const detailSeconds: Record<string, number> = { "1sec": 1, "1min": 60, "5min": 300, "15min": 900 };

/** A question, with both ends as wall-clock milliseconds (local time written as if it were UTC). */
interface HeartRateQuestion {
  startDate: string;
  fromWallMs: number;
  /** Inclusive. */
  toWallMs: number;
  windowed: boolean;
  bucketSeconds: number;
  utc: boolean;
}

/** `rest` is the path behind `/activities/heart/date/`, without `.json`. */
export function getHeartRate(state: State, caller: Caller, request: Request, rest: string): Response {
  if (!caller.token.scopes.includes("heartrate")) return scopeMissing("heartrate");
  const { account } = caller;
  const url = new URL(request.url);
  const target = targetOf(account, request);
  if (!state.settings.intradayAccess || state.faults.take(["intraday_403"], target)) {
    return fitbitError(
      403,
      "insufficient_permissions",
      `API client is not authorized by Fitbit to access the resource requested. ${visit}`,
    );
  }
  const timezone = url.searchParams.get("timezone");
  if (timezone !== null && timezone.toUpperCase() !== "UTC") {
    return fitbitError(400, "validation", `Invalid timezone: ${timezone}`, { fieldName: "timezone" });
  }
  const ignored = timezone !== null && state.faults.take(["timezone_ignored"], target) !== undefined;
  const question = readQuestion(state, account, rest, timezone !== null && !ignored);
  if (question instanceof Response) return question;

  const readings = readingsWithin(state, account, question, target);
  const summary = summaryOf(account, question, readings);
  if (state.faults.take(["intraday_missing"], target))
    return jsonResponse(200, { "activities-heart": [summary] });
  return jsonResponse(200, {
    "activities-heart": [summary],
    "activities-heart-intraday": {
      dataset: datasetOf(readings, question.bucketSeconds),
      datasetInterval: question.bucketSeconds === 1 ? 1 : question.bucketSeconds / 60,
      datasetType: question.bucketSeconds === 1 ? "second" : "minute",
    },
  });
}

function readQuestion(
  state: State,
  account: Account,
  rest: string,
  utc: boolean,
): HeartRateQuestion | Response {
  const invalid = (message: string, fieldName = "date") =>
    fitbitError(400, "validation", message, { fieldName });
  const [first = "", second = "", detail = "", time, start, end, ...more] = rest.split("/");
  const windowed = time === "time";
  if (more.length > 0 || (time !== undefined && !(windowed && start !== undefined && end !== undefined))) {
    return fitbitError(404, "not_found", "The resource does not exist.");
  }
  const bucketSeconds = detailSeconds[detail];
  if (bucketSeconds === undefined) return invalid(`Invalid detail level: ${detail}`, "detail-level");
  const now = state.clock.now();
  const zoneOffset = utc ? 0 : utcOffsetSecondsAt(account.timezone, now);
  const startDate = first === "today" ? localDate(now, zoneOffset) : first;
  const endDate = second === "1d" ? startDate : second === "today" ? localDate(now, zoneOffset) : second;
  for (const date of [startDate, endDate]) {
    if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date)))
      return invalid(`Invalid date: ${date}`);
  }
  const fromTime = windowed ? timeOfDaySeconds(start) : 0;
  const toTime = windowed ? timeOfDaySeconds(end) : 86_399;
  if (fromTime === null || toTime === null) return invalid("Invalid time", "time");
  const fromWallMs = Date.parse(startDate) + fromTime * 1000;
  const toWallMs = Date.parse(endDate) + toTime * 1000 + 999;
  if (toWallMs < fromWallMs) return invalid("The end must be after the start.", "time");
  if (toWallMs - fromWallMs > dayMs + 999) return invalid("The range must not be longer than 24 hours.");
  return { startDate, fromWallMs, toWallMs, windowed, bucketSeconds, utc };
}

/** `HH:mm` is documented, `HH:mm:ss` observed to work. */
function timeOfDaySeconds(value: string | undefined): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(value ?? "");
  if (!match) return null;
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** Readings whose wall-clock time lies in the question, one a second, in the order of the clock on the wall. */
function readingsWithin(
  state: State,
  account: Account,
  question: HeartRateQuestion,
  target: FaultTarget,
): HeartRateSample[] {
  const bySecond = new Map<number, number>();
  const keep = (wallMs: number, bpm: number) => {
    if (wallMs < question.fromWallMs || wallMs > question.toWallMs) return;
    const second = Math.floor(wallMs / 1000) * 1000;
    if (!bySecond.has(second)) bySecond.set(second, bpm);
  };
  const activities = visibleActivities(account);
  for (const activity of activities) {
    const offsetMs = question.utc ? 0 : activity.recipe.utcOffsetSeconds * 1000;
    const startWall = activity.recipe.startTimeMs + offsetMs;
    const endWall = startWall + activity.recipe.durationSeconds * 1000;
    if (endWall < question.fromWallMs || startWall > question.toWallMs) continue;
    if (isStillLate(state, activity, "late_heart_rate", target)) continue;
    for (const { timeMs, bpm } of readingsOf(state, account, activity)) keep(timeMs + offsetMs, bpm);
  }
  if (account.wornAllDay) {
    const zoneMs = (timeMs: number) =>
      question.utc ? 0 : utcOffsetSecondsAt(account.timezone, timeMs) * 1000;
    const fromMs = question.fromWallMs - zoneMs(question.fromWallMs) - 3_600_000;
    const toMs = question.toWallMs - zoneMs(question.toWallMs) + 3_600_000;
    let offset = { hour: -1, milliseconds: 0 };
    for (const { timeMs, bpm } of restingReadings(state, account, activities, fromMs, toMs)) {
      const hour = Math.floor(timeMs / 900_000);
      if (offset.hour !== hour) offset = { hour, milliseconds: zoneMs(timeMs) };
      keep(timeMs + offset.milliseconds, bpm);
    }
  }
  return [...bySecond]
    .map(([timeMs, bpm]) => ({ timeMs, bpm }))
    .sort((left, right) => left.timeMs - right.timeMs);
}

/** Buckets without data are left out; nothing is filled in. */
function datasetOf(readings: readonly HeartRateSample[], bucketSeconds: number): Json {
  const entry = (wallMs: number, value: number) => ({
    time: new Date(wallMs).toISOString().slice(11, 19),
    value,
  });
  if (bucketSeconds === 1) return readings.map(({ timeMs, bpm }) => entry(timeMs, bpm));
  const buckets = new Map<number, { sum: number; count: number }>();
  for (const { timeMs, bpm } of readings) {
    const bucket = Math.floor(timeMs / (bucketSeconds * 1000)) * bucketSeconds * 1000;
    const old = buckets.get(bucket) ?? { sum: 0, count: 0 };
    buckets.set(bucket, { sum: old.sum + bpm, count: old.count + 1 });
  }
  return [...buckets].map(([bucket, { sum, count }]) => entry(bucket, Math.round(sum / count)));
}

/** Two shapes, both observed: nested for a whole day, flat with the average as text for a window of time. */
function summaryOf(
  account: Account,
  question: HeartRateQuestion,
  readings: readonly HeartRateSample[],
): Json {
  const zones = zonesOf(account.age);
  const minutes = zoneMinutes(zones, readings);
  const heartRateZones = zones.map(({ name, min, max }, index) => ({
    caloriesOut: (minutes[index] ?? 0) * 7.0656,
    max,
    min,
    minutes: minutes[index] ?? 0,
    name,
  }));
  if (question.windowed) {
    const total = readings.reduce((sum, { bpm }) => sum + bpm, 0);
    return {
      customHeartRateZones: [],
      dateTime: question.startDate,
      heartRateZones,
      value: (readings.length > 0 ? total / readings.length : 0).toFixed(2),
    };
  }
  return {
    dateTime: question.startDate,
    value: {
      customHeartRateZones: [],
      heartRateZones,
      restingHeartRate: account.wornAllDay && readings.length > 0 ? 61 : undefined,
    },
  };
}

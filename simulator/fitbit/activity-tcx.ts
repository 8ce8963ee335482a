// GET /1/user/-/activities/{logId}.tcx ("Get Activity TCX", dev.fitbit.com): needs the scopes activity and location.
// The layout is that of genuine exports: four spaces, only the default namespace, no extensions, Creator without Version,
// times in local time with offset, numbers as Java prints doubles. Several laps, and points without position
// (includePartialTCX), are the simulator's inference: no genuine sample is known.

import { wearerOf } from "../activities.ts";
import type { Account, RecordedActivity, State } from "../state.ts";
import { fitbitTime, utcOffsetSecondsAt } from "../time-zone.ts";
import { activeSeconds, type WorkoutPoint, workoutPoints } from "../workout.ts";
import { activityNotFound } from "./activity-list.ts";
import type { Caller } from "./authentication.ts";
import { fitbitError, scopeMissing } from "./errors.ts";
import { isStillLate } from "./late-data.ts";

const partialStepSeconds = 60;

export function getTcx(state: State, caller: Caller, request: Request, logId: string): Response {
  for (const scope of ["activity", "location"]) {
    if (!caller.token.scopes.includes(scope)) return scopeMissing(scope);
  }
  const { account } = caller;
  const activity = account.activities.get(logId);
  if (!activity || activity.visibleAtMs === null) return activityNotFound(logId);

  const url = new URL(request.url);
  const target = { path: url.pathname + url.search, providerUserIds: [account.providerUserId] };
  switch (state.faults.take(["tcx_204", "tcx_400", "tcx_403", "tcx_404", "tcx_empty"], target)?.fault) {
    case "tcx_204":
      return new Response(null, { status: 204 });
    case "tcx_400":
      return fitbitError(400, "request", "The TCX could not be made.", { fieldName: "n/a" });
    case "tcx_403":
      return fitbitError(
        403,
        "insufficient_permissions",
        "API client is not authorized to access the resource requested.",
      );
    case "tcx_404":
      return activityNotFound(logId);
    case "tcx_empty":
      return tcxAnswer(emptyTcx(account, activity));
    default:
  }
  if (isStillLate(state, account, activity, "late_tcx", target.path))
    return tcxAnswer(emptyTcx(account, activity));
  if (activity.file) return tcxAnswer(activity.file.bytes);

  const { recipe } = activity;
  const partial = url.searchParams.get("includePartialTCX") === "true";
  const partialAllowed = state.settings.intradayAccess || !state.settings.partialTcxNeedsIntraday;
  const manual = activity.logType === "manual";
  if (manual || (!recipe.gps && !(partial && partialAllowed))) return tcxAnswer(emptyTcx(account, activity));
  const withHeartRate = !isStillLate(state, account, activity, "late_heart_rate", target.path);
  const step = recipe.gps ? 1 : partialStepSeconds;
  const points = workoutPoints(recipe, wearerOf(state, account, activity), step);
  return tcxAnswer(writeTcx(account, activity, points, withHeartRate));
}

/** The content type of the real answer is unknown. */
function tcxAnswer(body: string | Uint8Array): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Response(bytes.slice(), {
    headers: { "content-type": "application/vnd.garmin.tcx+xml;charset=UTF-8" },
  });
}

function emptyTcx(account: Account, activity: RecordedActivity): string {
  return frame(account, activity, []);
}

/** Offsets in a file follow the clock on the wall: they change within it when summer time begins or ends. */
function offsetAt(account: Account, activity: RecordedActivity, timeMs: number): number {
  const { startTimeMs, utcOffsetSeconds } = activity.recipe;
  const inProfileZone = utcOffsetSecondsAt(account.timezone, startTimeMs) === utcOffsetSeconds;
  return inProfileZone ? utcOffsetSecondsAt(account.timezone, timeMs) : utcOffsetSeconds;
}

function writeTcx(
  account: Account,
  activity: RecordedActivity,
  points: Iterable<WorkoutPoint>,
  withHeartRate: boolean,
): string {
  const { recipe } = activity;
  const laps: WorkoutPoint[][] = Array.from({ length: recipe.laps }, () => []);
  for (const point of points) laps[point.lap]?.push(point);
  const time = (timeMs: number) => fitbitTime(timeMs, offsetAt(account, activity, timeMs));
  const lines: string[] = [];
  for (const lap of laps) {
    const first = lap[0];
    const last = lap.at(-1);
    if (!first || !last) continue;
    const start = lap === laps[0] ? recipe.startTimeMs : first.timeMs;
    const share = 1 / recipe.laps;
    lines.push(
      `            <Lap StartTime="${time(start)}">`,
      `                <TotalTimeSeconds>${double(Math.round(activeSeconds(recipe) * share * 1000) / 1000)}</TotalTimeSeconds>`,
      `                <DistanceMeters>${double((recipe.distanceMeters ?? 0) * share)}</DistanceMeters>`,
      `                <Calories>${Math.round(activity.calories * share)}</Calories>`,
      "                <Intensity>Active</Intensity>",
      "                <TriggerMethod>Manual</TriggerMethod>",
      "                <Track>",
    );
    for (const point of lap) pushPoint(lines, point, time(point.timeMs), withHeartRate);
    lines.push("                </Track>", "            </Lap>");
  }
  return frame(account, activity, lines);
}

function pushPoint(lines: string[], point: WorkoutPoint, time: string, withHeartRate: boolean): void {
  lines.push("                    <Trackpoint>", `                        <Time>${time}</Time>`);
  if (point.latitudeDegrees !== undefined && point.longitudeDegrees !== undefined) {
    lines.push(
      "                        <Position>",
      `                            <LatitudeDegrees>${double(point.latitudeDegrees)}</LatitudeDegrees>`,
      `                            <LongitudeDegrees>${double(point.longitudeDegrees)}</LongitudeDegrees>`,
      "                        </Position>",
    );
  }
  if (point.altitudeMeters !== undefined) {
    lines.push(`                        <AltitudeMeters>${double(point.altitudeMeters)}</AltitudeMeters>`);
  }
  if (point.distanceMeters !== undefined) {
    lines.push(`                        <DistanceMeters>${double(point.distanceMeters)}</DistanceMeters>`);
  }
  if (withHeartRate && point.bpm !== undefined) {
    lines.push(
      "                        <HeartRateBpm>",
      `                            <Value>${point.bpm}</Value>`,
      "                        </HeartRateBpm>",
    );
  }
  lines.push("                    </Trackpoint>");
}

function frame(account: Account, activity: RecordedActivity, laps: readonly string[]): string {
  const { recipe } = activity;
  const creator = activity.logType === "mobile_run" ? "Fitbit iPhone App" : `Fitbit ${account.device.name}`;
  return [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">',
    "    <Activities>",
    `        <Activity Sport="${recipe.type.sport}">`,
    `            <Id>${fitbitTime(recipe.startTimeMs, recipe.utcOffsetSeconds)}</Id>`,
    ...laps,
    '            <Creator xsi:type="Device_t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    `                <Name>${escapeXml(creator)}</Name>`,
    "                <UnitId>0</UnitId>",
    "                <ProductID>0</ProductID>",
    "            </Creator>",
    "        </Activity>",
    "    </Activities>",
    "</TrainingCenterDatabase>",
    "",
  ].join("\n");
}

/** As Java prints a double: a whole number keeps its `.0`. */
function double(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function escapeXml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

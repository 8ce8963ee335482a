// Writes a workout as the TCX that Fitbit makes of it. The layout is that of genuine exports: four spaces, only the default
// namespace, no extensions, Creator without Version, times in local time with offset, numbers as Java prints doubles.
// Several laps are the simulator's inference; that Google's export is the same generator's work is one too.

import type { Account, RecordedActivity } from "./state.ts";
import { fitbitTime, utcOffsetSecondsAt } from "./time-zone.ts";
import { activeSeconds, type WorkoutPoint } from "./workout.ts";

/** A file with Id and Creator and nothing else. */
export function emptyTcx(account: Account, activity: RecordedActivity): string {
  return frame(account, activity, []);
}

/** Offsets in a file follow the clock on the wall: they change within it when summer time begins or ends. */
function offsetAt(account: Account, activity: RecordedActivity, timeMs: number): number {
  const { startTimeMs, utcOffsetSeconds } = activity.recipe;
  const inProfileZone = utcOffsetSecondsAt(account.timezone, startTimeMs) === utcOffsetSeconds;
  return inProfileZone ? utcOffsetSecondsAt(account.timezone, timeMs) : utcOffsetSeconds;
}

/** The file of these points, lap by lap. */
export function writeTcx(
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

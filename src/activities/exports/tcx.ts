// An activity as TCX (Garmin's TrainingCenterDatabase v2): laps, positions, altitude, distance, heart rate. The schema insists
// on a distance and on calories for every lap: a lap whose distance nobody knows has 0, and the activity's calories are dealt
// out to the laps by time, so that their sum is right.

import type { ActivityDocument, StandardizedLap, StandardizedRecord } from "../document.ts";
import { beat, escapeXml, longitude, plain } from "./text.ts";

const head = `<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2 http://www.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd">
<Activities>
`;

const foot = `</Activities>
</TrainingCenterDatabase>
`;

/** The document in pieces, one a trackpoint at most. */
export function* writeTcx(document: ActivityDocument): Generator<string> {
  const [session] = document.standardizedActivity.sessions;
  yield head;
  yield `<Activity Sport="${sportOf(document.type)}">\n<Id>${session.startTime}</Id>\n`;
  const calories = dealOutCalories(document.calories ?? 0, session.laps);
  for (const [index, lap] of session.laps.entries()) yield* writeLap(lap, calories[index] ?? 0);
  yield `<Notes>${escapeXml(document.title)}</Notes>\n</Activity>\n${foot}`;
}

function* writeLap(lap: StandardizedLap, calories: number): Generator<string> {
  const records = lap.records ?? [];
  const beats = records.flatMap((record) => record.heartRate ?? []);
  yield `<Lap StartTime="${lap.startTime}">
<TotalTimeSeconds>${plain(lap.totalElapsedTime)}</TotalTimeSeconds>
<DistanceMeters>${plain(lap.totalDistance ?? 0)}</DistanceMeters>
<Calories>${calories}</Calories>
${beats.length === 0 ? "" : heartRates(beats)}<Intensity>${lap.intensity === "recovery" ? "Resting" : "Active"}</Intensity>
<TriggerMethod>Manual</TriggerMethod>
`;
  if (records.length > 0) {
    yield "<Track>\n";
    for (const record of records) yield trackpoint(record);
    yield "</Track>\n";
  }
  yield "</Lap>\n";
}

function trackpoint(record: StandardizedRecord): string {
  const { timestamp, positionLat, positionLong, altitude, distance, heartRate } = record;
  let text = `<Trackpoint><Time>${timestamp}</Time>`;
  if (positionLat !== undefined && positionLong !== undefined) {
    text += `<Position><LatitudeDegrees>${plain(positionLat)}</LatitudeDegrees><LongitudeDegrees>${longitude(positionLong)}</LongitudeDegrees></Position>`;
  }
  if (altitude !== undefined) text += `<AltitudeMeters>${plain(altitude)}</AltitudeMeters>`;
  if (distance !== undefined) text += `<DistanceMeters>${plain(distance)}</DistanceMeters>`;
  if (heartRate !== undefined) text += `<HeartRateBpm><Value>${beat(heartRate)}</Value></HeartRateBpm>`;
  return `${text}</Trackpoint>\n`;
}

function heartRates(beats: readonly number[]): string {
  const average = beats.reduce((sum, bpm) => sum + bpm, 0) / beats.length;
  const greatest = beats.reduce((most, bpm) => Math.max(most, bpm), 0);
  return `<AverageHeartRateBpm><Value>${beat(average)}</Value></AverageHeartRateBpm>
<MaximumHeartRateBpm><Value>${beat(greatest)}</Value></MaximumHeartRateBpm>
`;
}

/** By time, each lap's share rounded so that nothing of the whole is lost. A lap holds 65,535 at most. */
function dealOutCalories(calories: number, laps: readonly StandardizedLap[]): number[] {
  const total = laps.reduce((sum, lap) => sum + lap.totalElapsedTime, 0);
  let elapsed = 0;
  let dealt = 0;
  return laps.map((lap) => {
    elapsed += lap.totalElapsedTime;
    const upToHere = total === 0 ? 0 : Math.round((calories * elapsed) / total);
    const share = Math.min(65_535, Math.max(0, upToHere - dealt));
    dealt = upToHere;
    return share;
  });
}

/** TCX knows three sports. */
function sportOf(type: ActivityDocument["type"]): "Running" | "Biking" | "Other" {
  if (/_(TRAIL_|VIRTUAL_)?RUN$/.test(type)) return "Running";
  if (/_(RIDE|HANDCYCLE|VELOMOBILE)$/.test(type)) return "Biking";
  return "Other";
}

// An activity as FIT, written by Garmin's own encoder: file id, timer start, records, timer stop, laps, session, activity, in
// the order that Garmin's activity file has. FIT counts times in whole seconds and cuts fractions off; positions are
// semicircles. What its fields hold is in fit-values.ts. The file is made whole, and others get their turn meanwhile.

import {
  type ActivityMesg,
  Encoder,
  type EventMesg,
  type FileIdMesg,
  type LapMesg,
  type Mesg,
  type RecordMesg,
  type SessionMesg,
} from "@garmin/fitsdk";
import type { ActivityDocument, StandardizedLap, StandardizedRecord } from "../document.ts";
import { recordMessageNumber, withFewRecordFields } from "./fit-profile.ts";
import { type FitSport, fitSportOf } from "./fit-sport.ts";
import {
  fitBeat,
  fitHoldsTime,
  fitLocalTime,
  fitTime,
  present,
  ranged,
  ranges,
  semicircles,
  whole,
} from "./fit-values.ts";

/** FIT's numbers of the messages that an activity file is made of. */
const message = {
  FILE_ID: 0,
  SESSION: 18,
  LAP: 19,
  RECORD: recordMessageNumber,
  EVENT: 21,
  ACTIVITY: 34,
} as const;

/** The whole file; a 10 h activity at a record a second is about a megabyte. */
export async function writeFit(document: ActivityDocument): Promise<Uint8Array> {
  const [session] = document.standardizedActivity.sessions;
  const encoder = new Encoder();
  const startTime = Date.parse(session.startTime);
  const endTime = startTime + session.totalElapsedTime * 1000;
  const start = fitTime(startTime);
  const end = fitTime(endTime);
  const activeSeconds = Math.min(document.activeSeconds, session.totalElapsedTime);
  const timer = present("totalTimerTime", ranged(activeSeconds, ranges.seconds));
  write<FileIdMesg>(encoder, message.FILE_ID, {
    type: "activity",
    // The number that Garmin reserves for software without one of its own.
    manufacturer: "development",
    product: 0,
    serialNumber: 0,
    timeCreated: start,
  });
  write<EventMesg>(encoder, message.EVENT, { timestamp: start, event: "timer", eventType: "start" });
  await writeRecords(encoder, session.laps);
  write<EventMesg>(encoder, message.EVENT, { timestamp: end, event: "timer", eventType: "stopAll" });
  const sport = fitSportOf(document.type);
  writeLaps(encoder, session.laps, activeSeconds, sport);
  write<SessionMesg>(encoder, message.SESSION, {
    messageIndex: 0,
    timestamp: end,
    startTime: start,
    ...present("totalElapsedTime", ranged(session.totalElapsedTime, ranges.seconds)),
    ...timer,
    ...present("totalDistance", ranged(session.totalDistance, ranges.distanceMeters)),
    ...present("totalCalories", whole(document.calories)),
    ...present("totalAscent", whole(document.elevationGainMeters)),
    ...present("avgHeartRate", fitBeat(document.averageHeartRate)),
    ...present("maxHeartRate", fitBeat(document.maxHeartRate)),
    ...sport,
    event: "session",
    eventType: "stop",
    firstLapIndex: 0,
    numLaps: session.laps.length,
    trigger: "activityEnd",
  });
  write<ActivityMesg>(encoder, message.ACTIVITY, {
    timestamp: end,
    ...timer,
    numSessions: 1,
    type: "manual",
    event: "activity",
    eventType: "stop",
    localTimestamp: fitLocalTime(endTime, document.utcOffsetSeconds),
  });
  return encoder.close();
}

/** Only fields of this kind of message. */
function write<Message extends Mesg>(encoder: Encoder, messageNumber: number, fields: Message): void {
  encoder.onMesg(messageNumber, fields);
}

/** Some 30 ms of work; the isolate serves others too. */
const recordsPerTurn = 2000;

async function writeRecords(encoder: Encoder, laps: readonly StandardizedLap[]): Promise<void> {
  const messages = recordMessages(laps);
  let isDone = false;
  while (!isDone) {
    withFewRecordFields(() => {
      for (let count = 0; count < recordsPerTurn && !isDone; count++) {
        const next = messages.next();
        if (next.done === true) isDone = true;
        else write<RecordMesg>(encoder, message.RECORD, next.value);
      }
    });
    if (!isDone) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/**
 * One record a second at most, and time only goes on: of two records that fall into one second the earlier is written, the later
 * is not. Documents hold a record a second already; this is for one that did not come out of our own assembling. A record
 * at a time that FIT has no number for is left out.
 */
function* recordMessages(laps: readonly StandardizedLap[]): Generator<RecordMesg, void> {
  let lastSecond = Number.NEGATIVE_INFINITY;
  for (const lap of laps) {
    for (const record of lap.records ?? []) {
      const second = secondOf(record);
      if (second <= lastSecond || !fitHoldsTime(second * 1000)) continue;
      lastSecond = second;
      yield recordMessage(record, second);
    }
  }
}

function secondOf(record: StandardizedRecord): number {
  return Math.floor(Date.parse(record.timestamp) / 1000);
}

/**
 * A lap lasts until its last record at least. The document has the time that the timer ran (TCX's `TotalTimeSeconds`); FIT has
 * both, the elapsed time with pauses and the timer's without. A provider that knows no laps gives one as long as the activity,
 * pauses and all: of a single lap the timer ran no longer than of the activity.
 */
function writeLaps(
  encoder: Encoder,
  laps: readonly StandardizedLap[],
  activeSeconds: number,
  sport: FitSport,
): void {
  for (const [index, lap] of laps.entries()) {
    const { records = [], totalElapsedTime } = lap;
    const start = Date.parse(lap.startTime);
    const last = records.at(-1);
    const lastRecord = last === undefined ? start : secondOf(last) * 1000;
    const end = Math.max(start + totalElapsedTime * 1000, lastRecord);
    const timerSeconds = laps.length === 1 ? Math.min(totalElapsedTime, activeSeconds) : totalElapsedTime;
    const beats = records.flatMap((record) => record.heartRate ?? []);
    const average = beats.length === 0 ? undefined : beats.reduce((sum, bpm) => sum + bpm, 0) / beats.length;
    const greatest = beats.length === 0 ? undefined : beats.reduce((most, bpm) => Math.max(most, bpm), 0);
    write<LapMesg>(encoder, message.LAP, {
      messageIndex: index,
      timestamp: fitTime(end),
      startTime: fitTime(start),
      ...present("totalElapsedTime", ranged((end - start) / 1000, ranges.seconds)),
      ...present("totalTimerTime", ranged(timerSeconds, ranges.seconds)),
      ...present("totalDistance", ranged(lap.totalDistance, ranges.distanceMeters)),
      ...present("avgHeartRate", fitBeat(average)),
      ...present("maxHeartRate", fitBeat(greatest)),
      ...sport,
      event: "lap",
      eventType: "stop",
    });
  }
}

/**
 * The fields stand in one order always: the encoder takes two messages with the same fields for the same definition, whatever
 * their order, and would write the second one's values into the first one's fields. Other fields need a place in fit-profile.ts.
 */
function recordMessage(record: StandardizedRecord, second: number): RecordMesg {
  const { positionLat, positionLong, altitude, distance, heartRate } = record;
  return {
    timestamp: new Date(second * 1000),
    ...(positionLat === undefined || positionLong === undefined
      ? {}
      : { positionLat: semicircles(positionLat), positionLong: semicircles(positionLong) }),
    ...present("altitude", ranged(altitude, ranges.altitudeMeters)),
    ...present("distance", ranged(distance, ranges.distanceMeters)),
    ...present("heartRate", fitBeat(heartRate)),
  };
}

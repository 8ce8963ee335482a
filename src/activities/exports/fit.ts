// An activity as FIT, written by Garmin's own encoder: file id, timer start, records, timer stop, laps, session, activity, in
// the order that Garmin's activity file has. FIT counts times in whole seconds and cuts fractions off; positions are
// semicircles. The encoder writes a number that its field cannot hold as another number: such a value is left out here.

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
import type { ActivityDocument, StandardizedRecord, StandardizedSession } from "../document.ts";
import { fitSportOf } from "./fit-sport.ts";

/** FIT's numbers of the messages that an activity file is made of. */
const message = { FILE_ID: 0, SESSION: 18, LAP: 19, RECORD: 20, EVENT: 21, ACTIVITY: 34 } as const;

/** Half a turn in semicircles. */
const semicirclesPerDegree = 2 ** 31 / 180;

/** The whole file; a 10 h activity at a record a second is about a megabyte. */
export function writeFit(document: ActivityDocument): Uint8Array {
  const [session] = document.standardizedActivity.sessions;
  const encoder = new Encoder();
  const start = new Date(session.startTime);
  const end = later(start, session.totalElapsedTime);
  const activeSeconds = ranged(Math.min(document.activeSeconds, session.totalElapsedTime), ranges.seconds);
  write<FileIdMesg>(encoder, message.FILE_ID, {
    type: "activity",
    // The number that Garmin reserves for software without one of its own.
    manufacturer: "development",
    product: 0,
    serialNumber: 0,
    timeCreated: start,
  });
  write<EventMesg>(encoder, message.EVENT, { timestamp: start, event: "timer", eventType: "start" });
  writeRecords(encoder, session);
  write<EventMesg>(encoder, message.EVENT, { timestamp: end, event: "timer", eventType: "stopAll" });
  const sport = fitSportOf(document.type);
  writeLaps(encoder, session, sport);
  write<SessionMesg>(encoder, message.SESSION, {
    messageIndex: 0,
    timestamp: end,
    startTime: start,
    ...present("totalElapsedTime", ranged(session.totalElapsedTime, ranges.seconds)),
    ...present("totalTimerTime", activeSeconds),
    ...present("totalDistance", ranged(session.totalDistance, ranges.distanceMeters)),
    ...present("totalCalories", whole(document.calories)),
    ...present("totalAscent", whole(document.elevationGainMeters)),
    ...present("avgHeartRate", beat(document.averageHeartRate)),
    ...present("maxHeartRate", beat(document.maxHeartRate)),
    ...sport,
    event: "session",
    eventType: "stop",
    firstLapIndex: 0,
    numLaps: session.laps.length,
    trigger: "activityEnd",
  });
  write<ActivityMesg>(encoder, message.ACTIVITY, {
    timestamp: end,
    ...present("totalTimerTime", activeSeconds),
    numSessions: 1,
    type: "manual",
    event: "activity",
    eventType: "stop",
    // The watch's own clock, counted as if it were UTC.
    localTimestamp: Math.floor((end.getTime() - fitEpoch) / 1000) + document.utcOffsetSeconds,
  });
  return encoder.close();
}

/** Only fields of this kind of message. */
function write<Message extends Mesg>(encoder: Encoder, messageNumber: number, fields: Message): void {
  encoder.onMesg(messageNumber, fields);
}

/** FIT counts from the last day of 1989. */
const fitEpoch = Date.UTC(1989, 11, 31);

/**
 * One record a second at most, and time only goes on: of two records that fall into one second the earlier is written, the later
 * is not. Documents hold a record a second already; this is for one that did not come out of our own assembling.
 */
function writeRecords(encoder: Encoder, session: StandardizedSession): void {
  let lastSecond = Number.NEGATIVE_INFINITY;
  for (const lap of session.laps) {
    for (const record of lap.records ?? []) {
      const second = Math.floor(Date.parse(record.timestamp) / 1000);
      if (second <= lastSecond) continue;
      lastSecond = second;
      write<RecordMesg>(encoder, message.RECORD, recordMessage(record, second));
    }
  }
}

function writeLaps(
  encoder: Encoder,
  session: StandardizedSession,
  sport: ReturnType<typeof fitSportOf>,
): void {
  for (const [index, lap] of session.laps.entries()) {
    const start = new Date(lap.startTime);
    const beats = (lap.records ?? []).flatMap((record) => record.heartRate ?? []);
    const average = beats.length === 0 ? undefined : beats.reduce((sum, bpm) => sum + bpm, 0) / beats.length;
    const greatest = beats.length === 0 ? undefined : beats.reduce((most, bpm) => Math.max(most, bpm), 0);
    write<LapMesg>(encoder, message.LAP, {
      messageIndex: index,
      timestamp: later(start, lap.totalElapsedTime),
      startTime: start,
      ...present("totalElapsedTime", ranged(lap.totalElapsedTime, ranges.seconds)),
      ...present("totalTimerTime", ranged(lap.totalElapsedTime, ranges.seconds)),
      ...present("totalDistance", ranged(lap.totalDistance, ranges.distanceMeters)),
      ...present("avgHeartRate", beat(average)),
      ...present("maxHeartRate", beat(greatest)),
      ...sport,
      event: "lap",
      eventType: "stop",
    });
  }
}

/**
 * The fields stand in one order always: the encoder takes two messages with the same fields for the same definition, whatever
 * their order, and would write the second one's values into the first one's fields.
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
    ...present("heartRate", beat(heartRate)),
  };
}

function later(start: Date, seconds: number): Date {
  return new Date(start.getTime() + seconds * 1000);
}

/** 180° east is one more than there is, which wraps to 180° west, the same meridian; the one before means "none". */
function semicircles(degrees: number): number {
  const rounded = Math.round(degrees * semicirclesPerDegree);
  return rounded === 2 ** 31 - 1 ? rounded - 1 : rounded | 0;
}

/** What FIT's fields hold, by their scales and offsets; the greatest number of a field means "none". */
const ranges = {
  seconds: [0, (2 ** 32 - 2) / 1000],
  distanceMeters: [0, (2 ** 32 - 2) / 100],
  altitudeMeters: [-500, (2 ** 16 - 2) / 5 - 500],
  whole: [0, 2 ** 16 - 2],
} as const;

function ranged(
  value: number | undefined,
  [lowest, greatest]: readonly [number, number],
): number | undefined {
  return value === undefined || value < lowest || value > greatest ? undefined : value;
}

function whole(value: number | undefined): number | undefined {
  return value === undefined ? undefined : ranged(Math.round(value), ranges.whole);
}

/** One byte there, and 255 means "none". */
function beat(bpm: number | undefined): number | undefined {
  return bpm === undefined ? undefined : Math.min(254, Math.max(1, Math.round(bpm)));
}

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Field in Name]?: Value } {
  if (value === undefined) return {};
  return { [name]: value } as { readonly [Field in Name]?: Value };
}

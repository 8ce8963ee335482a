// The elements of TCX that the decoder reads, and where each may stand (Garmin's TrainingCenterDatabase v2 schema).
// Everything else is passed over whole, with what it contains: extensions, courses, workouts, notes.

/** Which record an element belongs to. */
export type RecordKind = "activity" | "lap" | "trackpoint";

/** What a text in a trackpoint means; `none` is a text that nobody reads. */
export type Slot = "none" | "time" | "latitude" | "longitude" | "altitude" | "distance" | "heartRate";

export interface Element {
  readonly name: string;
  /**
   * `outer`: may hold activities. `record`: begins a record. `track`: holds trackpoints. `group`: holds values of the
   * record around it. `value`: a text.
   */
  readonly role: "outer" | "record" | "track" | "group" | "value";
  /** The record that it begins or belongs to. */
  readonly record: RecordKind;
  readonly slot: Slot;
  /** A record has each of its elements once; this is the element's bit in the record's memory of what it has seen. */
  readonly bit: number;
  readonly children: ReadonlyMap<string, Element>;
}

let bits = 0;

function element(
  role: Element["role"],
  record: RecordKind,
  name: string,
  children: readonly Element[] = [],
  slot: Slot = "none",
): Element {
  const once = role === "value" || role === "group";
  const bit = once ? 2 ** bits++ : 0;
  return { name, role, record, slot, bit, children: new Map(children.map((child) => [child.name, child])) };
}

const value = (record: RecordKind, name: string, slot?: Slot) => element("value", record, name, [], slot);

const trackpoint = element("record", "trackpoint", "Trackpoint", [
  value("trackpoint", "Time", "time"),
  element("group", "trackpoint", "Position", [
    value("trackpoint", "LatitudeDegrees", "latitude"),
    value("trackpoint", "LongitudeDegrees", "longitude"),
  ]),
  value("trackpoint", "AltitudeMeters", "altitude"),
  value("trackpoint", "DistanceMeters", "distance"),
  element("group", "trackpoint", "HeartRateBpm", [value("trackpoint", "Value", "heartRate")]),
]);

const lap = element("record", "lap", "Lap", [
  value("lap", "TotalTimeSeconds"),
  value("lap", "DistanceMeters"),
  value("lap", "Calories"),
  element("group", "lap", "AverageHeartRateBpm", [value("lap", "Value")]),
  element("group", "lap", "MaximumHeartRateBpm", [value("lap", "Value")]),
  value("lap", "Intensity"),
  element("track", "lap", "Track", [trackpoint]),
]);

const activity = element("record", "activity", "Activity", [
  value("activity", "Id"),
  element("group", "activity", "Creator", [value("activity", "Name")]),
  lap,
]);

// A multisport session keeps its activities one and two elements further in.
const nextSport = element("outer", "activity", "NextSport", [activity]);
const firstSport = element("outer", "activity", "FirstSport", [activity]);
const session = element("outer", "activity", "MultiSportSession", [firstSport, nextSport]);
const activities = element("outer", "activity", "Activities", [activity, session]);

export const rootElement = element("outer", "activity", "TrainingCenterDatabase", [activities]);

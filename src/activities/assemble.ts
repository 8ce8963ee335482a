// One activity from its three sources, put together by absolute time: the provider's summary says what it was and when, the TCX
// gives laps and route, the heart rate by second fills what the TCX lacks. Pure: the same input gives the same bytes, which is
// what makes "nothing changed" cost nothing. It fetches, stores and numbers nothing.

import type {
  ActivitySummary,
  GrantScope,
  HeartRateSample,
  MissingReason,
  TimeBasis,
} from "../providers/port.ts";
import type { TcxActivity } from "../tcx/document.ts";
import { type Expectation, isByTheMinute, measureStream } from "./completeness.ts";
import { withCumulativeDistance } from "./distance.ts";
import type {
  ActivityDocument,
  CanonicalActivity,
  Completeness,
  StandardizedLap,
  StandardizedRecord,
  StreamCompleteness,
  StreamReason,
} from "./document.ts";
import { dealIntoLaps, type FileLap, type Lap } from "./laps.ts";
import { type ActivityRecord, mergeHeartRate, recordsOfPoints, type TimeWindow } from "./records.ts";
import { mapActivityType } from "./type-mapping.ts";

/** What is known of the TCX. `oneMinuteOnly`: it was asked with points a minute apart, because by second is refused. */
export type TcxInput =
  | {
      readonly kind: "decoded";
      readonly activities: readonly TcxActivity[];
      readonly oneMinuteOnly?: boolean;
    }
  | { readonly kind: "missing"; readonly reason: StreamReason };

export type HeartRateInput =
  | { readonly kind: "samples"; readonly samples: readonly HeartRateSample[]; readonly timeBasis: TimeBasis }
  | { readonly kind: "missing"; readonly reason: StreamReason };

export interface AssembleInput {
  readonly summary: ActivitySummary;
  readonly tcx: TcxInput;
  readonly heartRate: HeartRateInput;
  readonly grantedScopes: readonly GrantScope[];
}

/** What only the store knows of an activity. */
export type DocumentIdentity = Pick<
  ActivityDocument,
  "id" | "revision" | "userId" | "connectionId" | "provider" | "sourceActivityId" | "updatedAt"
> & { readonly device: string | null };

/**
 * A user can move a log's start by hand, and its file keeps the recorded times. Points this far outside the summary's window
 * still belong to the activity; anything further is another time's, and would stretch the session to it.
 */
const slackMilliseconds = 3_600_000;

/** Puts an activity together. Always exactly one session, longer than 0 s, with at least one lap. */
export function assembleActivity(input: AssembleInput): CanonicalActivity {
  const { summary } = input;
  const fileActivities = input.tcx.kind === "decoded" ? input.tcx.activities : [];
  const said = windowOf(summary, fileActivities);
  const wide = { start: said.start - slackMilliseconds, end: said.end + slackMilliseconds };

  // A file usually holds one activity. Several are the parts of one log (a triathlon): together they are the activity.
  const points = recordsOfPoints(
    fileActivities.map((activity) => activity.samples),
    wide,
  );
  const session: TimeWindow = {
    start: Math.min(said.start, points[0]?.time ?? said.start),
    end: Math.max(said.end, points.at(-1)?.time ?? said.end),
  };
  const fileLaps = lapsWithin(fileActivities, wide);
  const distanceMeters = summary.distanceMeters ?? sumOfLaps(fileLaps);
  const samples = input.heartRate.kind === "samples" ? input.heartRate.samples : [];
  const merged = mergeHeartRate(points, samples, session);
  const records = withCumulativeDistance(merged, distanceMeters);
  const laps = dealIntoLaps(fileLaps, records, session, distanceMeters);

  const completeness = measure(input, records, {
    ...session,
    activeSeconds: summary.activeSeconds > 0 ? summary.activeSeconds : (session.end - session.start) / 1000,
  });
  const beats = records.flatMap(({ heartRateBpm }) => (heartRateBpm === undefined ? [] : [heartRateBpm]));
  const heart = {
    averageHeartRate: summary.averageHeartRate ?? averageOf(beats),
    maxHeartRate: summary.maxHeartRate ?? greatestOf(beats),
  };
  const type = mapActivityType(summary);
  const elapsedSeconds = (said.end - said.start) / 1000;
  const distanceSource =
    distanceMeters === null ? null : sourceOfDistance(summary, input.tcx, completeness.gps);

  return {
    title: summary.title,
    type,
    recordedBy: summary.recordedBy,
    startTime: timestamp(said.start),
    endTime: timestamp(said.end),
    utcOffsetSeconds: summary.utcOffsetSeconds,
    elapsedSeconds,
    activeSeconds: summary.activeSeconds > 0 ? summary.activeSeconds : elapsedSeconds,
    ...present("distanceMeters", distanceMeters),
    ...present("distanceSource", distanceSource),
    ...present("calories", summary.calories),
    ...present("steps", summary.steps),
    ...present("elevationGainMeters", summary.elevationGainMeters),
    ...present("averageHeartRate", heart.averageHeartRate),
    ...present("maxHeartRate", heart.maxHeartRate),
    ...present("heartRateZones", summary.heartRateZones.length > 0 ? summary.heartRateZones : null),
    ...present("activeZoneMinutes", summary.activeZoneMinutes),
    completeness,
    standardizedActivity: {
      // FitGlue's only word for either of the provider's APIs.
      source: "SOURCE_FITBIT",
      startTime: timestamp(session.start),
      name: summary.title,
      type,
      sessions: [
        {
          startTime: timestamp(session.start),
          totalElapsedTime: (session.end - session.start) / 1000,
          ...present("totalDistance", distanceMeters),
          laps: laps.map(standardizedLap),
          ...present("totalCalories", summary.calories),
          ...present("avgHeartRate", heart.averageHeartRate),
          ...present("maxHeartRate", heart.maxHeartRate),
        },
      ],
    },
  };
}

/** The document that readers get: the canonical activity with its name, number and place in the store. */
export function toDocument(canonical: CanonicalActivity, identity: DocumentIdentity): ActivityDocument {
  const { title, type, recordedBy, standardizedActivity, completeness, ...facts } = canonical;
  const { source, ...standardized } = standardizedActivity;
  return {
    id: identity.id,
    revision: identity.revision,
    userId: identity.userId,
    connectionId: identity.connectionId,
    provider: identity.provider,
    sourceActivityId: identity.sourceActivityId,
    title,
    type,
    recordedBy,
    ...present("device", identity.device),
    ...facts,
    completeness,
    updatedAt: identity.updatedAt,
    standardizedActivity: {
      source,
      externalId: identity.sourceActivityId,
      userId: identity.userId,
      ...standardized,
    },
  };
}

/**
 * When the activity took place by the provider's word. A log can state a duration of 0, and FitGlue drops a session
 * without one: then the file's own laps or points say it, and at the least the second in which it was logged.
 */
function windowOf(summary: ActivitySummary, activities: readonly TcxActivity[]): TimeWindow {
  const start = summary.startTime;
  if (summary.elapsedSeconds > 0) return { start, end: start + Math.round(summary.elapsedSeconds * 1000) };
  const laps = activities.flatMap((activity) => activity.laps);
  const lapSeconds = laps.reduce((sum, lap) => sum + (lap.totalTimeSeconds ?? 0), 0);
  return { start, end: start + Math.round(Math.max(1, lapSeconds) * 1000) };
}

function lapsWithin(activities: readonly TcxActivity[], window: TimeWindow): readonly FileLap[] {
  return activities.flatMap(({ laps, samples }) =>
    laps
      .filter(
        ({ startTimeMilliseconds: start }) =>
          start === null || (start >= window.start && start <= window.end),
      )
      .map((lap) => ({ lap, samples })),
  );
}

function sumOfLaps(laps: readonly FileLap[]): number | null {
  const meters = laps.reduce((sum, { lap }) => sum + (lap.distanceMeters ?? 0), 0);
  return meters > 0 ? meters : null;
}

function measure(
  { summary, tcx, heartRate, grantedScopes }: AssembleInput,
  records: readonly ActivityRecord[],
  expectation: Expectation,
): Completeness {
  const positions = records.flatMap(({ time, latitudeDegrees }) =>
    latitudeDegrees === undefined ? [] : [time],
  );
  const beats = records.flatMap(({ time, heartRateBpm }) => (heartRateBpm === undefined ? [] : [time]));
  // Without a route Google's file is points a minute apart from the start, and nothing in it says so.
  const isCoarse =
    heartRate.kind === "missing" &&
    tcx.kind === "decoded" &&
    (tcx.oneMinuteOnly === true || isByTheMinute(beats));
  return {
    gps: measureStream(
      positions,
      expectation,
      positions.length > 0 ? "provider_has_none" : routeReason(summary, tcx),
    ),
    heartRate: measureStream(
      beats,
      expectation,
      heartRateReason(heartRate, isCoarse && beats.length > 0, grantedScopes),
      isCoarse,
    ),
  };
}

/** Why there is no route. A file without positions, or no file, is the rule for what is done indoors. */
function routeReason(summary: ActivitySummary, tcx: TcxInput): StreamReason {
  const none: MissingReason = summary.gpsExpected ? "provider_has_none" : "no_gps";
  return tcx.kind === "decoded" || tcx.reason === "provider_has_none" ? none : tcx.reason;
}

/** Why heart rate is not complete. Where samples were given and are too few, the provider has none for the gaps. */
function heartRateReason(
  heartRate: HeartRateInput,
  isCoarse: boolean,
  grantedScopes: readonly GrantScope[],
): StreamReason {
  if (!grantedScopes.includes("heartrate")) return "scope_not_granted";
  if (heartRate.kind === "samples") return "provider_has_none";
  return isCoarse && heartRate.reason === "provider_refused" ? "one_minute_only" : heartRate.reason;
}

/**
 * Positions prove GPS. Without any, in an activity of which the whole file is known, a distance beside counted steps was
 * estimated from them; where no file could be had, it stays what the summary says.
 */
function sourceOfDistance(
  summary: ActivitySummary,
  tcx: TcxInput,
  gps: StreamCompleteness,
): NonNullable<CanonicalActivity["distanceSource"]> {
  if (summary.distanceSource === "manual") return "manual";
  if (gps.samples > 0) return "gps";
  const isWithoutRoute = tcx.kind === "decoded" || tcx.reason === "provider_has_none";
  if (isWithoutRoute && summary.distanceSource !== "gps" && summary.steps !== null && summary.steps > 0)
    return "steps";
  return summary.distanceSource ?? "unknown";
}

function standardizedLap(lap: Lap): StandardizedLap {
  return {
    startTime: timestamp(lap.start),
    totalElapsedTime: lap.elapsedSeconds,
    ...present("totalDistance", lap.distanceMeters),
    ...(lap.records.length > 0 ? { records: lap.records.map(standardizedRecord) } : {}),
    ...present("intensity", lap.intensity),
  };
}

function standardizedRecord(record: ActivityRecord): StandardizedRecord {
  const { time, heartRateBpm, altitudeMeters, latitudeDegrees, longitudeDegrees, distanceMeters } = record;
  const written: { -readonly [Field in keyof StandardizedRecord]: StandardizedRecord[Field] } = {
    timestamp: timestamp(time),
  };
  if (heartRateBpm !== undefined) written.heartRate = heartRateBpm;
  if (altitudeMeters !== undefined) written.altitude = altitudeMeters;
  if (latitudeDegrees !== undefined && longitudeDegrees !== undefined) {
    written.positionLat = latitudeDegrees;
    written.positionLong = longitudeDegrees;
  }
  if (distanceMeters !== undefined) written.distance = distanceMeters;
  return written;
}

/** RFC 3339 in UTC as protojson writes it: with a fraction only where there is one. */
function timestamp(time: number): string {
  const text = new Date(time).toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}

function averageOf(beats: readonly number[]): number | null {
  if (beats.length === 0) return null;
  return Math.round(beats.reduce((sum, bpm) => sum + bpm, 0) / beats.length);
}

function greatestOf(beats: readonly number[]): number | null {
  return beats.length === 0 ? null : beats.reduce((most, bpm) => Math.max(most, bpm), 0);
}

/** A field that is left out where there is no value, as protojson leaves it out. */
function present<Name extends string, Value>(
  name: Name,
  value: Value | null,
): { readonly [Field in Name]?: NonNullable<Value> } {
  if (value === null || value === undefined) return {};
  return { [name]: value } as { readonly [Field in Name]?: NonNullable<Value> };
}

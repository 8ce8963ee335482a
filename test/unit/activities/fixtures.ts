// Small inputs for assembling: a summary, TCX tables from a list of points, heart-rate samples. Times are seconds after `start`.

import type { AssembleInput, HeartRateInput } from "../../../src/activities/assemble.ts";
import type {
  CanonicalActivity,
  StandardizedRecord,
  StandardizedSession,
} from "../../../src/activities/document.ts";
import { asId, type SourceActivityId } from "../../../src/kernel/ids.ts";
import { type ActivitySummary, grantScopes } from "../../../src/providers/port.ts";
import type { TcxActivity, TcxLap, TcxSamples } from "../../../src/tcx/document.ts";

export const start = Date.parse("2026-03-10T14:00:00Z");

export const summary: ActivitySummary = {
  sourceActivityId: asId<SourceActivityId>("1234567890123456789"),
  version: 1,
  title: "Run",
  providerTypeId: "90009",
  startTime: start,
  utcOffsetSeconds: -25_200,
  elapsedSeconds: 600,
  activeSeconds: 600,
  recordedBy: "tracker",
  device: "Surge",
  distanceMeters: 1800,
  distanceSource: "unknown",
  calories: 100,
  steps: 1500,
  elevationGainMeters: null,
  averageHeartRate: null,
  maxHeartRate: null,
  heartRateZones: [],
  activeZoneMinutes: null,
  gpsExpected: true,
  heartRateExpected: true,
};

export interface Point {
  readonly at: number;
  readonly position?: readonly [number, number];
  readonly altitude?: number;
  readonly distance?: number;
  readonly bpm?: number;
}

export function samplesOf(points: readonly Point[]): TcxSamples {
  const column = (read: (point: Point) => number | undefined) =>
    Float64Array.from(points, (point) => read(point) ?? Number.NaN);
  return {
    count: points.length,
    timeMilliseconds: column((point) => start + point.at * 1000),
    latitudeDegrees: column((point) => point.position?.[0]),
    longitudeDegrees: column((point) => point.position?.[1]),
    altitudeMeters: column((point) => point.altitude),
    distanceMeters: column((point) => point.distance),
    heartRateBpm: Uint8Array.from(points, (point) => point.bpm ?? 0),
  };
}

export function lapOf(
  change: Partial<Omit<TcxLap, "startTimeMilliseconds">> & { readonly at: number | null },
): TcxLap {
  const { at, ...rest } = change;
  return {
    startTimeMilliseconds: at === null ? null : start + at * 1000,
    totalTimeSeconds: null,
    distanceMeters: null,
    calories: null,
    averageHeartRateBpm: null,
    maximumHeartRateBpm: null,
    intensity: "Active",
    trackCount: 1,
    firstSample: 0,
    sampleCount: 0,
    ...rest,
  };
}

export function tcxActivity(points: readonly Point[], laps: readonly TcxLap[] = []): TcxActivity {
  return {
    sport: "Running",
    id: null,
    startTimeMilliseconds: start,
    creatorName: "Fitbit Surge",
    laps,
    tracks: 1,
    samples: samplesOf(points),
    counts: { trackpoints: points.length, positions: 0, heartRates: 0, altitudes: 0 },
    dropped: { points: 0, values: 0 },
  };
}

export const decoded = (...activities: TcxActivity[]): AssembleInput["tcx"] => ({
  kind: "decoded",
  activities,
});
export const noTcx: AssembleInput["tcx"] = { kind: "missing", reason: "provider_has_none" };
export const noHeartRate: HeartRateInput = { kind: "missing", reason: "not_worn" };

export const heartRate = (samples: readonly (readonly [number, number])[]): HeartRateInput => ({
  kind: "samples",
  timeBasis: "utc",
  samples: samples.map(([at, bpm]) => ({ time: start + at * 1000, bpm })),
});

export const input = (change: Partial<AssembleInput> = {}): AssembleInput => ({
  summary,
  tcx: noTcx,
  heartRate: noHeartRate,
  grantedScopes: grantScopes,
  ...change,
});

export const sessionOf = (canonical: CanonicalActivity): StandardizedSession =>
  canonical.standardizedActivity.sessions[0];

export const recordsOf = (canonical: CanonicalActivity): readonly StandardizedRecord[] =>
  sessionOf(canonical).laps.flatMap((lap) => lap.records ?? []);

/** A record with its time as seconds after `start`. */
export const seen = (canonical: CanonicalActivity) =>
  recordsOf(canonical).map(({ timestamp, ...rest }) => ({
    at: (Date.parse(timestamp) - start) / 1000,
    ...rest,
  }));

export const everySecond = (from: number, to: number, bpm = 130) =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, bpm] as const);

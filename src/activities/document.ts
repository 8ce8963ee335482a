// The activity document: what FitGlue reads of one exercise. Field names and enums are FitGlue's protojson (camelCase,
// enum names, RFC 3339 UTC, unset fields omitted); the outer fields are ours and fixed by the design page.

import type { ActivityType } from "../kernel/activity-types.ts";
import type { ActivityId, ConnectionId, ProviderName, SourceActivityId, UserId } from "../kernel/ids.ts";
import type { HeartRateZone, MissingReason, RecordedBy } from "../providers/port.ts";

export interface StandardizedRecord {
  readonly timestamp: string;
  readonly heartRate?: number;
  readonly altitude?: number;
  /** Degrees; both or neither. */
  readonly positionLat?: number;
  readonly positionLong?: number;
  /** Cumulative metres from the start. */
  readonly distance?: number;
}

export interface StandardizedLap {
  readonly startTime: string;
  readonly totalElapsedTime: number;
  readonly totalDistance?: number;
  readonly records?: readonly StandardizedRecord[];
  readonly intensity?: "warmup" | "active" | "recovery" | "cooldown";
}

export interface StandardizedSession {
  readonly startTime: string;
  readonly totalElapsedTime: number;
  readonly totalDistance?: number;
  readonly laps: readonly StandardizedLap[];
  readonly totalCalories?: number;
  readonly avgHeartRate?: number;
  readonly maxHeartRate?: number;
}

/** FitGlue's StandardizedActivity as protojson writes it; exactly one session. */
export interface StandardizedActivity {
  readonly source: "SOURCE_FITBIT";
  readonly externalId: string;
  readonly userId: string;
  readonly startTime: string;
  readonly name: string;
  readonly type: ActivityType;
  readonly sessions: readonly [StandardizedSession];
}

export type StreamReason = MissingReason | "one_minute_only" | "too_large" | "pending";

/** What one stream holds of what it should hold (rule 11). `coverage` 0 to 1. */
export interface StreamCompleteness {
  readonly state: "complete" | "partial" | "absent";
  readonly reason?: StreamReason;
  readonly coverage: number;
  readonly largestGapSeconds: number;
  readonly samples: number;
}

export interface Completeness {
  readonly gps: StreamCompleteness;
  readonly heartRate: StreamCompleteness;
}

/** The part that is hashed: everything without id, revision, times of ours, provider, connection and device. */
export interface CanonicalActivity {
  readonly title: string;
  readonly type: ActivityType;
  readonly recordedBy: RecordedBy;
  readonly startTime: string;
  readonly endTime: string;
  readonly utcOffsetSeconds: number;
  readonly elapsedSeconds: number;
  readonly activeSeconds: number;
  readonly distanceMeters?: number;
  readonly distanceSource?: "gps" | "steps" | "manual" | "unknown";
  readonly calories?: number;
  readonly steps?: number;
  readonly elevationGainMeters?: number;
  readonly averageHeartRate?: number;
  readonly maxHeartRate?: number;
  readonly heartRateZones?: readonly HeartRateZone[];
  readonly activeZoneMinutes?: number;
  readonly completeness: Completeness;
  /** Without `userId` and `externalId`, which name the link and the provider's id. */
  readonly standardizedActivity: Omit<StandardizedActivity, "userId" | "externalId">;
}

/** `GET /v1/activities/{id}`, and what R2 holds. */
export interface ActivityDocument extends Omit<CanonicalActivity, "standardizedActivity"> {
  readonly id: ActivityId;
  readonly revision: number;
  readonly userId: UserId;
  readonly connectionId: ConnectionId;
  readonly provider: ProviderName;
  readonly sourceActivityId: SourceActivityId;
  readonly device?: string;
  readonly updatedAt: string;
  readonly standardizedActivity: StandardizedActivity;
}

/** An activity in the feed: the document without its records. */
export type FeedActivity = Omit<ActivityDocument, "standardizedActivity">;

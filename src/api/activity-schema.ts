// The activity as the OpenAPI document describes it. The answers themselves are bytes from storage that nobody parses on the
// way out; that they keep to this is what the end-to-end tests check, answer by answer.

import { z } from "@hono/zod-openapi";
import { activityTypes } from "../kernel/activity-types.ts";
import { providerNames } from "../kernel/ids.ts";
import { timeOutput } from "./schemas.ts";

const reasons = [
  "no_gps",
  "scope_not_granted",
  "not_worn",
  "provider_has_none",
  "provider_refused",
  "provider_error",
  "one_minute_only",
  "too_large",
  "pending",
] as const;

export const streamCompletenessSchema = z
  .object({
    state: z.enum(["complete", "partial", "absent"]),
    reason: z.enum(reasons).optional().openapi({ description: "Why it is not complete." }),
    coverage: z.number().min(0).max(1).openapi({ description: "Part of the active time that has samples." }),
    largestGapSeconds: z.number().min(0),
    samples: z.int().min(0),
  })
  .openapi("StreamCompleteness");

const recordSchema = z.object({
  timestamp: timeOutput,
  heartRate: z.int().optional(),
  altitude: z.number().optional(),
  positionLat: z.number().min(-90).max(90).optional().openapi({ description: "Degrees." }),
  positionLong: z.number().min(-180).max(180).optional().openapi({ description: "Degrees." }),
  distance: z.number().optional().openapi({ description: "Metres from the start." }),
});

const lapSchema = z.object({
  startTime: timeOutput,
  totalElapsedTime: z.number(),
  totalDistance: z.number().optional(),
  records: z.array(recordSchema).optional(),
  intensity: z.enum(["warmup", "active", "recovery", "cooldown"]).optional(),
});

const sessionSchema = z.object({
  startTime: timeOutput,
  totalElapsedTime: z.number().positive(),
  totalDistance: z.number().optional(),
  laps: z.array(lapSchema),
  totalCalories: z.number().optional(),
  avgHeartRate: z.number().optional(),
  maxHeartRate: z.number().optional(),
});

const standardizedActivitySchema = z
  .object({
    source: z.literal("SOURCE_FITBIT"),
    externalId: z.string(),
    userId: z.string(),
    startTime: timeOutput,
    name: z.string(),
    type: z.enum(activityTypes),
    sessions: z.array(sessionSchema).length(1),
  })
  .openapi("StandardizedActivity");

const summaryFields = {
  id: z.string(),
  revision: z.int().min(1),
  userId: z.string(),
  connectionId: z.string(),
  provider: z.enum(providerNames),
  sourceActivityId: z.string().openapi({ description: "The provider's id, as text: it may exceed 2^53." }),
  title: z.string(),
  type: z.enum(activityTypes),
  recordedBy: z.enum(["tracker", "phone", "auto_detected", "manual", "other"]),
  device: z.string().optional(),
  startTime: timeOutput,
  endTime: timeOutput,
  utcOffsetSeconds: z.int(),
  elapsedSeconds: z.number(),
  activeSeconds: z.number(),
  distanceMeters: z.number().optional(),
  distanceSource: z.enum(["gps", "steps", "manual", "unknown"]).optional(),
  calories: z.number().optional(),
  steps: z.number().optional(),
  elevationGainMeters: z.number().optional(),
  averageHeartRate: z.number().optional(),
  maxHeartRate: z.number().optional(),
  heartRateZones: z
    .array(
      z.object({
        name: z.string(),
        minBpm: z
          .number()
          .optional()
          .openapi({ description: "Omitted where the provider does not tell it." }),
        maxBpm: z
          .number()
          .optional()
          .openapi({ description: "Omitted where the provider does not tell it." }),
        minutes: z.number(),
      }),
    )
    .optional(),
  activeZoneMinutes: z.number().optional(),
  completeness: z.object({ gps: streamCompletenessSchema, heartRate: streamCompletenessSchema }),
  updatedAt: timeOutput,
};

export const activitySchema = z
  .object({ ...summaryFields, standardizedActivity: standardizedActivitySchema })
  .openapi("Activity");

const upsertSchema = z
  .object({
    change: z.literal("upsert"),
    activity: z
      .object({ ...summaryFields, standardizedActivity: standardizedActivitySchema.optional() })
      .openapi("FeedActivity", { description: "With `include=standardizedActivity` the whole document." }),
    origin: z.enum(["live", "backfill", "sweep", "edit", "late_data"]),
    firstRevision: z
      .boolean()
      .openapi({ description: "False when it replaces a revision that may have been read." }),
  })
  .openapi("UpsertChange");

const deleteSchema = z
  .object({
    change: z.literal("delete"),
    activity: z.object({ id: z.string(), userId: z.string(), revision: z.int(), deletedAt: timeOutput }),
  })
  .openapi("DeleteChange");

export const feedSchema = z
  .object({
    changes: z.array(z.discriminatedUnion("change", [upsertSchema, deleteSchema])),
    nextPageToken: z.string().openapi({ description: "Always there: keep it and ask again later." }),
    hasMore: z.boolean(),
  })
  .openapi("Feed");

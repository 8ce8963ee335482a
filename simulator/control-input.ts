// What the control API accepts, as schemas; anything else is a 400 that says what is wrong and where.

import { z } from "zod";
import { faultSchema } from "./faults.ts";
import { googleSettingsSchema } from "./google-health/settings.ts";
import { jsonResponse } from "./json.ts";
import { isTimeZone, parseTimeWithOffset } from "./time-zone.ts";

export const accountSchema = z.strictObject({
  provider: z.enum(["fitbit", "google-health"], { error: "must be fitbit or google-health" }).optional(),
  legacyUserId: z.string().min(1).optional(),
  timezone: z.string().refine(isTimeZone, "must be an IANA time zone").optional(),
  age: z.int().min(13).max(110).optional(),
  displayName: z.string().min(1).max(100).optional(),
  wornAllDay: z.boolean().optional(),
  device: z.string().min(1).max(100).optional(),
});

export type AccountInput = z.infer<typeof accountSchema>;

const workoutFields = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  activityTypeId: z.int().min(1).optional(),
  startTime: z
    .string()
    .refine((value) => parseTimeWithOffset(value) !== null, "must be an RFC 3339 time with an offset")
    .optional(),
  durationSeconds: z.number().positive().max(172_800).optional(),
  gps: z.boolean().optional(),
  heartRate: z.boolean().optional(),
  laps: z.int().min(1).max(1000).optional(),
  logType: z.enum(["auto_detected", "tracker", "mobile_run", "manual", "fitstar"]).optional(),
  distanceMeters: z.number().min(0).max(10_000_000).optional(),
  steps: z.int().min(0).optional(),
  calories: z.int().min(0).optional(),
  elevationGainMeters: z.number().min(0).optional(),
  pauseSeconds: z.number().min(0).optional(),
  heartRateUntilSeconds: z.number().min(0).optional(),
  poolLengthMeters: z.number().positive().optional(),
  hasGps: z.boolean().optional(),
  platform: z.string().min(1).max(60).optional(),
  recordingMethod: z.string().min(1).max(60).optional(),
  exerciseType: z.string().min(1).max(100).optional(),
  displayName: z.string().min(1).max(200).optional(),
  inProgress: z.boolean().optional(),
  copyOf: z.string().min(1).optional(),
  copyShiftMilliseconds: z.int().min(-60_000).max(60_000).optional(),
});

export type WorkoutInput = z.infer<typeof workoutFields>;

const pauseFits = (input: WorkoutInput) => (input.pauseSeconds ?? 0) < (input.durationSeconds ?? 1800);
export const workoutSchema = workoutFields.refine(pauseFits, {
  path: ["pauseSeconds"],
  message: "must be shorter than the workout",
});
/** A copy is made once and stays one. */
export const workoutEditSchema = workoutFields.omit({ copyOf: true, copyShiftMilliseconds: true });

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, "must be yyyy-MM-dd");
const syncFields = {
  dates: z.array(day).max(1000).optional(),
  collections: z.array(z.string().min(1)).max(20).optional(),
};
export const syncSchema = z.strictObject(syncFields);
export const syncManySchema = z.strictObject({
  ...syncFields,
  providerUserIds: z.array(z.string()).min(1).max(1000),
});

export const faultsSchema = z.array(faultSchema).max(1000);
export const clockSchema = z.strictObject({ advanceSeconds: z.number().min(0).max(3_153_600_000) });

export const settingsSchema = z
  .strictObject({
    deliveryTimeoutSeconds: z.number().positive().max(60),
    retryAfterSeconds: z.array(z.number().min(0)).max(100),
    batchSize: z.int().min(1).max(1000),
    disableAfterFailures: z.int().min(0),
    requireVerification: z.boolean(),
    requireContentLength: z.boolean(),
    applicationType: z.enum(["server", "client"]),
    intradayAccess: z.boolean(),
    partialTcxNeedsIntraday: z.boolean(),
    oldAccessTokensDieOnRefresh: z.boolean(),
    refreshGraceSeconds: z.number().min(0),
    refreshGraceEndsOnUse: z.boolean(),
    requestsPerHour: z.int().min(0),
    hourResetDelaySeconds: z.number().min(0).max(3599),
    subscriptionConflictBody: z.enum(["subscription", "error"]),
    google: googleSettingsSchema,
  })
  .partial();

const fitbitNotificationSchema = z.strictObject({
  collectionType: z.string(),
  date: z.string(),
  ownerId: z.string(),
  ownerType: z.literal("user").default("user"),
  subscriptionId: z.string(),
});

// Whatever Google might say of an account: nothing in it has to make sense.
const googleNotificationSchema = z.strictObject({ data: z.record(z.string(), z.json()) });

/** Read as what it looks like, so that a refusal says what is wrong with that. */
const notificationSchema = z.unknown().transform((value, context) => {
  const looksGoogle = typeof value === "object" && value !== null && "data" in value;
  const schema = looksGoogle ? googleNotificationSchema : fitbitNotificationSchema;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    context.addIssue({ code: "custom", path, message, input: value });
  }
  return z.NEVER;
});

export const notificationsSchema = z.array(notificationSchema).min(1).max(1000);
export const mergeSchema = z.strictObject({ activityIds: z.array(z.string()).min(2).max(20) });

/** The body as the schema wants it, or the 400 to answer. An empty body counts as `{}`. */
export async function readInput<Value>(
  request: Request,
  schema: z.ZodType<Value>,
): Promise<Value | Response> {
  const text = await request.text();
  let body: unknown;
  try {
    body = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    return jsonResponse(400, { error: "The body is not JSON.", where: "body" });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.map(String).join(".") || "body";
  return jsonResponse(400, { error: `${where}: ${issue?.message ?? "invalid"}`, where });
}

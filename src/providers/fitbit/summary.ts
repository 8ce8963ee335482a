// One entry of the activity log as an ActivitySummary: SI units, absolute time, text ids. Only what names and places an
// activity is required; every other field that is missing or odd is left out, so that one strange field loses nothing else.
// It does not decide what an activity is called in FitGlue's enum.

import { z } from "zod";
import { asId, type SourceActivityId } from "../../kernel/ids.ts";
import type { ActivitySummary, HeartRateZone, RecordedBy } from "../port.ts";

/** `field` when it is what it should be, undefined when it is missing or anything else. */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const amount = z.number().nonnegative();
const heartRate = z.number().min(1).max(254);
/** A safe integer, or the digits of a larger one as `parseJson` leaves them. */
const idText = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String);
// Offset zero is printed as "Z" (observed); a time without any offset could not be placed.
const timeWithOffset = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));

const zoneShape = z.object({ name: z.string(), min: amount, max: amount, minutes: amount });

const entryShape = z.object({
  logId: idText,
  startTime: timeWithOffset,
  duration: lenient(amount),
  activeDuration: lenient(amount),
  lastModified: lenient(timeWithOffset),
  activityName: lenient(z.string().trim().min(1)),
  activityTypeId: lenient(idText),
  logType: lenient(z.string()),
  source: lenient(z.object({ name: lenient(z.string().trim().min(1)) })),
  distance: lenient(amount),
  distanceUnit: lenient(z.string()),
  calories: lenient(amount),
  steps: lenient(amount),
  elevationGain: lenient(z.number()),
  averageHeartRate: lenient(heartRate),
  heartRateZones: lenient(z.array(z.unknown())),
  heartRateLink: lenient(z.string().min(1)),
  activeZoneMinutes: lenient(z.object({ totalMinutes: amount })),
  hasGps: lenient(z.boolean()),
  poolLength: lenient(amount),
  manualValuesSpecified: lenient(z.object({ distance: lenient(z.boolean()) })),
});

type Entry = z.infer<typeof entryShape>;

export type SummaryReading =
  | { readonly ok: true; readonly summary: ActivitySummary }
  | { readonly ok: false; readonly sourceActivityId: SourceActivityId | null; readonly reason: string };

/** Reads one entry. A refusal names the fields that are wrong, never their values, and the id when it can be read. */
export function readSummary(entry: unknown): SummaryReading {
  const parsed = entryShape.safeParse(entry);
  if (parsed.success) return { ok: true, summary: summaryOf(parsed.data) };
  const id = z.object({ logId: idText }).safeParse(entry);
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "entry"));
  return {
    ok: false,
    sourceActivityId: id.success ? asId<SourceActivityId>(id.data.logId) : null,
    reason: `unreadable: ${[...fields].join(", ")}`,
  };
}

function summaryOf(entry: Entry): ActivitySummary {
  const recordedBy = recordedByOf(entry.logType);
  const durationMilliseconds = entry.duration ?? entry.activeDuration ?? 0;
  const distanceMeters = distanceInMeters(entry);
  return {
    sourceActivityId: asId<SourceActivityId>(entry.logId),
    version: entry.lastModified === undefined ? 0 : Date.parse(entry.lastModified),
    title: entry.activityName ?? "Workout",
    providerTypeId: entry.activityTypeId ?? null,
    startTime: Date.parse(entry.startTime),
    utcOffsetSeconds: offsetSeconds(entry.startTime),
    elapsedSeconds: durationMilliseconds / 1000,
    // Edited logs can keep an active duration from before the edit; it cannot exceed the wall clock.
    activeSeconds: Math.min(entry.activeDuration ?? durationMilliseconds, durationMilliseconds) / 1000,
    recordedBy,
    device: entry.source?.name ?? null,
    distanceMeters,
    distanceSource: distanceMeters === null ? null : distanceSourceOf(entry, recordedBy),
    calories: entry.calories ?? null,
    steps: entry.steps ?? null,
    elevationGainMeters: entry.elevationGain ?? null,
    averageHeartRate: entry.averageHeartRate ?? null,
    maxHeartRate: null, // Not in the log list; assembling takes it from the samples.
    heartRateZones: zonesOf(entry.heartRateZones ?? []),
    activeZoneMinutes: entry.activeZoneMinutes?.totalMinutes ?? null,
    gpsExpected: isGpsExpected(entry, recordedBy, distanceMeters),
    heartRateExpected: isHeartRateExpected(entry, recordedBy),
  };
}

/** The log types that Fitbit documents; "fitstar" and any later one are "other". */
function recordedByOf(logType: string | undefined): RecordedBy {
  switch (logType) {
    case "tracker":
    case "auto_detected":
    case "manual":
      return logType;
    case "mobile_run":
      return "phone";
    default:
      return "other";
  }
}

const metersPerUnit: Readonly<Record<string, number>> = {
  kilometer: 1000,
  mile: 1609.344,
  meter: 1,
  yard: 0.9144,
};

/**
 * Kilometres are what the pinned languages ask for and what an entry without a unit is read as (documented: metric unless
 * asked otherwise); a unit that is named but unknown leaves the distance out, because a guess would be off by a factor.
 */
function distanceInMeters(entry: Entry): number | null {
  if (entry.distance === undefined) return null;
  const meters = metersPerUnit[(entry.distanceUnit ?? "Kilometer").toLowerCase()];
  // To the millimetre: 5.502559 km is 5502.559 m, which the binary product misses by its last digits.
  return meters === undefined ? null : Math.round(entry.distance * meters * 1000) / 1000;
}

function distanceSourceOf(entry: Entry, recordedBy: RecordedBy): ActivitySummary["distanceSource"] {
  if (entry.manualValuesSpecified?.distance === true) return "manual";
  // The phone's recorder is GPS by nature; `hasGps: false` proves nothing (reference §3.3, community).
  if (entry.hasGps === true || recordedBy === "phone") return "gps";
  return recordedBy === "manual" ? "manual" : "unknown";
}

/** Kinds without a route however they were recorded: treadmill, spinning, elliptical, yoga, swims in lengths. */
const indoorTypeIds = new Set(["90019", "55001", "20047", "52001", "90024"]);

function isGpsExpected(entry: Entry, recordedBy: RecordedBy, distanceMeters: number | null): boolean {
  if (entry.hasGps === true) return true;
  if (entry.manualValuesSpecified?.distance === true || entry.poolLength !== undefined) return false;
  if (indoorTypeIds.has(entry.activityTypeId ?? "")) return false;
  if (/\b(treadmill|indoor|pool)\b/i.test(entry.activityName ?? "")) return false;
  return (
    (recordedBy === "tracker" || recordedBy === "phone") && distanceMeters !== null && distanceMeters > 0
  );
}

/**
 * A watch records the heart; a log typed in by hand or by a phone has it only if a watch was worn, and then the entry
 * says so with an average or a link (observed for manual and phone logs).
 */
function isHeartRateExpected(entry: Entry, recordedBy: RecordedBy): boolean {
  if (entry.averageHeartRate !== undefined || entry.heartRateLink !== undefined) return true;
  return recordedBy === "tracker" || recordedBy === "auto_detected";
}

function zonesOf(zones: readonly unknown[]): readonly HeartRateZone[] {
  return zones.flatMap((zone) => {
    const parsed = zoneShape.safeParse(zone);
    if (!parsed.success) return [];
    const { name, min, max, minutes } = parsed.data;
    return [{ name, minBpm: min, maxBpm: max, minutes }];
  });
}

function offsetSeconds(time: string): number {
  const match = /([+-])(\d{2}):?(\d{2})$/.exec(time);
  if (match === null) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60;
  return match[1] === "-" ? -seconds : seconds;
}

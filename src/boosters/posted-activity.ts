// The activity that FitGlue's pipeline posts: a StandardizedActivity of any source as protojson reads it, so camelCase or
// snake_case, null for absent. Only what the boosters need is looked at; the rest goes through untouched, because it is not
// ours. Records are checked by hand and not copied: there may be tens of thousands, and memory is what a Worker has least of.

import { z } from "zod";

const instantText = "an RFC 3339 date-time with its offset";
const instant = z.iso.datetime({ offset: true, error: instantText });
const amount = z.number().nonnegative();

export interface PostedRecord {
  readonly timestamp: string;
  /** Beats a minute; 0 is how protojson's writers say "none". */
  readonly heartRate?: number | undefined;
  readonly [field: string]: unknown;
}

const recordsSchema = z
  .custom<readonly PostedRecord[]>(Array.isArray, "a list of records")
  .superRefine((records: readonly unknown[], context) => {
    for (const [index, record] of records.entries()) {
      const fault = faultOf(record);
      if (fault === null) continue;
      context.addIssue({ code: "custom", message: fault.message, path: [index, ...fault.path] });
      return;
    }
  });

const lapSchema = z.looseObject({
  startTime: instant.optional(),
  totalElapsedTime: amount.optional(),
  records: recordsSchema.optional(),
});

const sessionSchema = z.looseObject({
  startTime: instant.optional(),
  totalElapsedTime: amount.optional(),
  avgHeartRate: amount.optional(),
  maxHeartRate: amount.optional(),
  laps: z.array(lapSchema).optional(),
});

const activityShape = z.looseObject({
  startTime: instant,
  externalId: z.string().optional(),
  name: z.string().optional(),
  type: z.string().optional(),
  sessions: z.array(sessionSchema).min(1, "at least one session"),
});

export type PostedLap = z.infer<typeof lapSchema>;
export type PostedSession = z.infer<typeof sessionSchema>;
export type PostedActivity = z.infer<typeof activityShape>;

/** Accepts both of protojson's spellings and answers camelCase. */
export const postedActivitySchema = z.preprocess(asProtojsonReads, activityShape);

interface Fault {
  readonly message: string;
  readonly path: readonly string[];
}

/** RFC 3339's form; whether the day exists is asked of `Date.parse`. */
const timestampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function faultOf(record: unknown): Fault | null {
  if (typeof record !== "object" || record === null) return { message: "a record", path: [] };
  const { timestamp, heartRate }: { timestamp?: unknown; heartRate?: unknown } = record;
  if (timestamp === undefined) return { message: "It is required.", path: ["timestamp"] };
  const isInstant =
    typeof timestamp === "string" && timestampForm.test(timestamp) && !Number.isNaN(Date.parse(timestamp));
  if (!isInstant) return { message: instantText, path: ["timestamp"] };
  const isBeats = heartRate === undefined || (typeof heartRate === "number" && heartRate >= 0);
  return isBeats ? null : { message: "beats a minute, or nothing", path: ["heartRate"] };
}

/** Which lists hold messages of the schema; names inside anything else are data and stay as they are. */
const nested = new Set(["sessions", "laps", "records"]);

/** Names in camelCase and no nulls, at every level that is a message. What stands so already is not copied. */
function asProtojsonReads(value: unknown): unknown {
  if (Array.isArray(value)) {
    const read = value.map(asProtojsonReads);
    return read.every((item, index) => item === value[index]) ? value : read;
  }
  if (typeof value !== "object" || value === null || isAsRead(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
      const camel = camelCase(name);
      if (field === null) return [];
      return [[camel, nested.has(camel) ? asProtojsonReads(field) : field]];
    }),
  );
}

/** Whether a message has neither nulls nor names to change, nor lists of messages that may have. */
function isAsRead(message: object): boolean {
  for (const name in message) {
    if (name.includes("_") || nested.has(name)) return false;
    if (message[name as keyof typeof message] === null) return false;
  }
  return true;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** All records of an activity, in the order in which they stand. */
export function recordsOf(activity: Pick<PostedActivity, "sessions">): PostedRecord[] {
  return activity.sessions.flatMap((session) => (session.laps ?? []).flatMap((lap) => lap.records ?? []));
}

/** A record's heart rate; null for none, which protojson's writers may send as 0. */
export function heartRateOf(record: PostedRecord): number | null {
  return record.heartRate === undefined || record.heartRate === 0 ? null : record.heartRate;
}

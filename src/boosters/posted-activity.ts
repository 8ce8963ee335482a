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
export const postedActivitySchema = z.preprocess((value) => asProtojsonReads(value), activityShape);

interface Fault {
  readonly message: string;
  readonly path: readonly string[];
}

const timestampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339. `Date.parse` refuses the 32nd of a month and takes its 31st for the next one's first. */
function isInstant(text: unknown): boolean {
  if (typeof text !== "string" || !timestampForm.test(text) || Number.isNaN(Date.parse(text))) return false;
  const day = Number(text.slice(8, 10));
  return day <= 28 || new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === day;
}

function faultOf(record: unknown): Fault | null {
  if (typeof record !== "object" || record === null) return { message: "a record", path: [] };
  const { timestamp, heartRate }: { timestamp?: unknown; heartRate?: unknown } = record;
  if (timestamp === undefined) return { message: "It is required.", path: ["timestamp"] };
  if (!isInstant(timestamp)) return { message: instantText, path: ["timestamp"] };
  const isBeats = heartRate === undefined || (typeof heartRate === "number" && heartRate >= 0);
  return isBeats ? null : { message: "beats a minute, or nothing", path: ["heartRate"] };
}

/** Which list of a message holds messages of the schema, from the activity down; anything else is data and stays as it is. */
const nestedLists = ["sessions", "laps", "records"] as const;

/** Names in camelCase and no nulls, at every level that is a message. What stands so already is not copied. */
function asProtojsonReads(value: unknown, level = 0): unknown {
  const nested = nestedLists[level];
  if (typeof value !== "object" || value === null || Array.isArray(value) || isAsRead(value, nested)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
      const camel = camelCase(name);
      if (field === null) return [];
      return [[camel, camel === nested ? listAsProtojsonReads(field, level + 1) : field]];
    }),
  );
}

function listAsProtojsonReads(list: unknown, level: number): unknown {
  if (!Array.isArray(list)) return list;
  const read = list.map((item) => asProtojsonReads(item, level));
  return read.every((item, index) => item === list[index]) ? list : read;
}

/** Whether a message has neither nulls nor names to change, nor a list of messages that may have. */
function isAsRead(message: object, nested: string | undefined): boolean {
  for (const name in message) {
    if (name.includes("_") || name === nested) return false;
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

// What one activity's page tells: the user's own row, the entry that the feed shows of it, and its laps. The records stay in
// the document: the page's script fetches that by itself, and the Worker only cuts them out to find the laps between them.

import { and, eq } from "drizzle-orm";
import type { FeedActivity, StandardizedLap } from "../activities/document.ts";
import { openObject } from "../activities/documents.ts";
import type { ActivityRow } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";
import { activities } from "../db/schema.ts";
import { type ActivityId, asId, type UserId } from "../kernel/ids.ts";

export interface ActivityOverview {
  readonly row: ActivityRow;
  /** The document without its records. */
  readonly activity: FeedActivity;
  /** Null when the document is not to be had: replaced or erased a moment ago, or lost. */
  readonly laps: readonly Lap[] | null;
}

export type Lap = Omit<StandardizedLap, "records">;

/** The user's own row, a tombstone too, or null: no such id, or another user's. One read by the key. */
export async function readOwnActivity(env: Env, userId: UserId, id: string): Promise<ActivityRow | null> {
  const row = await databaseFor(env, userId)
    .select()
    .from(activities)
    .where(and(eq(activities.id, asId<ActivityId>(id)), eq(activities.userId, userId)))
    .get();
  return row ?? null;
}

/** Everything below the title; null for a tombstone. */
export async function readActivityOverview(env: Env, row: ActivityRow): Promise<ActivityOverview | null> {
  if (row.entry === null || row.documentKey === null || row.deletedAt !== null) return null;
  const body = await openObject(env.DOCUMENTS, row.documentKey);
  const text = body === null ? null : await new Response(body).text();
  return {
    row,
    activity: JSON.parse(row.entry) as FeedActivity,
    laps: text === null ? null : lapsOf(text),
  };
}

/**
 * The laps of a document's JSON without their records. Ten hours hold 36,000 of those: they are cut out of the text before it is
 * parsed. That is sound because a record holds numbers and one time, so the first `]` ends the list, and because a text that
 * somebody wrote cannot hold `"records":[`: its quotation marks are escaped.
 */
export function lapsOf(document: string): Lap[] {
  const withoutRecords = document.replaceAll(/,?"records":\[[^\]]*\]/g, "");
  const { standardizedActivity } = JSON.parse(withoutRecords) as {
    standardizedActivity: { sessions: readonly { laps: readonly Lap[] }[] };
  };
  return standardizedActivity.sessions.flatMap(({ laps }) => laps);
}

// What one activity's page tells: the user's own row, the entry that the feed shows of it, and its laps. The records stay in
// the document: the page's script fetches that by itself, and the Worker only looks for the laps between them.

import { and, eq } from "drizzle-orm";
import type { FeedActivity } from "../activities/document.ts";
import { openObject } from "../activities/documents.ts";
import type { ActivityRow } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";
import { activities } from "../db/schema.ts";
import { type ActivityId, asId, type UserId } from "../kernel/ids.ts";
import { type Lap, lapsOf } from "./activity-laps.ts";

export interface ActivityOverview {
  readonly row: ActivityRow;
  /** The document without its records. */
  readonly activity: FeedActivity;
  /** Null when the document is not to be had: replaced or erased a moment ago, or lost. */
  readonly laps: readonly Lap[] | null;
}

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

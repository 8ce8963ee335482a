// The writing side of activities: one D1 transaction that gives a revision its place in the feed. Every statement is
// conditional on the holder's fence, because a batch does not stop when one of them matches nothing (rule 3).

import { and, between, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/databases.ts";
import { activities, activityAliases, connections, type FeedOrigin, feedCounter } from "../db/schema.ts";
import type { ActivityType } from "../kernel/activity-types.ts";
import {
  type ActivityId,
  asId,
  type ConnectionId,
  hashedText,
  type ProviderName,
  type ProviderUserId,
  type SourceActivityId,
} from "../kernel/ids.ts";

export type ActivityRow = typeof activities.$inferSelect;

/** Who writes, and under which fence. */
export interface Writer {
  readonly database: Database;
  readonly connectionId: ConnectionId;
  readonly fence: number;
}

/**
 * Raises the connection's fence to the writer's, before anything is written; false when a newer holder has raised it higher, or
 * when the connection stands for another account by now: one that has not heard of it yet must not raise its fence above the
 * successor's.
 */
export async function raiseFence(
  writer: Writer,
  account: { readonly provider: ProviderName; readonly providerUserId: ProviderUserId },
): Promise<boolean> {
  const result = await writer.database
    .update(connections)
    .set({ fence: writer.fence })
    .where(
      and(
        mayRaise(writer),
        eq(connections.provider, account.provider),
        eq(connections.providerUserId, account.providerUserId),
      ),
    );
  return result.meta.changes > 0;
}

function raiseStatement(writer: Writer) {
  return writer.database.update(connections).set({ fence: writer.fence }).where(mayRaise(writer));
}

function mayRaise(writer: Writer) {
  return sql`${connections.id} = ${writer.connectionId} AND ${connections.fence} <= ${writer.fence}`;
}

/** Whether the first statement of a batch, which raises the fence, found the writer to be the newest holder. */
function wasRaised(results: readonly D1Result[]): boolean {
  return (results[0]?.meta.changes ?? 0) > 0;
}

/** True, as SQL, while the writer's fence is the connection's. */
function fenceStands(writer: Writer) {
  return sql`EXISTS (SELECT 1 FROM connections WHERE id = ${writer.connectionId} AND fence = ${writer.fence})`;
}

/** Raises the feed's counter by one in the same transaction; the next statement reads it. */
function nextSequence(writer: Writer) {
  return sql`INSERT INTO feed_counter (id, value) SELECT 1, 1 WHERE ${fenceStands(writer)} ON CONFLICT (id) DO UPDATE SET value = value + 1`;
}

const newestSequence = sql`(SELECT value FROM feed_counter WHERE id = 1)`;

/** The id of a provider's activity: the one its alias names, or one derived from the connection and the provider's id. */
export async function activityIdFor(
  database: Database,
  connectionId: ConnectionId,
  provider: ProviderName,
  sourceActivityId: SourceActivityId,
): Promise<ActivityId> {
  const [alias] = await database
    .select({ activityId: activityAliases.activityId })
    .from(activityAliases)
    .where(
      and(
        eq(activityAliases.connectionId, connectionId),
        eq(activityAliases.provider, provider),
        eq(activityAliases.sourceActivityId, sourceActivityId),
      ),
    );
  if (alias !== undefined) return alias.activityId;
  return asId<ActivityId>(`act_${await hashedText([connectionId, provider, sourceActivityId])}`);
}

export async function readActivity(database: Database, id: ActivityId): Promise<ActivityRow | null> {
  const [row] = await database.select().from(activities).where(eq(activities.id, id));
  return row ?? null;
}

/** Rows of a connection by the provider's ids. */
export async function readActivitiesBySource(
  database: Database,
  connectionId: ConnectionId,
  ids: readonly SourceActivityId[],
): Promise<ActivityRow[]> {
  const rows: ActivityRow[] = [];
  for (let from = 0; from < ids.length; from += 80) {
    rows.push(
      ...(await database
        .select()
        .from(activities)
        .where(
          and(
            eq(activities.connectionId, connectionId),
            inArray(activities.sourceActivityId, ids.slice(from, from + 80)),
          ),
        )),
    );
  }
  return rows;
}

/** A revision to be written: all columns but those that the transaction itself decides. */
export type ActivityWrite = Omit<ActivityRow, "sequence"> & {
  readonly origin: FeedOrigin;
  /** The place in the feed that the revision was counted from; null for an activity that was not in it. */
  readonly sequenceBefore: number | null;
};

/**
 * Writes a revision. `enter` gives it the next place in the feed; otherwise it keeps the one it has (none while it settles).
 * Answers false when the writer has lost its lease, or the activity has entered the feed meanwhile without one
 * (`admitOverdue`), so that the revision's number is taken: then nothing was written.
 */
export async function writeActivity(writer: Writer, row: ActivityWrite, enter: boolean): Promise<boolean> {
  const { database } = writer;
  const stands = fenceStands(writer);
  const columns = {
    connectionId: row.connectionId,
    userId: row.userId,
    provider: row.provider,
    sourceActivityId: row.sourceActivityId,
    providerVersion: row.providerVersion,
    revision: row.revision,
    contentHash: row.contentHash,
    startTime: row.startTime,
    endTime: row.endTime,
    entry: row.entry,
    documentKey: row.documentKey,
    sourcesKey: row.sourcesKey,
    tcxKey: row.tcxKey,
    gpsSamples: row.gpsSamples,
    heartRateSamples: row.heartRateSamples,
    firstSeenAt: row.firstSeenAt,
    settlesAt: row.settlesAt,
    origin: row.origin,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
  };
  const upsert = database
    .update(activities)
    .set(enter ? { ...columns, sequence: newestSequence } : columns)
    .where(and(eq(activities.id, row.id), sql`${activities.sequence} IS ${row.sequenceBefore}`, stands));
  const results = await runBatch(database, [
    raiseStatement(writer),
    sql`INSERT OR IGNORE INTO activity_aliases (connection_id, provider, source_activity_id, activity_id) SELECT ${row.connectionId}, ${row.provider}, ${row.sourceActivityId}, ${row.id} WHERE ${stands}`,
    // A bare row first, so that the one update below serves new and known activities alike.
    sql`INSERT OR IGNORE INTO activities (id, connection_id, user_id, provider, source_activity_id, provider_version, revision, content_hash, start_time, end_time, first_seen_at, origin, updated_at) SELECT ${row.id}, ${row.connectionId}, ${row.userId}, ${row.provider}, ${row.sourceActivityId}, 0, 0, '', 0, 0, ${row.firstSeenAt}, ${row.origin}, ${row.updatedAt} WHERE ${stands}`,
    ...(enter ? [nextSequence(writer)] : []),
    upsert,
  ]);
  return wasRaised(results) && (results.at(-1)?.meta.changes ?? 0) > 0;
}

/** Takes note of what changes nothing visible: a newer version at the provider with the same content. */
export async function noteVersion(
  writer: Writer,
  id: ActivityId,
  change: { providerVersion: number; sourcesKey: string | null; tcxKey: string | null },
): Promise<boolean> {
  const results = await runBatch(writer.database, [
    raiseStatement(writer),
    writer.database
      .update(activities)
      .set(change)
      .where(and(eq(activities.id, id), fenceStands(writer))),
  ]);
  return wasRaised(results);
}

/**
 * Lets another of the provider's ids, or another provider's, stand for an activity. Nothing that a reader sees changes: no
 * revision, no place in the feed. False when the writer has lost its lease.
 */
export async function adoptSource(
  writer: Writer,
  source: {
    readonly activityId: ActivityId;
    readonly provider: ProviderName;
    readonly sourceActivityId: SourceActivityId;
    readonly providerVersion: number;
  },
): Promise<boolean> {
  const stands = fenceStands(writer);
  const { activityId, ...columns } = source;
  const results = await runBatch(writer.database, [
    raiseStatement(writer),
    sql`INSERT OR REPLACE INTO activity_aliases (connection_id, provider, source_activity_id, activity_id) SELECT ${writer.connectionId}, ${source.provider}, ${source.sourceActivityId}, ${activityId} WHERE ${stands}`,
    writer.database
      .update(activities)
      .set(columns)
      .where(and(eq(activities.id, activityId), eq(activities.connectionId, writer.connectionId), stands)),
  ]);
  return wasRaised(results);
}

/** Turns an activity into a tombstone at the next place of the feed; one that never entered the feed just goes. */
export async function deleteActivity(writer: Writer, row: ActivityRow, now: number): Promise<boolean> {
  const { database } = writer;
  const stands = fenceStands(writer);
  if (row.sequence === null) {
    const results = await runBatch(database, [
      raiseStatement(writer),
      database.delete(activities).where(and(eq(activities.id, row.id), isNull(activities.sequence), stands)),
    ]);
    return wasRaised(results);
  }
  const results = await runBatch(database, [
    raiseStatement(writer),
    nextSequence(writer),
    database
      .update(activities)
      .set({
        revision: row.revision + 1,
        sequence: newestSequence,
        entry: null,
        documentKey: null,
        sourcesKey: null,
        tcxKey: null,
        contentHash: "",
        updatedAt: now,
        deletedAt: now,
        settlesAt: null,
      })
      .where(and(eq(activities.id, row.id), stands)),
  ]);
  return wasRaised(results);
}

/** The newest sequence number given out in a database; 0 before the first. */
export async function readNewestSequence(database: Database): Promise<number> {
  const [row] = await database.select({ value: feedCounter.value }).from(feedCounter);
  return row?.value ?? 0;
}

/** What is stored of a connection's activities that began in a window, for comparing with a list. One indexed read. */
export async function readIndex(
  database: Database,
  connectionId: ConnectionId,
  window: { readonly start: number; readonly end: number },
) {
  const rows = await database
    .select({
      id: activities.id,
      provider: activities.provider,
      sourceActivityId: activities.sourceActivityId,
      providerVersion: activities.providerVersion,
      startTime: activities.startTime,
      endTime: activities.endTime,
      type: sql<ActivityType | null>`json_extract(${activities.entry}, '$.type')`,
      sequence: activities.sequence,
      deletedAt: activities.deletedAt,
    })
    .from(activities)
    .where(
      and(
        eq(activities.connectionId, connectionId),
        between(activities.startTime, window.start - 2 * 86_400_000, window.end),
      ),
    );
  return rows.map(({ deletedAt, sequence, ...row }) => ({
    ...row,
    isInFeed: sequence !== null,
    deleted: deletedAt !== null,
  }));
}

/**
 * Lets activities into the feed whose settling should have ended before `before`: their last look was lost with a
 * connection that stopped. What stands in the row is complete as it is, so neither lease nor provider is needed; the row's
 * own state is the condition. Answers how many entered.
 */
export async function admitOverdue(database: Database, before: number, limit: number): Promise<number> {
  const rows = await database
    .select({ id: activities.id, contentHash: activities.contentHash })
    .from(activities)
    .where(and(isNull(activities.sequence), lt(activities.settlesAt, before), isNull(activities.deletedAt)))
    .limit(limit);
  for (const row of rows) {
    const unchanged = sql`id = ${row.id} AND content_hash = ${row.contentHash} AND sequence IS NULL`;
    await runBatch(database, [
      sql`INSERT INTO feed_counter (id, value) SELECT 1, 1 WHERE EXISTS (SELECT 1 FROM activities WHERE ${unchanged}) ON CONFLICT (id) DO UPDATE SET value = value + 1`,
      sql`UPDATE activities SET sequence = ${newestSequence}, settles_at = NULL WHERE ${unchanged}`,
    ]);
  }
  return rows.length;
}

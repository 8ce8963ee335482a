// The feed as its readers see it: every change after a place, each at its newest revision, in the order in which they were
// committed. D1 gives out sequence numbers inside the transaction that writes, so nothing appears behind a reader's back.
// Rows hold their entry as JSON text and R2 whole documents; both are spliced into the answer, and neither is parsed.

import { allDatabases, databaseIndex } from "../db/databases.ts";
import type { FeedOrigin } from "../db/schema.ts";
import type { ActivityId, UserId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import { openObject } from "./documents.ts";

/** With documents a page holds at most this many changes, and about this many bytes of documents. */
export const embeddedDocumentsAtMost = 10;
export const embeddedBytesAtMost = 8 * 1024 * 1024;

export interface FeedRequest {
  /** From the page token: one position for each database. */
  readonly positions: readonly number[];
  /** From `newestSequences`, read before: a database whose newest is no further than the position is not asked again. */
  readonly newest: readonly number[];
  readonly userId: UserId | null;
  readonly limit: number;
  readonly withDocuments: boolean;
}

export interface FeedPage {
  /** JSON text, one a change; UTF-8 where a document was spliced in. */
  readonly changes: readonly (string | Uint8Array<ArrayBuffer>)[][];
  readonly positions: readonly number[];
  readonly hasMore: boolean;
}

interface FeedRow {
  readonly id: ActivityId;
  readonly userId: UserId;
  readonly revision: number;
  readonly sequence: number;
  readonly entry: string | null;
  readonly origin: FeedOrigin;
  readonly deletedAt: number | null;
  readonly documentKey: string | null;
}

const columns = `id, user_id AS userId, revision, sequence, entry, origin, deleted_at AS deletedAt, document_key AS documentKey`;

/**
 * The newest sequence number of each database, for one user where that is the filter; 0 where there is none, and for
 * databases that do not hold the user. One indexed read a database: the counter's row, or the end of the user's index.
 * A user's own newest serves, because tombstones stay: it never falls.
 */
export async function newestSequences(env: Env, userId: UserId | null): Promise<number[]> {
  const only = userId === null ? null : databaseIndex(env, userId);
  return Promise.all(
    allDatabases(env).map(async ({ $client }, index) => {
      if (only !== null && only !== index) return 0;
      const statement =
        userId === null
          ? $client.prepare("SELECT value AS newest FROM feed_counter WHERE id = 1")
          : $client.prepare("SELECT max(sequence) AS newest FROM activities WHERE user_id = ?1").bind(userId);
      return (await statement.first<number>("newest")) ?? 0;
    }),
  );
}

/** The changes after `positions`, one database after the other, and the place behind the last of them. */
export async function readFeed(env: Env, request: FeedRequest): Promise<FeedPage> {
  const databases = allDatabases(env);
  const positions = databases.map((_, index) => request.positions[index] ?? 0);
  const limit = request.withDocuments ? Math.min(request.limit, embeddedDocumentsAtMost) : request.limit;
  const changes: (string | Uint8Array<ArrayBuffer>)[][] = [];
  let embeddedBytes = 0;

  for (const [index, { $client }] of databases.entries()) {
    if ((request.newest[index] ?? 0) <= (positions[index] ?? 0)) continue;
    const room = limit - changes.length;
    // One more than fits tells whether there is more.
    const rows = await readRows($client, positions[index] ?? 0, request.userId, room + 1);
    for (const row of rows.slice(0, room)) {
      const change = request.withDocuments ? await withDocument(env, $client, row) : changeOf(row, row.entry);
      const bytes = change === null ? 0 : documentBytes(change);
      // The first document goes out whatever its size: a page without one would never move on.
      if (embeddedBytes > 0 && embeddedBytes + bytes > embeddedBytesAtMost) {
        return { changes, positions, hasMore: true };
      }
      embeddedBytes += bytes;
      if (change !== null) changes.push(change);
      positions[index] = row.sequence;
    }
    if (rows.length > room) return { changes, positions, hasMore: true };
  }
  return { changes, positions, hasMore: false };
}

async function readRows(
  database: D1Database,
  after: number,
  userId: UserId | null,
  limit: number,
): Promise<FeedRow[]> {
  const statement =
    userId === null
      ? database
          .prepare(`SELECT ${columns} FROM activities WHERE sequence > ?1 ORDER BY sequence LIMIT ?2`)
          .bind(after, limit)
      : database
          .prepare(
            `SELECT ${columns} FROM activities WHERE user_id = ?3 AND sequence > ?1 ORDER BY sequence LIMIT ?2`,
          )
          .bind(after, limit, userId);
  return (await statement.all<FeedRow>()).results;
}

/** A change around the activity's JSON, which is text from D1 or bytes from R2; null where there is none. */
function changeOf(
  row: FeedRow,
  activity: string | Uint8Array<ArrayBuffer> | null,
): (string | Uint8Array<ArrayBuffer>)[] | null {
  if (row.deletedAt !== null) {
    const { id, userId, revision } = row;
    const deletedAt = new Date(row.deletedAt).toISOString();
    return [JSON.stringify({ change: "delete", activity: { id, userId, revision, deletedAt } })];
  }
  if (activity === null) {
    // The store never writes this. Telling a deletion would be a lie, so the row is passed over and reported.
    log("error", "feed.entry_missing", { activityId: row.id });
    return null;
  }
  const rest = `,"origin":${JSON.stringify(row.origin)},"firstRevision":${row.revision === 1}}`;
  return ['{"change":"upsert","activity":', activity, rest];
}

/**
 * A change with its whole document. Between the row and the document the activity may have changed: then the row is read
 * once more, and if it stands further on in the feed it is left for there (`null`).
 */
async function withDocument(
  env: Env,
  database: D1Database,
  row: FeedRow,
): Promise<(string | Uint8Array<ArrayBuffer>)[] | null> {
  if (row.deletedAt !== null || row.documentKey === null) return changeOf(row, row.entry);
  const document = await readDocument(env.DOCUMENTS, row.documentKey);
  if (document !== null) return changeOf(row, document);

  const now = await database
    .prepare(`SELECT ${columns} FROM activities WHERE id = ?1`)
    .bind(row.id)
    .first<FeedRow>();
  if (now === null || now.sequence !== row.sequence) return null;
  const again = now.documentKey === null ? null : await readDocument(env.DOCUMENTS, now.documentKey);
  if (again !== null) return changeOf(now, again);
  // The document is lost. The entry still tells what it was, and a reader is not held up for ever.
  log("error", "feed.document_missing", { activityId: row.id });
  return changeOf(row, row.entry);
}

async function readDocument(bucket: R2Bucket, key: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const body = await openObject(bucket, key);
  return body === null ? null : new Uint8Array(await new Response(body).arrayBuffer());
}

function documentBytes(change: readonly (string | Uint8Array)[]): number {
  return change.reduce((sum, part) => sum + (typeof part === "string" ? 0 : part.length), 0);
}

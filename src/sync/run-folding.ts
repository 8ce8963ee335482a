// Keeps Activity History short: runs go after 90 days, and yesterday's runs that changed nothing fold into one a connection
// and day, which says how much they listed and what they cost.

import { sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/databases.ts";

const dayMilliseconds = 24 * 3_600_000;
const keepDays = 90;

/** Folds and deletes. Both statements may be repeated without changing anything further. */
export async function foldRuns(database: Database, now: number): Promise<void> {
  const until = now - dayMilliseconds;
  const unchanged = sql`status = 'succeeded' AND created = 0 AND updated = 0 AND deleted = 0 AND ended_at IS NOT NULL`;
  const day = sql`(started_at / ${dayMilliseconds})`;
  await runBatch(database, [
    // The newest of a day takes in what the others listed and spent …
    sql`
      UPDATE sync_runs SET listed = folded.listed, calls_spent = folded.calls
      FROM (
        SELECT connection_id AS connection, ${day} AS day, max(started_at) AS newest, sum(listed) AS listed,
          sum(calls_spent) AS calls
        FROM sync_runs WHERE ${unchanged} AND started_at < ${until} AND started_at >= ${until - 3 * dayMilliseconds}
        GROUP BY connection_id, ${day} HAVING count(*) > 1
      ) AS folded
      WHERE sync_runs.connection_id = folded.connection AND sync_runs.started_at = folded.newest AND ${unchanged}`,
    // … and the others go.
    sql`
      DELETE FROM sync_runs WHERE id IN (
        SELECT older.id FROM sync_runs AS older
        WHERE older.started_at < ${until} AND older.started_at >= ${until - 3 * dayMilliseconds}
          AND older.status = 'succeeded' AND older.created = 0 AND older.updated = 0 AND older.deleted = 0
          AND older.ended_at IS NOT NULL
          AND EXISTS (
            SELECT 1 FROM sync_runs AS newer
            WHERE newer.connection_id = older.connection_id
              AND newer.started_at / ${dayMilliseconds} = older.started_at / ${dayMilliseconds}
              AND newer.status = 'succeeded' AND newer.created = 0 AND newer.updated = 0 AND newer.deleted = 0
              AND newer.ended_at IS NOT NULL
              AND (newer.started_at > older.started_at OR (newer.started_at = older.started_at AND newer.id > older.id))
          )
      )`,
    sql`DELETE FROM sync_runs WHERE started_at < ${now - keepDays * dayMilliseconds}`,
  ]);
}

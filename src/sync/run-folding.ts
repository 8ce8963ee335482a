// Keeps Activity History short and true: yesterday's runs that changed nothing fold into one a connection and day, which says
// how much they listed and what they cost; a run whose holder never came back is closed; all go after 90 days.

import { sql } from "drizzle-orm";
import { type Database, runBatch } from "../db/databases.ts";

const dayMilliseconds = 24 * 3_600_000;
const keepDays = 90;
/** Runs are folded within these days before yesterday; older ones were folded by an earlier tick. */
const foldDays = 3;

/** Closes, folds and deletes. Every statement may be repeated without changing anything further. */
export async function foldRuns(database: Database, now: number): Promise<void> {
  const until = now - dayMilliseconds;
  const from = until - foldDays * dayMilliseconds;
  await runBatch(database, [
    // A backfill may take days; it is over only when its connection no longer works. Bounded below like the folding, because
    // the index is of times and would else be read for all 90 days at every tick; a connection that ends closes its runs itself.
    sql`
      UPDATE sync_runs SET status = 'failed', ended_at = ${now}, error_code = 'interrupted',
        error_message = 'The sync ended before its time. What it had not done was done by a later one.'
      WHERE status IN ('queued', 'running') AND started_at < ${until} AND started_at >= ${from} AND (
        trigger <> 'backfill'
        OR NOT EXISTS (SELECT 1 FROM connections WHERE id = sync_runs.connection_id AND status = 'active'))`,
    // The newest of a day takes in what the others listed and spent …
    sql`
      WITH ${quietRuns(from, until)}
      UPDATE sync_runs SET listed = folded.listed, calls_spent = folded.calls
      FROM (SELECT max(id) FILTER (WHERE place = 1) AS newest, sum(listed) AS listed, sum(calls) AS calls
            FROM quiet GROUP BY connection, day HAVING count(*) > 1) AS folded
      WHERE sync_runs.id = folded.newest`,
    // … and the others go.
    sql`WITH ${quietRuns(from, until)} DELETE FROM sync_runs WHERE id IN (SELECT id FROM quiet WHERE place > 1)`,
    sql`DELETE FROM sync_runs WHERE started_at < ${now - keepDays * dayMilliseconds}`,
  ]);
}

/**
 * Runs that changed nothing, numbered within their connection and day from the newest. D1 binds every number as a real one,
 * with which a division keeps its fraction, so the length of a day stands in the text.
 */
function quietRuns(from: number, until: number) {
  const day = sql.raw(`(started_at / ${dayMilliseconds})`);
  return sql`quiet AS (
    SELECT id, connection_id AS connection, ${day} AS day, listed, calls_spent AS calls,
      row_number() OVER (PARTITION BY connection_id, ${day} ORDER BY started_at DESC, id DESC) AS place
    FROM sync_runs
    WHERE status = 'succeeded' AND created = 0 AND updated = 0 AND deleted = 0 AND ended_at IS NOT NULL
      AND started_at < ${until} AND started_at >= ${from})`;
}

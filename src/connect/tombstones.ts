// Turning a connection's activities into tombstones in one D1 batch (rule 14). Feed readers learn of every deletion, and
// what an activity was is gone from D1 with this statement; what stands in R2 goes with the erase job.

import type { ConnectionId } from "../kernel/ids.ts";

/**
 * The statements of the batch, in order: a transaction. The fence is raised first, so that a sync under way writes
 * nothing behind it; the counter moves by as many as there will be entries, and the entries take the numbers below it.
 * An activity that still settled was never seen by a reader and leaves no trace.
 */
export function tombstoneStatements(
  database: D1Database,
  connectionId: ConnectionId,
  now: number,
): D1PreparedStatement[] {
  const visible = "connection_id = ?1 AND sequence IS NOT NULL AND deleted_at IS NULL";
  return [
    database
      .prepare("UPDATE connections SET fence = max(fence + 1, ?2) WHERE id = ?1")
      .bind(connectionId, now),
    database
      .prepare(
        `INSERT INTO feed_counter (id, value)
         SELECT 1, count(*) FROM activities WHERE ${visible}
         ON CONFLICT (id) DO UPDATE SET value = value + excluded.value`,
      )
      .bind(connectionId),
    database
      .prepare(
        `UPDATE activities SET
           sequence = numbered.next, revision = revision + 1, deleted_at = ?2, updated_at = ?2, settles_at = NULL,
           entry = NULL, content_hash = '', document_key = NULL, sources_key = NULL, tcx_key = NULL,
           start_time = 0, end_time = 0, gps_samples = 0, heart_rate_samples = 0
         FROM (
           SELECT id AS activity_id,
                  (SELECT value FROM feed_counter WHERE id = 1) - count(*) OVER ()
                    + row_number() OVER (ORDER BY sequence) AS next
           FROM activities WHERE ${visible}
         ) AS numbered
         WHERE activities.id = numbered.activity_id`,
      )
      .bind(connectionId, now),
    database
      .prepare("DELETE FROM activities WHERE connection_id = ?1 AND sequence IS NULL AND deleted_at IS NULL")
      .bind(connectionId),
  ];
}

// The objects in R2 that an activity of the feed consists of, by its public id.

import { allDatabases } from "../db/databases.ts";

export interface ActivityFiles {
  readonly id: string;
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** R2 key of the gzipped document. */
  readonly documentKey: string;
  /** R2 key of the gzipped TCX as the provider sent it; null where it sent none. */
  readonly tcxKey: string | null;
}

/** The newest revision of an activity as the feed has it; null for one that settles, was deleted or never was. */
export async function findActivityFiles(env: Env, id: string): Promise<ActivityFiles | null> {
  for (const { $client } of allDatabases(env)) {
    const row = await $client
      .prepare(
        `SELECT id, revision, start_time AS startTime, document_key AS documentKey, tcx_key AS tcxKey FROM activities
         WHERE id = ?1 AND sequence IS NOT NULL AND deleted_at IS NULL AND document_key IS NOT NULL`,
      )
      .bind(id)
      .first<ActivityFiles>();
    if (row !== null) return row;
  }
  return null;
}

// Deletes R2 objects that no row names: what an old holder put after it had lost its lease, and what a newer revision has
// replaced (rule 3). A few hundred a tick; the cursor says where the next tick goes on.

import { eq, inArray } from "drizzle-orm";

import type { Database } from "../db/databases.ts";
import { allDatabases } from "../db/databases.ts";
import { activities, chores } from "../db/schema.ts";
import { type ActivityId, asId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { SyncContext } from "./context.ts";

const choreName = "orphans";
const objectsPerTick = 200;
/** Younger objects may belong to a sync that has not written its row yet. */
const youngestMilliseconds = 24 * 3_600_000;

export async function sweepOrphans(context: SyncContext, database: Database): Promise<void> {
  const databases = allDatabases(context.env);
  // One bucket for all databases: the first one's tick does it.
  if (databases[0] !== database) return;
  const [chore] = await database.select().from(chores).where(eq(chores.name, choreName));
  const listed = await context.env.DOCUMENTS.list({
    limit: objectsPerTick,
    ...(chore?.cursor === null || chore === undefined ? {} : { cursor: chore.cursor }),
  });
  const old = listed.objects.filter(
    (object) => Date.now() - object.uploaded.getTime() > youngestMilliseconds,
  );
  const named = await namedKeys(databases, [...new Set(old.map((object) => activityOf(object.key)))]);
  const orphans = old.map((object) => object.key).filter((key) => !named.has(key));
  if (orphans.length > 0) {
    await context.env.DOCUMENTS.delete(orphans);
    log("info", "orphans.deleted", { count: orphans.length });
  }
  const cursor = listed.truncated ? listed.cursor : null;
  const ranAt = context.clock.now();
  await database
    .insert(chores)
    .values({ name: choreName, cursor, ranAt })
    .onConflictDoUpdate({ target: chores.name, set: { cursor, ranAt } });
}

async function namedKeys(databases: readonly Database[], ids: readonly ActivityId[]): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const database of databases) {
    for (let from = 0; from < ids.length; from += 80) {
      const rows = await database
        .select({
          documentKey: activities.documentKey,
          sourcesKey: activities.sourcesKey,
          tcxKey: activities.tcxKey,
        })
        .from(activities)
        .where(inArray(activities.id, ids.slice(from, from + 80)));
      for (const row of rows) {
        for (const key of [row.documentKey, row.sourcesKey, row.tcxKey]) if (key !== null) keys.add(key);
      }
    }
  }
  return keys;
}

/** `{kind}/{connection}/{activity}/{hash}.gz` */
function activityOf(key: string): ActivityId {
  return asId<ActivityId>(key.split("/")[2] ?? "");
}

// What is left to delete after an erasure was asked for (rule 14): the tokens and the feed's entries went at once; this job
// removes objects, runs, dead letters and the account object's storage. Every step may be repeated.

import { and, eq, isNull, or, sql } from "drizzle-orm";
import { connectionPrefix, type ObjectKind } from "../activities/documents.ts";
import { allDatabases } from "../db/databases.ts";
import { activities, activityAliases, connections, deadLetters, syncRuns } from "../db/schema.ts";
import { type AccountName, asId, type ConnectionId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import { accountObject, type WorkContext } from "./context.ts";
import type { Work } from "./messages.ts";

const kinds: readonly ObjectKind[] = ["documents", "sources", "tcx"];

export async function eraseConnection(
  context: WorkContext,
  work: Extract<Work, { kind: "erase" }>,
): Promise<void> {
  const connectionId = asId<ConnectionId>(work.connectionId);
  let former: AccountName | null = null;
  for (const database of allDatabases(context.env)) {
    const [row] = await database.select().from(connections).where(eq(connections.id, connectionId));
    if (row === undefined) continue;
    former = row.formerAccount;
    // The user has reconnected since: what is there now is theirs again, and was asked for after the erasure.
    if (row.status !== "disconnected") return;
    for (const kind of kinds) await deletePrefix(context.env.DOCUMENTS, connectionPrefix(kind, connectionId));
    const now = context.clock.now();
    await database.batch([
      database.delete(syncRuns).where(eq(syncRuns.connectionId, connectionId)),
      database.delete(deadLetters).where(
        or(
          eq(deadLetters.connectionId, connectionId),
          // What died while nobody was connected knows its account only.
          and(isNull(deadLetters.connectionId), eq(deadLetters.account, context.account)),
        ),
      ),
      database.delete(activityAliases).where(eq(activityAliases.connectionId, connectionId)),
      database
        .update(activities)
        .set({ startTime: 0, endTime: 0, contentHash: "", gpsSamples: 0, heartRateSamples: 0 })
        .where(and(eq(activities.connectionId, connectionId), sql`${activities.deletedAt} IS NOT NULL`)),
      database
        .update(connections)
        .set({ erasedAt: now, liveSince: now, displayName: null, lastNotifiedAt: null, lastSyncedAt: null })
        .where(and(eq(connections.id, connectionId), eq(connections.status, "disconnected"))),
    ]);
  }
  await accountObject(context, context.account).forget();
  // The account that the connection came from remembers it too, unless somebody has connected that one since.
  if (former !== null) await accountObject(context, former).forget();
  log("info", "connection.erased", { connectionId });
}

async function deletePrefix(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const listed = await bucket.list({ prefix, limit: 500 });
    if (listed.objects.length === 0) return;
    await bucket.delete(listed.objects.map((object) => object.key));
  }
}

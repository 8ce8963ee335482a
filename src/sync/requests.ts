// Work that somebody asks for, by the API or in the portal. The run is in Activity History before the message is in the
// queue, so that whoever asked can follow it from the first moment.

import { and, eq, gt } from "drizzle-orm";
import type { Database } from "../db/databases.ts";
import { type connections, syncRuns } from "../db/schema.ts";
import { accountName, asId, randomText, type SyncRunId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { syncMessage, type Work } from "./messages.ts";

/** An active connection, and the database that holds it. */
export interface Asked {
  readonly connection: typeof connections.$inferSelect;
  readonly database: Database;
}

/** A sync now; answers the run. Asking again before it has begun is asking for the same. Throws `unavailable`. */
export async function requestSync(env: Env, asked: Asked, now: number): Promise<SyncRunId> {
  const waiting = await findQueuedSync(asked, now);
  return waiting ?? (await enqueue(env, asked, now, (runId) => ({ kind: "sync", trigger: "manual", runId })));
}

/**
 * The first day that history is imported from, in epoch milliseconds: no device of either provider is older, and half a year's
 * number in a date field (`0002`) would be asked of a provider that may know no such year.
 */
export const earliestHistory = Date.UTC(2000, 0, 1);

/** Everything since a time, in epoch milliseconds, in slices behind fresh activities; answers the run. Throws `unavailable`. */
export async function requestBackfill(
  env: Env,
  asked: Asked,
  since: number,
  now: number,
): Promise<SyncRunId> {
  return await enqueue(env, asked, now, (runId) => ({
    kind: "backfill",
    runId,
    since,
    cursor: since,
    until: now,
  }));
}

/**
 * A sync that was asked for and has not begun: whoever asks again is asking for the same, and a list costs one of 150 calls.
 * One that has not begun for ten minutes may be lost, and is asked for anew.
 */
async function findQueuedSync({ connection, database }: Asked, now: number): Promise<SyncRunId | undefined> {
  const run = await database
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.connectionId, connection.id),
        gt(syncRuns.startedAt, now - 600_000),
        eq(syncRuns.trigger, "manual"),
        eq(syncRuns.status, "queued"),
      ),
    )
    .get();
  return run?.id;
}

/** Records the run and queues its work; a queue that refuses fails the run and the request. */
async function enqueue(
  env: Env,
  { connection, database }: Asked,
  now: number,
  work: (runId: SyncRunId) => Work,
): Promise<SyncRunId> {
  const runId = asId<SyncRunId>(`run_${randomText()}`);
  const piece = work(runId);
  await database.insert(syncRuns).values({
    id: runId,
    connectionId: connection.id,
    userId: connection.userId,
    trigger: piece.kind === "backfill" ? "backfill" : "manual",
    status: "queued",
    startedAt: now,
  });
  const account = accountName(connection.provider, connection.providerUserId);
  try {
    await env.SYNC.send(syncMessage(account, piece));
  } catch (exception) {
    log("error", "sync_request.queue_refused", { syncRunId: runId, ...describeException(exception) });
    const errorMessage = "The work could not be queued.";
    await database
      .update(syncRuns)
      .set({ status: "failed", endedAt: now, errorCode: "queue_unavailable", errorMessage })
      .where(eq(syncRuns.id, runId));
    throw new ProblemError("unavailable", errorMessage, { headers: { "retry-after": "30" } });
  }
  return runId;
}

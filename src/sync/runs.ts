// Activity History: the record of a sync. A run is written only when there is something to tell: it was asked for, it
// changed something, or it failed. A look that finds nothing leaves no trace.

import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/databases.ts";
import { connections, type SyncRunStatus, type SyncTrigger, syncRuns } from "../db/schema.ts";
import { asId, hashedText, type SyncRunId } from "../kernel/ids.ts";
import type { AccountLink, BudgetReading } from "./account/account-protocol.ts";
import { SyncInterrupted } from "./session.ts";

export interface RunCounts {
  readonly listed: number;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Why a run did not succeed: a stable code, and a sentence for people. */
export interface RunError {
  readonly code: string;
  readonly message: string;
}

export const noCounts: RunCounts = { listed: 0, created: 0, updated: 0, deleted: 0 };

/** The counts with one more outcome. */
export function countOutcome(
  counts: RunCounts,
  outcome: "created" | "updated" | "unchanged" | "deleted",
): RunCounts {
  return outcome === "unchanged" ? counts : { ...counts, [outcome]: counts[outcome] + 1 };
}

/** Why a run ended early, for people. */
export function failureOf(exception: unknown): RunError {
  if (exception instanceof SyncInterrupted && exception.interruption.kind === "failed") {
    const { code, message } = exception.interruption.error;
    return { code, message: `${message} It is tried again.` };
  }
  return { code: "internal_error", message: "Something failed here. It is tried again." };
}

/** The run of a message: the one that it names, or one derived from it, so that a redelivery writes the same row. */
export async function runIdFor(explicit: string | undefined, messageId: string): Promise<SyncRunId> {
  return asId<SyncRunId>(explicit ?? `run_${await hashedText(["run", messageId])}`);
}

/** Begins a run, or goes on with it: its counts add up over slices and redeliveries. */
export async function startRun(
  database: Database,
  link: AccountLink,
  run: { id: SyncRunId; trigger: SyncTrigger; now: number },
): Promise<void> {
  await database
    .insert(syncRuns)
    .values({
      id: run.id,
      connectionId: link.connectionId,
      userId: link.userId,
      trigger: run.trigger,
      status: "running",
      startedAt: run.now,
    })
    .onConflictDoUpdate({
      target: syncRuns.id,
      set: { status: "running", endedAt: null, errorCode: null, errorMessage: null },
    });
}

/** Adds what was done; a `status` of running leaves the run open. */
export async function recordRun(
  database: Database,
  id: SyncRunId,
  change: {
    status: SyncRunStatus;
    counts: RunCounts;
    callsSpent: number;
    error: RunError | null;
    now: number;
  },
): Promise<void> {
  await database
    .update(syncRuns)
    .set({
      status: change.status,
      endedAt: change.status === "running" || change.status === "queued" ? null : change.now,
      listed: sql`${syncRuns.listed} + ${change.counts.listed}`,
      created: sql`${syncRuns.created} + ${change.counts.created}`,
      updated: sql`${syncRuns.updated} + ${change.counts.updated}`,
      deleted: sql`${syncRuns.deleted} + ${change.counts.deleted}`,
      callsSpent: sql`${syncRuns.callsSpent} + ${change.callsSpent}`,
      errorCode: change.error?.code ?? null,
      errorMessage: change.error?.message ?? null,
    })
    .where(eq(syncRuns.id, id));
}

/** What the connection shows of its last sync. */
export async function noteSynced(
  database: Database,
  link: AccountLink,
  reading: { now: number; notifiedAt: number | null; budget: BudgetReading | null },
): Promise<void> {
  await database
    .update(connections)
    .set({
      lastSyncedAt: reading.now,
      ...(reading.notifiedAt === null ? {} : { lastNotifiedAt: reading.notifiedAt }),
      ...(reading.budget === null
        ? {}
        : {
            rateLimit: reading.budget.limit,
            rateRemaining: reading.budget.remaining,
            rateResetsAt: reading.budget.resetsAt,
          }),
    })
    .where(eq(connections.id, link.connectionId));
}

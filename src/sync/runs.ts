// Activity History: the record of a sync. A run is written only when there is something to tell: it was asked for, it
// changed something, or it failed. A look that finds nothing leaves no trace.

import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/databases.ts";
import { connections, type SyncRunStatus, type SyncTrigger, syncRuns } from "../db/schema.ts";
import { asId, hashedText, type SyncRunId } from "../kernel/ids.ts";
import type { AccountLink, BudgetReading } from "./account/account-protocol.ts";
import type { HaltReason } from "./account/account-state.ts";
import { type Interruption, SyncInterrupted } from "./session.ts";

export interface RunCounts {
  readonly listed: number;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Why a run did not succeed, or does not go on for now: a stable code, and a sentence for people. */
export interface RunError {
  readonly code: string;
  readonly message: string;
}

/** Between two writes of how far a run is: whoever watches it sees it move, for three rows with twenty activities. */
export const activitiesBetweenRecords = 5;

export const noCounts: RunCounts = { listed: 0, created: 0, updated: 0, deleted: 0 };

/** The counts with one more outcome. */
export function countOutcome(
  counts: RunCounts,
  outcome: "created" | "updated" | "unchanged" | "deleted",
): RunCounts {
  return outcome === "unchanged" ? counts : { ...counts, [outcome]: counts[outcome] + 1 };
}

/** What was counted beyond what is recorded: a row adds up what it is told. */
export function countsBeyond(counts: RunCounts, recorded: RunCounts): RunCounts {
  return {
    listed: counts.listed - recorded.listed,
    created: counts.created - recorded.created,
    updated: counts.updated - recorded.updated,
    deleted: counts.deleted - recorded.deleted,
  };
}

const haltSentences: Readonly<Record<HaltReason, string>> = {
  needs_reauthorization: "The provider did not let us in any more.",
  provider_gone: "The provider has switched its service off.",
  revocation_pending: "The connection was ended before this was done.",
};

/** Why a run ended with its connection. What mends that is the connection's to say: the run stays as it was. */
export function haltOf(reason: HaltReason): RunError {
  return { code: reason, message: haltSentences[reason] };
}

/** Why a run does not go on for now. Not a failure: it does so by itself. */
export function waitOf({ waitsFor }: Extract<Interruption, { kind: "waiting" }>): RunError {
  return {
    code: "waiting",
    message:
      waitsFor === "calls"
        ? "The provider's call limit is used up; it goes on by itself."
        : "The provider gives no new access just now; it goes on by itself.",
  };
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

/** Adds what was done; a `status` of running leaves the run open, its `error` being what it waits for. */
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

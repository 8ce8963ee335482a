// One sync of what is recent: list (unless a look has done it), update what is new or newer, ask about what is missing,
// and go round again for what arrived meanwhile. It is recorded as a sync run when there is something to tell.

import { adoptSource, raiseFence, readIndex, type Writer } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";
import type { SyncTrigger } from "../db/schema.ts";
import type { SyncRunId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { ListWindow } from "../providers/port.ts";
import type { DueEntry } from "./account/account-protocol.ts";
import { dueKey } from "./account/due-table.ts";
import { compareListing, isNothing, mayList, toFound } from "./comparison.ts";
import type { WorkContext } from "./context.ts";
import { intervalWindow, lookAtEnd, readListing, routineWindow, scopeMissing } from "./listing.ts";
import type { Found, ListingWork } from "./messages.ts";
import { deleteMissing } from "./missing.ts";
import { originOf } from "./origin.ts";
import {
  activitiesBetweenRecords,
  countOutcome,
  countsBeyond,
  failureOf,
  haltOf,
  noCounts,
  noteSynced,
  type RunCounts,
  type RunError,
  recordRun,
  runIdFor,
  startRun,
  waitOf,
} from "./runs.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { logLeftOut } from "./sync-log.ts";
import { updateFromSummary } from "./update-activity.ts";

const roundLimit = 3;
/** What one run has done so far. */
interface Progress {
  id: SyncRunId | null;
  counts: RunCounts;
  /** As much of the counts as the run's row has. */
  recorded: RunCounts;
  callsRecorded: number;
  error: RunError | null;
}

/** Brings the connection up to date under the session's lease, and ends the lease. Interruptions pass through. */
export async function runSync(context: WorkContext, session: SyncSession, work: ListingWork): Promise<void> {
  const { link } = session.lease;
  const database = databaseFor(context.env, link.userId);
  const writer: Writer = { database, connectionId: link.connectionId, fence: session.lease.fence };
  const trigger = triggerOf(work);
  const interval = intervalOf(work);
  const explicitRun = work.kind === "sync" ? work.runId : undefined;
  // What the look has spent to find this work is part of its price.
  const callsOfLook = work.kind === "sync" ? (work.found?.calls ?? 0) : 0;
  const progress: Progress = {
    id: null,
    counts: noCounts,
    recorded: noCounts,
    callsRecorded: -callsOfLook,
    error: null,
  };
  const begin = async () => {
    if (progress.id !== null) return;
    progress.id = await runIdFor(explicitRun, context.messageId);
    await startRun(database, link, { id: progress.id, trigger, now: context.clock.now() });
  };
  const record = async (status: "running" | "succeeded" | "partial" | "failed") => {
    if (progress.id === null) return;
    await recordRun(database, progress.id, {
      status,
      counts: countsBeyond(progress.counts, progress.recorded),
      callsSpent: session.callsSpent - progress.callsRecorded,
      error: progress.error,
      now: context.clock.now(),
    });
    progress.recorded = progress.counts;
    progress.callsRecorded = session.callsSpent;
  };

  if (explicitRun !== undefined) await begin();
  if (!mayList(link)) progress.error = scopeMissing;
  try {
    let found = work.kind === "sync" ? (work.found ?? null) : null;
    for (let round = 1; ; round++) {
      found ??= await list(context, session, interval);
      progress.counts = { ...progress.counts, listed: progress.counts.listed + found.listed };
      const due: DueEntry[] = [];
      if (!isNothing(found)) {
        await begin();
        if (!(await raiseFence(writer, link))) throw new SyncInterrupted({ kind: "lost" });
        await adopt(session, writer, found);
        const onProgress = () => record("running");
        due.push(...(await update(context, session, writer, found, progress, trigger, onProgress)));
        due.push(...(await deleteMissing(context, session, writer, found, progress, work)));
      }
      const ended = await session.end({
        // A list of an interval says nothing about what is recent.
        listedAt: interval === null ? found.listStartedAt : null,
        due,
        drop: work.kind === "deletions" ? [dueKey(work)] : [],
        lookAgainAt: lookAtEnd(found, context.clock.now()),
        mayRepeat: interval === null && round < roundLimit,
      });
      if (ended.status === "lost") throw new SyncInterrupted({ kind: "lost" });
      if (ended.status === "ended") {
        const { created, updated, deleted } = progress.counts;
        if (progress.id !== null) {
          log("info", "sync.ended", {
            account: context.account,
            syncRunId: progress.id,
            trigger,
            count: created + updated + deleted,
            calls: session.callsSpent + callsOfLook,
          });
        }
        await record(progress.error === null ? "succeeded" : "partial");
        // A sweep is noted even when it found nothing, so that "last synced" does not look dead; a look leaves no trace.
        if (progress.id !== null || trigger === "sweep" || trigger === "connect") {
          await noteSynced(database, link, {
            now: context.clock.now(),
            notifiedAt: ended.reading.notifiedAt,
            budget: ended.reading.budget,
          });
        }
        return;
      }
      found = null;
    }
  } catch (exception) {
    const interruption = exception instanceof SyncInterrupted ? exception.interruption : null;
    if (interruption?.kind === "halted") {
      progress.error = haltOf(interruption.reason);
      await record("failed");
    } else if (interruption?.kind === "waiting" && explicitRun === undefined) {
      // What goes on later is another message, and so another run: this one is over, and says why.
      progress.error = waitOf(interruption);
      await record("partial");
    } else if (interruption?.kind === "waiting") {
      // It goes on under the same run when calls are left again; until then whoever waits for it reads why.
      progress.error = waitOf(interruption);
      await record("running");
    } else if (interruption?.kind !== "lost") {
      // The next attempt opens the run again; if another sync does the work first, this is how it ended.
      progress.error = failureOf(exception);
      await record("failed");
    }
    throw exception;
  }
}

function triggerOf(work: ListingWork): SyncTrigger {
  switch (work.kind) {
    case "deletions":
      return "recovery";
    case "interval":
      return "notification";
    default:
      return work.trigger;
  }
}

/** The interval that the work is about; null for what is recent. */
function intervalOf(work: ListingWork): ListWindow | null {
  if (work.kind === "interval") return intervalWindow(work);
  return work.kind === "deletions" && work.interval !== undefined ? intervalWindow(work.interval) : null;
}

/** The ids of this provider that stand for stored activities from now on (rule 8). */
async function adopt(session: SyncSession, writer: Writer, found: Found): Promise<void> {
  const { provider } = session.lease.link;
  for (const adoption of found.adoptions) {
    if (!(await adoptSource(writer, { ...adoption, provider }))) throw new SyncInterrupted({ kind: "lost" });
  }
}

async function list(context: WorkContext, session: SyncSession, interval: ListWindow | null): Promise<Found> {
  const { link, listedAt } = session.lease;
  const window = interval ?? routineWindow(session.provider, link, listedAt, context.clock.now());
  const listing = await readListing(session, window);
  const stored = await readIndex(databaseFor(context.env, link.userId), link.connectionId, window);
  const difference = compareListing(listing, stored, link);
  logLeftOut(context.account, difference);
  return toFound(listing, difference);
}

/** Updates each activity by itself: one that fails does not hold up the others, and is tried again with the message. */
async function update(
  context: WorkContext,
  session: SyncSession,
  writer: Writer,
  found: Found,
  progress: Progress,
  trigger: SyncTrigger,
  onProgress: () => Promise<void>,
): Promise<DueEntry[]> {
  const due: DueEntry[] = [];
  let failure: unknown = null;
  // The newest first: that is the one its user is waiting for.
  const newestFirst = [...found.summaries].sort((one, other) => other.startTime - one.startTime);
  for (const [index, summary] of newestFirst.entries()) {
    if (index > 0 && index % activitiesBetweenRecords === 0) await onProgress();
    try {
      const result = await updateFromSummary(context, session, writer, summary, {
        newOrigin: originOf(trigger, summary, session.lease.link, session.lease.listedAt),
        attempt: context.attempt,
      });
      due.push(...result.due);
      progress.counts = countOutcome(progress.counts, result.outcome);
    } catch (exception) {
      if (exception instanceof SyncInterrupted && exception.interruption.kind !== "failed") {
        await session.schedule(due);
        throw exception;
      }
      failure = exception;
    }
  }
  if (failure !== null) {
    await session.schedule(due);
    throw failure;
  }
  return due;
}

// History, in slices of at most 20 activities or 60 s, each under a lease of its own, behind fresh data (rule 3). The cursor
// is a time: what a slice has done is found stored by the next, so a slice that dies costs nothing but its list.

import { raiseFence, readIndex, type Writer } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";

import { asId, type SyncRunId } from "../kernel/ids.ts";
import type { ActivitySummary } from "../providers/port.ts";
import type { DueEntry } from "./account/account-protocol.ts";
import { mayList } from "./comparison.ts";
import type { WorkContext } from "./context.ts";
import { scopeMissing } from "./listing.ts";
import type { Work } from "./messages.ts";
import { originOf } from "./origin.ts";
import {
  countOutcome,
  noCounts,
  noteSynced,
  type RunCounts,
  type RunError,
  recordRun,
  startRun,
} from "./runs.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { updateFromSummary } from "./update-activity.ts";

const sliceActivities = 20;
const sliceMilliseconds = 60_000;
/** Pages that one slice reads. Those of activities that are stored already count too, and a lease does not last for all of them. */
const slicePages = 8;

type BackfillWork = Extract<Work, { kind: "backfill" }>;

interface SlicePlan {
  readonly summaries: readonly ActivitySummary[];
  /** Start of everything that was looked at, whether it is fetched or was stored before. */
  readonly starts: readonly number[];
  /** Nothing lies beyond what was listed. */
  readonly isLast: boolean;
  /** Where the next slice goes on if this one does everything that it planned. */
  readonly reached: number;
}

/** Does one slice, ends the lease and leaves the next slice as a due entry. */
export async function runBackfillSlice(
  context: WorkContext,
  session: SyncSession,
  work: BackfillWork,
): Promise<void> {
  const { link, fence } = session.lease;
  const database = databaseFor(context.env, link.userId);
  const writer: Writer = { database, connectionId: link.connectionId, fence };
  const runId = asId<SyncRunId>(work.runId);
  const startedAt = context.clock.now();
  await startRun(database, link, { id: runId, trigger: "backfill", now: startedAt });
  if (!(await raiseFence(writer))) throw new SyncInterrupted({ kind: "lost" });

  let counts: RunCounts = noCounts;
  let cursor = work.cursor;
  let starts: readonly number[] = [];
  const due: DueEntry[] = [];
  const record = (
    status: "running" | "succeeded" | "failed",
    error: RunError | null,
    isTriedAgain = false,
  ) => {
    // What lies behind the cursor; what a slice ended with is where the next one begins, and was counted there.
    const isFirst = work.cursor === work.since;
    const passed = starts.filter((start) => start <= cursor && (isFirst || start > work.cursor));
    // The next attempt at this slice lists the same again, and counts it.
    const listed = isTriedAgain ? 0 : passed.length;
    const change = { counts: { ...counts, listed }, callsSpent: session.callsSpent };
    return recordRun(database, runId, { ...change, status, error, now: context.clock.now() });
  };
  const finish = async (next: DueEntry | null, error: RunError | null = null) => {
    await record(error !== null ? "failed" : next === null ? "succeeded" : "running", error);
    const ended = await session.end({ listedAt: null, due: next === null ? due : [...due, next] });
    if (ended.status === "lost") throw new SyncInterrupted({ kind: "lost" });
    if (ended.status !== "ended") return;
    await noteSynced(database, link, {
      now: context.clock.now(),
      notifiedAt: ended.reading.notifiedAt,
      budget: ended.reading.budget,
    });
  };
  const goOnAt = (at: number): DueEntry => ({ at, work: { ...work, cursor } });
  if (!mayList(link)) {
    await finish(null, scopeMissing);
    return;
  }

  try {
    const plan = await planSlice(session, writer, work);
    starts = plan.starts;
    let isComplete = true;
    for (const [index, summary] of plan.summaries.entries()) {
      // One at least, or a slice whose time went by with listing would be the next slice's over again.
      if (index > 0 && context.clock.now() - startedAt > sliceMilliseconds) {
        isComplete = false;
        break;
      }
      const result = await updateFromSummary(context, session, writer, summary, {
        newOrigin: originOf("backfill", summary, link, session.lease.listedAt),
        attempt: context.attempt,
      });
      counts = countOutcome(counts, result.outcome);
      due.push(...result.due);
      cursor = summary.startTime;
    }
    if (isComplete) cursor = Math.max(cursor, plan.reached);
    await finish(isComplete && plan.isLast ? null : goOnAt(context.clock.now()));
  } catch (exception) {
    const interruption = exception instanceof SyncInterrupted ? exception.interruption : null;
    // Waiting for budget is not a failure: the next slice begins where this one stopped.
    if (interruption?.kind === "waiting") {
      await finish(goOnAt(interruption.until));
      return;
    }
    if (interruption?.kind === "halted") {
      await record("failed", { code: interruption.reason, message: "The connection needs its user." });
    } else if (interruption?.kind !== "lost") {
      await record("running", null, true);
      // The next attempt finds these activities stored: it would not make their later looks again.
      if (due.length > 0) await session.schedule(due);
    }
    throw exception;
  }
}

/** Reads pages from the cursor until a slice is full or history ends. */
async function planSlice(session: SyncSession, writer: Writer, work: BackfillWork): Promise<SlicePlan> {
  const window = { start: work.cursor, end: work.until };
  const summaries: ActivitySummary[] = [];
  let page: string | null = null;
  let reached = work.cursor;
  const starts: number[] = [];
  let pages = 0;
  do {
    if (pages === slicePages) return { summaries, starts, isLast: false, reached };
    pages += 1;
    const answer = await session.require((call) => session.provider.listActivities(call, window, page));
    const inWindow = answer.activities.filter(
      (summary) => summary.startTime >= work.cursor && summary.startTime <= work.until,
    );
    const stored = new Map(
      (await readIndex(writer.database, writer.connectionId, spanOf(inWindow))).map((entry) => [
        entry.sourceActivityId,
        entry,
      ]),
    );
    for (const summary of inWindow) {
      const known = stored.get(summary.sourceActivityId);
      if (known !== undefined && !known.deleted && known.providerVersion >= summary.version) {
        starts.push(summary.startTime);
        reached = Math.max(reached, summary.startTime);
        continue;
      }
      if (summaries.length === sliceActivities) return { summaries, starts, isLast: false, reached };
      summaries.push(summary);
      starts.push(summary.startTime);
      reached = Math.max(reached, summary.startTime);
    }
    page = answer.nextPage;
  } while (page !== null);
  return { summaries, starts, isLast: true, reached };
}

function spanOf(summaries: readonly ActivitySummary[]): { start: number; end: number } {
  const times = summaries.map((summary) => summary.startTime);
  return { start: Math.min(...times, Number.MAX_SAFE_INTEGER), end: Math.max(...times, 0) };
}

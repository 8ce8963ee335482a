// History, in slices of at most 20 activities or 60 s, each under a lease of its own, behind fresh data (rule 3). What is left
// is a span of time, `cursor` to `until`, and a slice works it off from the end that the provider's list begins with; what it
// has done is found stored by the next, so a slice that dies costs nothing but its list.

import { adoptSource, raiseFence, readIndex, type Writer } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";

import { type ActivityId, asId, type SourceActivityId, type SyncRunId } from "../kernel/ids.ts";
import type { ActivitySummary } from "../providers/port.ts";
import type { DueEntry } from "./account/account-protocol.ts";
import { mayList, type Sorted, type StoredIndexEntry, sortEntries } from "./comparison.ts";
import type { WorkContext } from "./context.ts";
import { scopeMissing } from "./listing.ts";
import type { Adoption, Work } from "./messages.ts";
import { originOf } from "./origin.ts";
import {
  activitiesBetweenRecords,
  countOutcome,
  countsBeyond,
  haltOf,
  noCounts,
  noteSynced,
  type RunCounts,
  type RunError,
  recordRun,
  startRun,
  waitOf,
} from "./runs.ts";
import { startToleranceMilliseconds } from "./same-workout.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { updateFromSummary } from "./update-activity.ts";

const sliceActivities = 20;
const sliceMilliseconds = 60_000;
/** Pages that one slice reads. Those of activities that are stored already count too, and a lease does not last for all of them. */
const slicePages = 8;

type BackfillWork = Extract<Work, { kind: "backfill" }>;

interface SlicePlan {
  readonly summaries: readonly ActivitySummary[];
  readonly adoptions: readonly Adoption[];
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
  const direction = directionOf(session);
  const database = databaseFor(context.env, link.userId);
  const writer: Writer = { database, connectionId: link.connectionId, fence };
  const runId = asId<SyncRunId>(work.runId);
  const startedAt = context.clock.now();
  await startRun(database, link, { id: runId, trigger: "backfill", now: startedAt });
  if (!(await raiseFence(writer, link))) throw new SyncInterrupted({ kind: "lost" });

  let counts: RunCounts = noCounts;
  let recorded: RunCounts = noCounts;
  let callsRecorded = 0;
  const begin = direction.begin(work);
  let position = begin;
  let starts: readonly number[] = [];
  const due: DueEntry[] = [];
  const record = (
    status: "running" | "succeeded" | "failed",
    error: RunError | null,
    isTriedAgain = false,
  ) => {
    // What lies behind the position; what a slice ended with is where the next one begins, and was counted there.
    const isFirst = work.cursor === work.since;
    const passed = starts.filter(
      (start) => direction.isPast(start, position) && ((direction.forwards && isFirst) || start !== begin),
    );
    // The next attempt at this slice lists the same again, and counts it.
    return write(status, { ...counts, listed: isTriedAgain ? 0 : passed.length }, error);
  };
  const write = async (
    status: "running" | "succeeded" | "failed",
    reached: RunCounts,
    error: RunError | null,
  ) => {
    await recordRun(database, runId, {
      status,
      counts: countsBeyond(reached, recorded),
      callsSpent: session.callsSpent - callsRecorded,
      error,
      now: context.clock.now(),
    });
    recorded = reached;
    callsRecorded = session.callsSpent;
  };
  /** Ends the slice. With something `next` the run stays open, and an error is what it waits for. */
  const finish = async (next: DueEntry | null, error: RunError | null = null) => {
    await record(next !== null ? "running" : error === null ? "succeeded" : "failed", error);
    const ended = await session.end({ listedAt: null, due: next === null ? due : [...due, next] });
    if (ended.status === "lost") throw new SyncInterrupted({ kind: "lost" });
    if (ended.status !== "ended") return;
    await noteSynced(database, link, {
      now: context.clock.now(),
      notifiedAt: ended.reading.notifiedAt,
      budget: ended.reading.budget,
    });
  };
  const goOnAt = (at: number): DueEntry => ({ at, work: direction.rest(work, position) });
  if (!mayList(link)) {
    await finish(null, scopeMissing);
    return;
  }

  try {
    const plan = await planSlice(session, writer, work);
    starts = plan.starts;
    for (const adoption of plan.adoptions) {
      const isAdopted = await adoptSource(writer, { ...adoption, provider: link.provider });
      if (!isAdopted) throw new SyncInterrupted({ kind: "lost" });
    }
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
      position = summary.startTime;
      const isLastOfSlice = index + 1 === plan.summaries.length;
      if ((index + 1) % activitiesBetweenRecords === 0 && !isLastOfSlice)
        await write("running", counts, null);
    }
    if (isComplete) position = direction.further(position, plan.reached);
    await finish(isComplete && plan.isLast ? null : goOnAt(context.clock.now()));
  } catch (exception) {
    const interruption = exception instanceof SyncInterrupted ? exception.interruption : null;
    // Waiting for budget is not a failure: the next slice begins where this one stopped.
    if (interruption?.kind === "waiting") {
      await finish(goOnAt(interruption.until), waitOf(interruption));
      return;
    }
    if (interruption?.kind === "halted") {
      await record("failed", haltOf(interruption.reason));
    } else if (interruption?.kind !== "lost") {
      await record("running", null, true);
      // The next attempt finds these activities stored: it would not make their later looks again.
      if (due.length > 0) await session.schedule(due);
    }
    throw exception;
  }
}

/** Which end of what is left a slice begins with. */
interface Direction {
  readonly forwards: boolean;
  begin(work: BackfillWork): number;
  further(one: number, other: number): number;
  isPast(start: number, position: number): boolean;
  rest(work: BackfillWork, position: number): BackfillWork;
}

const forwards: Direction = {
  forwards: true,
  begin: (work) => work.cursor,
  further: Math.max,
  isPast: (start, position) => start <= position,
  rest: (work, cursor) => ({ ...work, cursor }),
};

const backwards: Direction = {
  forwards: false,
  begin: (work) => work.until,
  further: Math.min,
  isPast: (start, position) => start >= position,
  rest: (work, until) => ({ ...work, until }),
};

function directionOf(session: SyncSession): Direction {
  return session.provider.listOrder === "ascending" ? forwards : backwards;
}

/**
 * Reads pages from the position until a slice is full or history ends. What was read is sorted as one list: two records of one
 * workout may stand on two pages.
 */
async function planSlice(session: SyncSession, writer: Writer, work: BackfillWork): Promise<SlicePlan> {
  const { provider } = session.lease.link;
  const window = { start: work.cursor, end: work.until };
  const listed = new Map<SourceActivityId, ActivitySummary>();
  const stored = new Map<ActivityId, StoredIndexEntry>();
  let page: string | null = null;
  for (let pages = 1; ; pages++) {
    const answer = await session.require((call) => session.provider.listActivities(call, window, page));
    const inWindow = answer.activities.filter(
      (summary) => summary.startTime >= work.cursor && summary.startTime <= work.until,
    );
    for (const summary of inWindow) listed.set(summary.sourceActivityId, summary);
    for (const entry of await readIndex(writer.database, writer.connectionId, spanOf(inWindow))) {
      stored.set(entry.id, entry);
    }
    page = answer.nextPage;
    const sorted = sortEntries([...listed.values()], [...stored.values()], provider, () => true);
    const isFull = sorted.summaries.length > sliceActivities;
    if (page === null || isFull || pages === slicePages) {
      return cutSlice(directionOf(session), work, [...listed.values()], sorted, page === null);
    }
  }
}

/** As much of what was listed, in the list's order, as one slice does. */
function cutSlice(
  direction: Direction,
  work: BackfillWork,
  listed: readonly ActivitySummary[],
  sorted: Sorted,
  isEnd: boolean,
): SlicePlan {
  const wanted = new Set(sorted.summaries);
  const summaries: ActivitySummary[] = [];
  const adoptions: Adoption[] = [];
  const starts: number[] = [];
  let reached = direction.begin(work);
  for (const summary of listed) {
    if (wanted.has(summary)) {
      if (summaries.length === sliceActivities)
        return { summaries, adoptions, starts, isLast: false, reached };
      summaries.push(summary);
    }
    adoptions.push(...sorted.adoptions.filter((one) => one.sourceActivityId === summary.sourceActivityId));
    starts.push(summary.startTime);
    reached = direction.further(reached, summary.startTime);
  }
  return { summaries, adoptions, starts, isLast: isEnd, reached };
}

/** The time of a page's entries, and as much around it as another record of the same workout may begin earlier or later. */
function spanOf(summaries: readonly ActivitySummary[]): { start: number; end: number } {
  const times = summaries.map((summary) => summary.startTime);
  return {
    start: Math.min(...times, Number.MAX_SAFE_INTEGER) - startToleranceMilliseconds,
    end: Math.max(...times, 0) + startToleranceMilliseconds,
  };
}

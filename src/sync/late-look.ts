// One look at an activity that lacks a stream (rule 11). Silent unless something changed.

import { settleLook } from "../activities/settle.ts";
import { raiseFence, readActivity, type Writer } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";
import { type ActivityId, asId } from "../kernel/ids.ts";
import type { WorkContext } from "./context.ts";
import type { Work } from "./messages.ts";
import { countOutcome, noCounts, noteSynced, recordRun, runIdFor, startRun } from "./runs.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { lookForLateData } from "./update-activity.ts";

export async function runLateLook(
  context: WorkContext,
  session: SyncSession,
  work: Extract<Work, { kind: "late" }>,
): Promise<void> {
  const { link, fence } = session.lease;
  const database = databaseFor(context.env, link.userId);
  const writer: Writer = { database, connectionId: link.connectionId, fence };
  const activityId = asId<ActivityId>(work.activityId);
  const before = await readActivity(database, activityId);
  if (!(await raiseFence(writer, link))) throw new SyncInterrupted({ kind: "lost" });
  const result = await lookForLateData(context, session, writer, {
    activityId,
    look: work.look,
    attempt: context.attempt,
    mayCall: work.look !== settleLook,
  });
  const ended = await session.end({ listedAt: null, due: result.due });
  if (ended.status === "lost") throw new SyncInterrupted({ kind: "lost" });
  if (result.outcome === "unchanged") return;
  const runId = await runIdFor(undefined, context.messageId);
  const now = context.clock.now();
  await startRun(database, link, { id: runId, trigger: "late_data", now });
  // What its user sees for the first time was counted as created when it was found.
  const counts = before?.sequence === null ? noCounts : countOutcome(noCounts, result.outcome);
  await recordRun(database, runId, {
    status: "succeeded",
    counts,
    callsSpent: session.callsSpent,
    error: null,
    now,
  });
  if (ended.status === "ended") {
    await noteSynced(database, link, {
      now,
      notifiedAt: ended.reading.notifiedAt,
      budget: ended.reading.budget,
    });
  }
}

// What becomes of stored activities that a list lacks (rule 9). Missing from a list is no proof: the provider is asked for each by
// name, a second list has to lack it too, or it waits an hour because too much vanished at once.

import { deleteActivity, readActivitiesBySource, type Writer } from "../activities/store.ts";
import type { SourceActivityId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { ProviderError } from "../providers/errors.ts";
import type { DueEntry } from "./account/account-protocol.ts";
import { judgeMissing } from "./comparison.ts";
import type { WorkContext } from "./context.ts";
import type { Found, ListingWork, Work } from "./messages.ts";
import { countOutcome, type RunCounts, type RunError } from "./runs.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { updateFromSummary } from "./update-activity.ts";

/** Too much vanished at once: asked again after this long. */
const suspicionMilliseconds = 3_600_000;
/** The second list that proves what the provider would not say, with a margin over the rule's 60 s. */
const secondListMilliseconds = 5 * 60_000;

/** What a run has done so far, which stands even if it is interrupted here. */
interface Tally {
  counts: RunCounts;
  error: RunError | null;
}

/**
 * Deletes what is proven to be gone (rule 9): the provider, asked for it by name, does not have it; or it answers neither
 * yes nor no, and a second list, a minute later or more, lacks it too.
 */
export async function deleteMissing(
  context: WorkContext,
  session: SyncSession,
  writer: Writer,
  found: Found,
  progress: Tally,
  work: ListingWork,
): Promise<DueEntry[]> {
  const verdict = judgeMissing(found.missing.length, found.stored);
  if (verdict === "none") return [];
  if (verdict === "suspicious" && work.kind !== "deletions") {
    log("warn", "deletions.suspected", { account: context.account, count: found.missing.length });
    progress.error = {
      code: "deletions_suspected",
      message: `${found.missing.length} activities are missing from the provider's list at once; it is asked again in an hour.`,
    };
    const at = context.clock.now() + suspicionMilliseconds;
    return [{ at, work: missingSince(context, work, found.missing) }];
  }
  const lackedBefore = new Set(work.kind === "deletions" ? work.missing : []);
  const unproven: SourceActivityId[] = [];
  const rows = await readActivitiesBySource(writer.database, writer.connectionId, found.missing);
  let failure: ProviderError | null = null;
  for (const row of rows) {
    if (row.deletedAt !== null) continue;
    const answer = await session.call((call) => session.provider.getActivity(call, row.sourceActivityId));
    if (answer.ok) {
      // It was moved out of the window, or the list had shifted: what the provider says of it now counts.
      const options = { newOrigin: row.origin, attempt: context.attempt };
      const { outcome, due } = await updateFromSummary(context, session, writer, answer.value, options);
      progress.counts = countOutcome(progress.counts, outcome);
      await session.schedule(due);
      continue;
    }
    if (answer.error.code === "provider_unavailable") {
      failure = answer.error;
      continue;
    }
    if (answer.error.code !== "not_found" && !lackedBefore.has(row.sourceActivityId)) {
      unproven.push(row.sourceActivityId);
      continue;
    }
    if (!(await deleteActivity(writer, row, context.clock.now()))) {
      throw new SyncInterrupted({ kind: "lost" });
    }
    progress.counts = countOutcome(progress.counts, "deleted");
  }
  // No answer is no proof; the next attempt asks again about those that are left.
  if (failure !== null) throw new SyncInterrupted({ kind: "failed", error: failure });
  if (unproven.length === 0) return [];
  return [{ at: context.clock.now() + secondListMilliseconds, work: missingSince(context, work, unproven) }];
}

/** More would not fit into a message; those that are left out are asked for with the list after the next. */
const rememberedAtMost = 1000;

function missingSince(context: WorkContext, work: ListingWork, missing: readonly SourceActivityId[]): Work {
  const where = work.kind === "interval" ? { start: work.start, end: work.end } : undefined;
  const interval = work.kind === "deletions" ? work.interval : where;
  return {
    kind: "deletions",
    since: context.clock.now(),
    missing: missing.slice(0, rememberedAtMost),
    ...(interval === undefined ? {} : { interval }),
  };
}

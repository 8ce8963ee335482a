// A sync in a sentence: what it was for, and what came of it.

import type { SyncTrigger, syncRuns } from "../db/schema.ts";

export type SyncRun = typeof syncRuns.$inferSelect;

const purposes: Readonly<Record<SyncTrigger, string>> = {
  connect: "First look after connecting",
  notification: "Your device synced",
  manual: "Sync that you asked for",
  sweep: "Daily look",
  backfill: "Import of history",
  late_data: "Look for late data",
  recovery: "Sync taken up again",
  retry: "Another try",
  replay: "Another try by the operator",
};

/** What a run was for: `Import of history`. */
export function purposeOf(run: Pick<SyncRun, "trigger">): string {
  return purposes[run.trigger];
}

/** What came of a run, or how far it is, as a sentence. */
export function outcomeOf(run: SyncRun): string {
  switch (run.status) {
    case "queued":
      return "Waiting for its turn.";
    case "running":
      return progressOf(run);
    case "succeeded":
      return `${capitalized(amountOf(run))}.`;
    case "partial":
      return `${capitalized(amountOf(run))}. ${run.errorMessage ?? "Something was left for later."}`;
    case "failed":
      return run.errorMessage ?? "It failed.";
    default:
      return run.status satisfies never;
  }
}

/** How far it is, and what it waits for. Nothing is said of nothing: it has hardly begun. */
function progressOf(run: SyncRun): string {
  const isNothing = run.listed + run.created + run.updated + run.deleted === 0;
  const sentences = [isNothing ? "Under way." : `Under way: ${amountOf(run)} so far.`, run.errorMessage];
  return sentences.filter((sentence) => sentence !== null).join(" ");
}

function amountOf({ listed, created, updated, deleted }: SyncRun): string {
  const parts = [
    created > 0 ? `${activities(created)} new` : null,
    updated > 0 ? `${activities(updated)} changed` : null,
    deleted > 0 ? `${activities(deleted)} deleted` : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join(", ");
  return listed > 0 ? `${activities(listed)} looked at, nothing new` : "nothing new";
}

function activities(count: number): string {
  return `${count} ${count === 1 ? "activity" : "activities"}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

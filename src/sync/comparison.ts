// What a list means against what is stored: what is new, what is newer, what we know under another id, what is left out and
// why, and what is missing and how far that is to be believed (rule 9). Pure.

import { mapActivityType } from "../activities/type-mapping.ts";
import type { ActivityType } from "../kernel/activity-types.ts";
import type { ActivityId, ProviderName, SourceActivityId } from "../kernel/ids.ts";
import type { ActivitySummary, ListWindow } from "../providers/port.ts";
import type { AccountLink } from "./account/account-protocol.ts";
import type { Adoption, Found } from "./messages.ts";
import { isSameWorkout, type WorkoutSpan } from "./same-workout.ts";

const dayMilliseconds = 24 * 3_600_000;
/** A session shorter than this was started by mistake, unless it was typed in; where the provider lists noise too. */
const shortestSeconds = 60;

/** What a list has to say: all entries of the window, once each, newest state last seen wins. */
export interface Listing {
  readonly summaries: readonly ActivitySummary[];
  /** Ids that the provider named but that could not be read: they are not missing. */
  readonly unreadable: readonly SourceActivityId[];
  /** False when pages were left out: then nothing is missing, because nobody looked. */
  readonly isWhole: boolean;
  readonly window: ListWindow;
  readonly listStartedAt: number;
}

/** Whether the user lets us see what there is. A grant without it is a connection all the same, which lists nothing. */
export function mayList(link: Pick<AccountLink, "grantedScopes">): boolean {
  return link.grantedScopes.includes("activity");
}

/** What is stored of one activity, as far as comparing needs it. */
export interface StoredIndexEntry {
  readonly id: ActivityId;
  readonly provider: ProviderName;
  readonly sourceActivityId: SourceActivityId;
  readonly providerVersion: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly type: ActivityType | null;
  /** Whether somebody may have read it; until then it settles. */
  readonly isInFeed: boolean;
  readonly deleted: boolean;
}

export type Difference = Pick<Found, "summaries" | "missing" | "stored" | "adoptions" | "underWayUntil"> & {
  /** Entries that were left out for good: sessions under a minute, and copies of a workout that comes from elsewhere. */
  readonly leftOut: number;
};

/** What the entries of a list are to us, whatever the window. */
export interface Sorted {
  /** To be fetched: new, newer, or a better record of what is stored. */
  readonly summaries: readonly ActivitySummary[];
  /** Stored activities that this provider's id now stands for. */
  readonly adoptions: readonly Adoption[];
  readonly leftOut: number;
  /** The latest end of what still runs, epoch milliseconds; null when nothing does. */
  readonly underWayUntil: number | null;
}

/** Sorts a list's entries. `isOurs`: whether an entry that is new belongs here at all. Pure. */
export function sortEntries(
  listed: readonly ActivitySummary[],
  stored: readonly StoredIndexEntry[],
  provider: ProviderName,
  isOurs: (summary: ActivitySummary) => boolean,
): Sorted {
  const known = new Map(
    stored.filter((entry) => entry.provider === provider).map((entry) => [entry.sourceActivityId, entry]),
  );
  const living = stored.filter((entry) => !entry.deleted);
  const listedIds = new Set(listed.map((summary) => summary.sourceActivityId));
  const ended = listed.filter((summary) => summary.isUnderWay !== true);
  const { kept, copiesOf } = withoutCopies(ended);

  const summaries: ActivitySummary[] = [];
  const adoptions: Adoption[] = [];
  const adopted = new Set<ActivityId>();
  let leftOut = ended.length - kept.length;
  for (const summary of kept) {
    const same = known.get(summary.sourceActivityId);
    if (same !== undefined && !same.deleted) {
      if (summary.version > same.providerVersion) summaries.push(summary);
      continue;
    }
    const copies = copiesOf.get(summary.sourceActivityId) ?? [];
    // Two records of a provider that does not rank them (Fitbit) are two activities, however alike they are.
    const mayMatch = (entry: StoredIndexEntry) =>
      entry.provider !== provider || summary.copyRank !== undefined;
    // A copy that is stored may have been shorter when it was: the list has just said what it is a copy of.
    const copied = copies.map((id) => known.get(id)).find((entry) => entry?.deleted === false);
    const match =
      copied ??
      living.find(
        (entry) => mayMatch(entry) && !adopted.has(entry.id) && isSameWorkout(spanOf(summary), entry),
      );
    if (match === undefined) {
      if (!isOurs(summary)) continue;
      if (isMistake(summary)) leftOut += 1;
      else summaries.push(summary);
      continue;
    }
    const isFromAnother = match.provider !== provider;
    const isBetter = copies.includes(match.sourceActivityId);
    // A record of this provider whose own id is still listed, and which is no worse: what is new is its copy.
    if (!isFromAnother && !isBetter && listedIds.has(match.sourceActivityId)) {
      leftOut += 1;
      continue;
    }
    // What its reader has seen stays as it is: a change of provider is not a revision (rule 8).
    const keepsContent = isFromAnother && match.isInFeed;
    adopted.add(match.id);
    adoptions.push({
      activityId: match.id,
      sourceActivityId: summary.sourceActivityId,
      providerVersion: keepsContent ? summary.version : 0,
    });
    if (!keepsContent) summaries.push(summary);
  }
  const ends = listed.filter((summary) => summary.isUnderWay === true).map(endOf);
  return { summaries, adoptions, leftOut, underWayUntil: ends.length === 0 ? null : Math.max(...ends) };
}

/** What a listing holds that is new or newer, and what it lacks. Pure. */
export function compareListing(
  listing: Listing,
  stored: readonly StoredIndexEntry[],
  link: Pick<AccountLink, "liveSince" | "grantedScopes" | "provider">,
): Difference {
  // What nobody was allowed to list is not missing.
  if (!mayList(link)) {
    return { summaries: [], adoptions: [], missing: [], stored: 0, leftOut: 0, underWayUntil: null };
  }
  // What ended before the connection was made, or before an erasure, is history.
  const sorted = sortEntries(
    listing.summaries,
    stored,
    link.provider,
    (summary) => endOf(summary) >= link.liveSince,
  );
  const listed = new Set<string>([
    ...listing.summaries.map((summary) => summary.sourceActivityId),
    ...listing.unreadable,
  ]);
  const adopted = new Set(sorted.adoptions.map((adoption) => adoption.activityId));
  // Entries near the window's edges may lie outside of what the provider takes for the window (local dates), and what came
  // from another provider is not this one's to miss.
  const expected = stored.filter(
    (entry) =>
      !entry.deleted &&
      entry.provider === link.provider &&
      entry.startTime >= listing.window.start + dayMilliseconds &&
      entry.startTime < Math.min(listing.listStartedAt, listing.window.end - dayMilliseconds),
  );
  const missing = listing.isWhole
    ? expected
        .filter((entry) => !listed.has(entry.sourceActivityId) && !adopted.has(entry.id))
        .map((entry) => entry.sourceActivityId)
    : [];
  return { ...sorted, missing, stored: expected.length };
}

/** The state in which a sync begins when a look has already read the list. */
export function toFound(listing: Listing, difference: Difference, calls = 0): Found {
  const { leftOut: _leftOut, ...rest } = difference;
  return { ...rest, listed: listing.summaries.length, calls, listStartedAt: listing.listStartedAt };
}

/** Whether a difference has anything to do. */
export function isNothing(difference: Pick<Difference, "summaries" | "missing" | "adoptions">): boolean {
  return (
    difference.summaries.length === 0 && difference.missing.length === 0 && difference.adoptions.length === 0
  );
}

/** How deletions are judged (rule 9): a few are asked for one by one, many at once are asked again after an hour. */
export function judgeMissing(missingCount: number, storedInWindow: number): "none" | "ask" | "suspicious" {
  if (missingCount === 0) return "none";
  if (missingCount > 3) return "suspicious";
  return missingCount * 2 >= storedInWindow && storedInWindow > 1 ? "suspicious" : "ask";
}

/**
 * Of several records of one workout the best, by rank and then by id so that every list says the same; and the ids of those
 * that it stands for. Providers that do not rank their records (Fitbit) do not copy either.
 */
function withoutCopies(listed: readonly ActivitySummary[]): {
  readonly kept: readonly ActivitySummary[];
  readonly copiesOf: ReadonlyMap<SourceActivityId, readonly SourceActivityId[]>;
} {
  const ranked = [...listed].sort(
    (one, other) =>
      (one.copyRank ?? 0) - (other.copyRank ?? 0) || (one.sourceActivityId < other.sourceActivityId ? -1 : 1),
  );
  const kept: ActivitySummary[] = [];
  const copiesOf = new Map<SourceActivityId, SourceActivityId[]>();
  for (const summary of ranked) {
    const original =
      summary.copyRank === undefined
        ? undefined
        : kept.find((other) => other.copyRank !== undefined && isSameWorkout(spanOf(other), spanOf(summary)));
    if (original === undefined) kept.push(summary);
    else {
      const copies = copiesOf.get(original.sourceActivityId) ?? [];
      copiesOf.set(original.sourceActivityId, [...copies, summary.sourceActivityId]);
    }
  }
  // In the list's own order, which is what a backfill's cursor goes by.
  const keptIds = new Set(kept.map((summary) => summary.sourceActivityId));
  return { kept: listed.filter((summary) => keptIds.has(summary.sourceActivityId)), copiesOf };
}

function spanOf(summary: ActivitySummary): WorkoutSpan {
  return { startTime: summary.startTime, endTime: endOf(summary), type: mapActivityType(summary) };
}

function endOf(summary: ActivitySummary): number {
  return summary.startTime + summary.elapsedSeconds * 1000;
}

/** Google lists such sessions (observed); a log under a minute at Fitbit is as good as any other. */
function isMistake(summary: ActivitySummary): boolean {
  const { copyRank, elapsedSeconds, recordedBy } = summary;
  return copyRank !== undefined && elapsedSeconds < shortestSeconds && recordedBy !== "manual";
}

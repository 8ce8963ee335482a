// What a list means against what is stored: what is new, what is newer, and what is missing and how far that is to be
// believed (rule 9). Pure.

import type { SourceActivityId } from "../kernel/ids.ts";
import type { ActivitySummary, ListWindow } from "../providers/port.ts";
import type { AccountLink } from "./account/account-protocol.ts";
import type { Found } from "./messages.ts";

const dayMilliseconds = 24 * 3_600_000;

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
  readonly sourceActivityId: SourceActivityId;
  readonly providerVersion: number;
  readonly startTime: number;
  readonly deleted: boolean;
}

export type Difference = Pick<Found, "summaries" | "missing" | "stored">;

/** What a listing holds that is new or newer, and what it lacks. Pure. */
export function compareListing(
  listing: Listing,
  stored: readonly StoredIndexEntry[],
  link: Pick<AccountLink, "liveSince" | "grantedScopes">,
): Difference {
  // What nobody was allowed to list is not missing.
  if (!mayList(link)) return { summaries: [], missing: [], stored: 0 };
  const byId = new Map(stored.map((entry) => [entry.sourceActivityId, entry]));
  const summaries = listing.summaries.filter((summary) => {
    const known = byId.get(summary.sourceActivityId);
    if (known !== undefined && !known.deleted) return summary.version > known.providerVersion;
    // New, or back from the dead; what ended before the connection was made, or before an erasure, is history.
    return summary.startTime + summary.elapsedSeconds * 1000 >= link.liveSince;
  });
  const listed = new Set<string>([
    ...listing.summaries.map((summary) => summary.sourceActivityId),
    ...listing.unreadable,
  ]);
  // Entries near the window's edge may lie outside of what the provider takes for the window (local dates).
  const expected = stored.filter(
    (entry) =>
      !entry.deleted &&
      entry.startTime >= listing.window.start + dayMilliseconds &&
      entry.startTime < listing.listStartedAt,
  );
  const missing = listing.isWhole
    ? expected.map((entry) => entry.sourceActivityId).filter((id) => !listed.has(id))
    : [];
  return { summaries, missing, stored: expected.length };
}

/** The state in which a sync begins when a look has already read the list. */
export function toFound(listing: Listing, difference: Difference, calls = 0): Found {
  return { ...difference, listed: listing.summaries.length, calls, listStartedAt: listing.listStartedAt };
}

/** Whether a difference has anything to do. */
export function isNothing(difference: Difference): boolean {
  return difference.summaries.length === 0 && difference.missing.length === 0;
}

/** How deletions are judged (rule 9): a few are asked for one by one, many at once are asked again after an hour. */
export function judgeMissing(missingCount: number, storedInWindow: number): "none" | "ask" | "suspicious" {
  if (missingCount === 0) return "none";
  if (missingCount > 3) return "suspicious";
  return missingCount * 2 >= storedInWindow && storedInWindow > 1 ? "suspicious" : "ask";
}

// One list: every page of the window, read without error or not at all. What it means is comparison.ts's to say.

import type { SourceActivityId } from "../kernel/ids.ts";
import type {
  ActivitySummary,
  CallContext,
  ListWindow,
  Provider,
  ProviderResult,
} from "../providers/port.ts";
import type { AccountLink } from "./account/account-protocol.ts";
import { type Listing, mayList } from "./comparison.ts";

/** Longest catch-up after an outage, so that one list stays one list. */
const longestCatchUpMilliseconds = 31 * 24 * 3_600_000;
const dayMilliseconds = 24 * 3_600_000;
/** Pages of one list; 100 entries each at Fitbit. */
const pageLimit = 40;

/** The window of a routine list: the provider's reach, or back to a day before the last completed list after an outage. */
export function routineWindow(
  provider: Provider,
  link: AccountLink,
  listedAt: number,
  now: number,
): ListWindow {
  const reach = now - provider.listReachSeconds * 1000;
  const sinceLast = listedAt === 0 ? reach : listedAt - dayMilliseconds;
  const floor = now - longestCatchUpMilliseconds;
  const start = Math.max(Math.min(reach, sinceLast), floor);
  // An activity may have begun before the connection was made and ended after it; nothing older is live.
  return {
    start: Math.min(Math.max(start, link.liveSince - dayMilliseconds), reach),
    end: now + dayMilliseconds,
  };
}

/** An interval that a push named, with room at its ends: the provider's lists go by local dates (rule 9 asks for a day). */
export function intervalWindow(interval: ListWindow): ListWindow {
  return { start: interval.start - 2 * dayMilliseconds, end: interval.end + 2 * dayMilliseconds };
}

/** Whether every look lists what lies in an interval. */
export function isWithinReach(provider: Provider, interval: ListWindow, now: number): boolean {
  return interval.start - dayMilliseconds > now - provider.listReachSeconds * 1000;
}

/** What still runs is listed again shortly after its end, and after this long at the latest. */
const underWayAtMost = 15 * 60_000;
const underWayMargin = 60_000;

/** When to look again because of what still ran; null when nothing did. */
export function lookAtEnd(found: { readonly underWayUntil: number | null }, now: number): number | null {
  if (found.underWayUntil === null) return null;
  return Math.min(now + underWayAtMost, Math.max(now, found.underWayUntil) + underWayMargin);
}

/** What a run says that could list nothing. */
export const scopeMissing = {
  code: "scope_missing",
  message: "Access to activities was not allowed. Reconnect to allow it.",
} as const;

/** What reading a list needs of a session. */
interface ListReader {
  readonly provider: Pick<Provider, "listActivities">;
  readonly clock: { now(): number };
  readonly lease: { readonly link: Pick<AccountLink, "grantedScopes"> };
  /** Makes one call, and interrupts the sync unless it is answered. */
  require<Value>(make: (context: CallContext) => Promise<ProviderResult<Value>>): Promise<Value>;
}

/** Reads every page, or none where the scope is missing. Interrupts the sync when one fails: half a list must never look like a whole one. */
export async function readListing(session: ListReader, window: ListWindow): Promise<Listing> {
  const listStartedAt = session.clock.now();
  const byId = new Map<SourceActivityId, ActivitySummary>();
  const unreadable: SourceActivityId[] = [];
  if (!mayList(session.lease.link))
    return { summaries: [], unreadable, isWhole: false, window, listStartedAt };
  let page: string | null = null;
  for (let count = 0; count < pageLimit; count++) {
    const answer = await session.require((context) => session.provider.listActivities(context, window, page));
    for (const summary of answer.activities) {
      // Rows shift between offset pages when something is recorded meanwhile (Fitbit reference §3): once each.
      const known = byId.get(summary.sourceActivityId);
      if (known === undefined || known.version <= summary.version)
        byId.set(summary.sourceActivityId, summary);
    }
    for (const entry of answer.unreadable) {
      if (entry.sourceActivityId !== null) unreadable.push(entry.sourceActivityId);
    }
    page = answer.nextPage;
    if (page === null) break;
  }
  return { summaries: [...byId.values()], unreadable, isWhole: page === null, window, listStartedAt };
}

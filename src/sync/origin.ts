// How an activity came to the feed when it came first: what FitGlue shows its user as new, and what it files as history.

import type { FeedOrigin, SyncTrigger } from "../db/schema.ts";
import type { ActivitySummary } from "../providers/port.ts";
import type { AccountLink } from "./account/account-protocol.ts";

/**
 * What ended after the user connected is no history, whoever found it first. What ended before is history if a backfill
 * brings it, or the first list of a connection (`listedAt` 0) where `BACKFILL_DAYS` asks for some; what a later list finds
 * was recorded while the connection was broken, and its user waits for it.
 */
export function originOf(
  trigger: SyncTrigger,
  summary: Pick<ActivitySummary, "startTime" | "elapsedSeconds">,
  link: Pick<AccountLink, "connectedAt">,
  listedAt: number,
): FeedOrigin {
  // Whole seconds, because that is how exactly a provider tells when an activity ended.
  const connectedSecond = Math.floor(link.connectedAt / 1000) * 1000;
  const isOlder = summary.startTime + summary.elapsedSeconds * 1000 < connectedSecond;
  if (isOlder && (trigger === "backfill" || listedAt === 0)) return "backfill";
  return trigger === "sweep" ? "sweep" : "live";
}

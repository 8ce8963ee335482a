// What the two consumers say in the log of work that did not happen: it waits, somebody else does it, or it failed. These lines
// answer "why did this activity come late?".

import type { AccountName } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { ProviderError } from "../providers/errors.ts";
import type { BeginResult } from "./account/account-protocol.ts";
import type { Work } from "./messages.ts";

/** No lease, and why. */
export function logNoLease(
  account: AccountName,
  work: Work,
  begun: Exclude<BeginResult, { status: "leased" }>,
): void {
  if (begun.status === "waiting") logWaiting(account, work, begun.until);
  else log("info", "sync.skipped", { account, kind: work.kind, reason: begun.status });
}

/** The account has no call left, or its token is being renewed: the work goes on at `until`, epoch milliseconds. */
export function logWaiting(account: AccountName, work: Work, until: number): void {
  log("info", "sync.waiting", { account, kind: work.kind, at: until });
}

/** A failure as log fields: the provider's, in our own words, or an exception's class and first frame. */
export function failureFields(failure: unknown): { code: string; reason: string } {
  return isProviderError(failure)
    ? { code: failure.code, reason: failure.message }
    : describeException(failure);
}

function isProviderError(failure: unknown): failure is ProviderError {
  return typeof failure === "object" && failure !== null && !(failure instanceof Error) && "code" in failure;
}

/** Entries of a list that never become activities, and by which rule: docs/google-health.md tells the rules. */
export function logLeftOut(account: AccountName, difference: { readonly leftOut: number }): void {
  if (difference.leftOut > 0) log("info", "list.left_out", { account, count: difference.leftOut });
}

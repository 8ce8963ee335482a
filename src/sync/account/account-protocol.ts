// What one may ask an account's object, and its answers. Every method answers a union and never rejects for an expected
// outcome. Times are epoch milliseconds and come in as `now`, because only entry points read the clock.

import type { AccountName, ConnectionId, ProviderName, ProviderUserId, UserId } from "../../kernel/ids.ts";
import type { ProviderError } from "../../providers/errors.ts";
import type { GrantScope, RateReading, TokenSet } from "../../providers/port.ts";
import type { Work } from "../messages.ts";

/** Whose account this is. */
export interface AccountLink {
  readonly connectionId: ConnectionId;
  readonly userId: UserId;
  readonly provider: ProviderName;
  readonly providerUserId: ProviderUserId;
  readonly grantedScopes: readonly GrantScope[];
  readonly connectedAt: number;
  /** Activities that ended earlier are history. */
  readonly liveSince: number;
}

export interface LinkRequest {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly provider: ProviderName;
  readonly providerUserId: ProviderUserId;
  readonly tokens: TokenSet;
  readonly backfillDays: number;
  /** The same person's account at another provider, as the grant told it. */
  readonly formerAccount: AccountName | null;
  /** The connection that goes over to this account with its id, activities and revisions; null makes or takes up this account's. */
  readonly carried: ConnectionId | null;
  /** Nothing that ended before this is live, whatever an earlier link said; null keeps what was. */
  readonly liveFrom: number | null;
  readonly now: number;
}

/** What an account hands on when its connection goes over to another account. */
export interface Handover {
  /** Start of its last completed list, 0 when there was none: the next list reaches back to it. */
  readonly listedAt: number;
  /** What somebody asked for and follows as a run of theirs, and later looks at activities that lack a stream. */
  readonly pending: readonly DueEntry[];
}

export type LeaveResult =
  | { readonly status: "left"; readonly handover: Handover }
  /** This account does not have that connection, or its leave is over. */
  | { readonly status: "unknown_account" };

export type LinkResult =
  | { readonly status: "linked"; readonly connectionId: ConnectionId; readonly isNew: boolean }
  /** Another user holds the account. The new token pair went to that connection, which goes on working. */
  | { readonly status: "held" };

/** `fresh` may use every call; `background` leaves the provider's reserve. */
export type CallPriority = "fresh" | "background";

export interface BeginRequest {
  readonly work: Work;
  /** Of the hint that caused it; null when nothing was pushed. */
  readonly receivedAt: number | null;
  readonly now: number;
}

export type BeginResult =
  | { readonly status: "leased"; readonly lease: Lease }
  /** Somebody works for this account; the object remembers and sees to it that this is not lost. */
  | { readonly status: "busy" }
  /** The last completed list began after this hint came: it has nothing to tell. */
  | { readonly status: "nothing_due" }
  /** No call left, or a token refresh to be tried again: a due entry is made. */
  | { readonly status: "waiting"; readonly until: number }
  /** The connection is not active; nothing is to be done until its user reconnects. */
  | {
      readonly status: "halted";
      readonly reason: "needs_reauthorization" | "provider_gone" | "revocation_pending";
    }
  | { readonly status: "unknown_account" }
  /** The token endpoint failed in a way that another attempt may mend. */
  | { readonly status: "failed"; readonly error: ProviderError };

export interface Lease {
  readonly fence: number;
  /** After this the holder is taken for dead. Every `extend` moves it on. */
  readonly deadline: number;
  readonly accessToken: string;
  /** Calls that the holder may make. */
  readonly calls: number;
  readonly link: AccountLink;
  /** The start of the last completed list, 0 when there was none. */
  readonly listedAt: number;
}

export interface CallReport {
  /** Calls made since the last report. */
  readonly spent: number;
  /** The newest reading of the provider's own count. */
  readonly rate: RateReading | null;
  /** Set when the provider answered 429: no call before this. */
  readonly limitedUntil: number | null;
}

export type ExtendResult =
  | { readonly status: "extended"; readonly calls: number; readonly deadline: number }
  | { readonly status: "no_budget"; readonly until: number }
  | { readonly status: "lost" };

/** Something to be done for this account at a time. */
export interface DueEntry {
  readonly at: number;
  readonly work: Work;
}

export interface EndRequest {
  readonly fence: number;
  readonly report: CallReport;
  /** When the list began that this holder read to its end; null when it read none. */
  readonly listedAt: number | null;
  /** Due entries to make, and keys of entries to drop. */
  readonly due: readonly DueEntry[];
  readonly drop: readonly string[];
  /** A hint's look that found nothing asks for one more look later. */
  readonly lookAgainAt: number | null;
  /** Whether the holder would go round again for what arrived meanwhile; otherwise a due entry sees to it. */
  readonly mayRepeat: boolean;
  readonly now: number;
}

export type EndResult =
  /** The lease is kept: list again, something arrived. */
  | { readonly status: "again"; readonly lease: Lease }
  | { readonly status: "ended"; readonly reading: AccountReading }
  | { readonly status: "lost" };

/** What a connection shows of its account, as of a sync's end. */
export interface AccountReading {
  readonly budget: BudgetReading;
  /** When the newest push reached us, or null. */
  readonly notifiedAt: number | null;
}

/** A token and a few calls outside of any sync: the window of heart rate that a booster asks for, a subscription. */
export type CallPermit =
  | {
      readonly status: "permitted";
      readonly accessToken: string;
      readonly calls: number;
      readonly link: AccountLink;
    }
  | { readonly status: "no_budget"; readonly until: number }
  | {
      readonly status: "halted";
      readonly reason: "needs_reauthorization" | "provider_gone" | "revocation_pending";
    }
  | { readonly status: "unknown_account" }
  | { readonly status: "failed"; readonly error: ProviderError };

export type RenewResult =
  | { readonly status: "renewed"; readonly accessToken: string }
  | {
      readonly status: "halted";
      readonly reason: "needs_reauthorization" | "provider_gone" | "revocation_pending";
    }
  | { readonly status: "waiting"; readonly until: number }
  | { readonly status: "lost" };

export interface UnlinkRequest {
  readonly connectionId: ConnectionId;
  /** Only if it was connected at this time: what is said of an older grant does not end the newer one. */
  readonly connectedAt?: number;
  /** A sentence for people, shown with the connection. */
  readonly message: string | null;
  readonly now: number;
}

export type UnlinkResult =
  /** The tokens that were dropped, for one attempt to revoke them; null when there were none. */
  { readonly status: "unlinked"; readonly tokens: TokenSet | null } | { readonly status: "unknown_account" };

export interface BudgetReading {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: number;
}

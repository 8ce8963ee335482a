// What the rest of the simulator needs of a provider: to answer its calls, to push in its manner, and to tell its subscribers
// what happened to a person. Each provider's folder implements it; nothing outside a folder knows a provider's JSON.

import type { ProviderEdge } from "./calls.ts";
import type { PushChannel } from "./deliveries.ts";
import type { Account, ProviderName, RecordedActivity } from "./state.ts";

/** A device of this account has handed over what it recorded. `dates` and `collections` are what the caller wants told instead. */
export interface SyncEvent {
  account: Account;
  brought: readonly RecordedActivity[];
  /** When the device synced before; null: never. */
  lastSyncAtMs: number | null;
  dates?: readonly string[] | undefined;
  collections?: readonly string[] | undefined;
}

/** Where an activity was before it was edited. */
export interface Span {
  startTimeMs: number;
  endTimeMs: number;
  utcOffsetSeconds: number;
}

/** Each answers how many notifications it has put into the queue. */
export interface ProviderEvents {
  synced(events: readonly SyncEvent[]): number;
  /** Edited in the cloud; `gone` are the logs that were joined into this one. */
  changed(
    account: Account,
    activity: RecordedActivity,
    before: readonly Span[],
    gone: readonly RecordedActivity[],
  ): number;
  removed(account: Account, activity: RecordedActivity): number;
  /** The user withdraws consent: every token and subscription ends. */
  consentWithdrawn(account: Account): number;
  /** Called while the account's activities are still there. */
  accountDeleted(account: Account): number;
}

export interface Provider {
  name: ProviderName;
  edge: ProviderEdge;
  channel: PushChannel;
  events: ProviderEvents;
}

export type Providers = { readonly [Name in ProviderName]: Provider };

/** The span of an activity as it is now. */
export function spanOf(activity: RecordedActivity): Span {
  const { startTimeMs, durationSeconds, utcOffsetSeconds } = activity.recipe;
  return { startTimeMs, endTimeMs: startTimeMs + durationSeconds * 1000, utcOffsetSeconds };
}

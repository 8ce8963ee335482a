// Which notifications an event causes. A notification names user, collection and local date, nothing else; the two about
// the account itself carry today's date. Sending them is deliveries.ts.

import { type Span, type SyncEvent, spanOf } from "../provider.ts";
import { text } from "../random.ts";
import type { Account, Notification, State } from "../state.ts";
import { localDate, utcOffsetSecondsAt } from "../time-zone.ts";
import { everyCollection } from "./subscriptions.ts";

const longestCatchUpDays = 7;

/** The account's local date now. */
export function today(state: State, account: Account): string {
  const now = state.clock.now();
  return localDate(now, utcOffsetSecondsAt(account.timezone, now));
}

/** The local dates that a span touches: two when it crosses midnight. */
export function datesOf({ startTimeMs, endTimeMs, utcOffsetSeconds }: Span): string[] {
  return [...new Set([localDate(startTimeMs, utcOffsetSeconds), localDate(endTimeMs, utcOffsetSeconds)])];
}

/** The dates a sync reports: every day since the last one, a week at most, and those of what it brought. */
export function datesOfSync(state: State, event: SyncEvent): string[] {
  const { account } = event;
  const dates = new Set(event.brought.flatMap((activity) => datesOf(spanOf(activity))));
  const last = today(state, account);
  const dayMs = 86_400_000;
  const lastMs = Date.parse(last);
  const since = event.lastSyncAtMs ?? state.clock.now();
  const sinceMs = Date.parse(localDate(since, utcOffsetSecondsAt(account.timezone, since)));
  for (let day = Math.max(sinceMs, lastMs - longestCatchUpDays * dayMs); day <= lastMs; day += dayMs) {
    dates.add(new Date(day).toISOString().slice(0, 10));
  }
  return [...dates].sort();
}

/**
 * What the account's subscribers are told about changed data. A collection that Fitbit does not have is sent under any
 * subscription of the user: new kinds of notification have appeared before, and a client must live with them.
 */
export function dataNotifications(
  state: State,
  account: Account,
  collections: readonly string[],
  dates: readonly string[],
): Notification[] {
  const mine = state.subscriptions.filter((one) => one.providerUserId === account.providerUserId);
  const known = new Set(["activities", "body", "foods", "sleep", "userRevokedAccess"]);
  return collections.flatMap((collectionType) => {
    // A subscription to all collections and one to this collection notify twice (documented).
    const told = mine.filter(
      (one) => one.collectionType === collectionType || one.collectionType === everyCollection,
    );
    const listeners = known.has(collectionType) ? told : told.length > 0 ? told : mine.slice(0, 1);
    return listeners.flatMap((subscription) =>
      dates.map((date) => notification(account, collectionType, date, subscription.subscriptionId)),
    );
  });
}

/** One notification if the user's revocation was subscribed to (community: once per user). */
export function revocationNotifications(state: State, account: Account): Notification[] {
  return state.subscriptions
    .filter(
      (one) => one.providerUserId === account.providerUserId && one.collectionType === "userRevokedAccess",
    )
    .slice(0, 1)
    .map((one) => notification(account, "userRevokedAccess", today(state, account), one.subscriptionId));
}

/** One per subscription, under a number of Fitbit's own instead of the subscriber's id (community, a real sample). */
export function deletionNotifications(state: State, account: Account): Notification[] {
  return state.subscriptions
    .filter((one) => one.providerUserId === account.providerUserId)
    .map((one) => {
      const internalId = `3${text("0123456789", 8, state.seed, "internal", one.subscriptionId)}`;
      return notification(account, "deleteUser", today(state, account), internalId);
    });
}

function notification(
  account: Account,
  collectionType: string,
  date: string,
  subscriptionId: string,
): Notification {
  const { providerUserId } = account;
  const element = { collectionType, date, ownerId: providerUserId, ownerType: "user", subscriptionId };
  return { providerUserId, element };
}

// Google Health as the rest of the simulator sees it: its calls, its pushes, and what its subscribers are told.

import { asOfNow, isVisible } from "../activities.ts";
import { formOf } from "../form.ts";
import { type Provider, type Span, type SyncEvent, spanOf } from "../provider.ts";
import type { Account, Notification, RecordedActivity, State } from "../state.ts";
import { instantOfWallClock, utcOffsetSecondsAt } from "../time-zone.ts";
import { googleApi, isGoogleApiPath } from "./api.ts";
import { googleChannel } from "./deliveries.ts";
import { noSuchPath } from "./errors.ts";
import { googleFaultAnswer, googleFaults } from "./fault-answers.ts";
import { isHeard, notificationOf, tell, withdrawn } from "./notifications.ts";
import { type GoogleSimulator, hasGoogle } from "./state.ts";
import { endGrant } from "./tokens.ts";

const dayMs = 86_400_000;

/** The Google side. Without its options it answers 404 and tells nobody anything. */
export function googleProvider(state: State): Provider {
  const on = <Value>(otherwise: Value, answer: (google: GoogleSimulator) => Value): Value =>
    hasGoogle(state) ? answer(state) : otherwise;
  return {
    name: "google-health",
    channel: googleChannel(state),
    edge: {
      provider: "google-health",
      answer: async (request) => (hasGoogle(state) ? googleApi(state, request) : noSuchPath()),
      providerUserIdOf: async (request, url) => (hasGoogle(state) ? ownerOf(state, request, url) : null),
      isApiCall: (url) => isGoogleApiPath(url.pathname),
      ownFaults: googleFaults,
      faultAnswer: (fault) => on(noSuchPath(), (google) => googleFaultAnswer(google, fault)),
    },
    events: {
      synced: (events) => on(0, (google) => synced(google, events)),
      changed: (account, activity, _before, gone) =>
        on(0, (google) => {
          const removed = gone.reduce((told, one) => told + removal(google, account, one), 0);
          if (!isVisible(account, activity) || !isHeard(google, account)) return removed;
          return removed + tell(google, notificationOf(google, account, "UPSERT", [spanOf(activity)]));
        }),
      removed: (account, activity) => on(0, (google) => removal(google, account, activity)),
      consentWithdrawn: (account) => on(0, (google) => ended(google, account)),
      accountDeleted: (account) => on(0, (google) => ended(google, account)),
    },
  };
}

/** What a sync of one or several devices brought: a notification each, in as few pushes as they fit into. */
function synced(state: GoogleSimulator, events: readonly SyncEvent[]): number {
  const byType = new Map<string, Notification[]>();
  for (const event of events.filter((one) => isHeard(state, one.account))) {
    for (const collection of event.collections ?? ["activities"]) {
      const dataType = collection === "activities" ? "exercise" : collection;
      const notifications = notificationOf(state, event.account, "UPSERT", spansOf(state, event), dataType);
      byType.set(dataType, [...(byType.get(dataType) ?? []), ...notifications]);
    }
  }
  return [...byType].reduce((told, [dataType, all]) => told + tell(state, all, dataType), 0);
}

/** The intervals of what came, or the whole days that the caller names. */
function spansOf(state: GoogleSimulator, { account, brought, dates }: SyncEvent): Span[] {
  if (dates === undefined) return brought.map((activity) => spanOf(asOfNow(state, activity)));
  return dates.map((date) => {
    const startTimeMs = instantOfWallClock(account.timezone, Date.parse(date));
    const endTimeMs = instantOfWallClock(account.timezone, Date.parse(date) + dayMs);
    return { startTimeMs, endTimeMs, utcOffsetSeconds: utcOffsetSecondsAt(account.timezone, startTimeMs) };
  });
}

function removal(state: GoogleSimulator, account: Account, activity: RecordedActivity): number {
  if (!isVisible(account, activity) || !isHeard(state, account)) return 0;
  return tell(state, notificationOf(state, account, "DELETE", [spanOf(asOfNow(state, activity))]));
}

function ended(state: GoogleSimulator, account: Account): number {
  const told = withdrawn(state, account);
  endGrant(state.google, account.providerUserId);
  return told;
}

/** The account that a request is about, were its token valid: for the list of calls and for aiming faults. */
async function ownerOf(state: GoogleSimulator, request: Request, url: URL): Promise<string | null> {
  const { google } = state;
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return google.accessTokens.get(bearer)?.providerUserId ?? null;
  if (request.method !== "POST" || isGoogleApiPath(url.pathname)) return null;
  const form = await formOf(request.clone());
  const token = form.get("refresh_token") ?? form.get("token") ?? url.searchParams.get("token") ?? "";
  return (
    google.refreshTokens.get(token)?.providerUserId ??
    google.accessTokens.get(token)?.providerUserId ??
    google.codes.get(form.get("code") ?? "")?.providerUserId ??
    state.accounts.get(form.get("account") ?? "")?.providerUserId ??
    null
  );
}

// What Google's subscribers are told: whose data of which type changed in which intervals, and no record's id. Subscriptions
// are automatic: every account whose consent covers the data type, for as long as it does (Google Health API, "Webhooks").

import { enqueuePushes } from "../deliveries.ts";
import type { Json } from "../json.ts";
import type { Span } from "../provider.ts";
import { spanOf } from "../provider.ts";
import { hash } from "../random.ts";
import { type Account, type Notification, nextNumber } from "../state.ts";
import { localDateTime } from "../time-zone.ts";
import { exercisesOf } from "./data-points.ts";
import { activityScope } from "./scopes.ts";
import type { GoogleSimulator } from "./state.ts";
import { civilDateTime, timestamp } from "./values.ts";

export type Operation = "UPSERT" | "DELETE";

/** Whether the account's consent covers exercises: only then is anybody told. */
export function isHeard(state: GoogleSimulator, account: Account): boolean {
  return state.google.grants.get(account.providerUserId)?.has(activityScope) ?? false;
}

/** One notification about all these spans; none without spans. */
export function notificationOf(
  state: GoogleSimulator,
  account: Account,
  operation: Operation,
  spans: readonly Span[],
  dataType = "exercise",
): Notification[] {
  if (spans.length === 0) return [];
  const malformed =
    state.faults.take(["malformed_interval"], {
      provider: "google-health",
      path: subscriberPaths(state),
      providerUserIds: [account.providerUserId],
    }) !== undefined;
  return [
    {
      providerUserId: account.providerUserId,
      element: {
        data: {
          version: "1",
          clientProvidedSubscriptionName: randomName(state),
          healthUserId: account.providerUserId,
          operation,
          dataType,
          intervals: spans.map((span) => (malformed ? malformedInterval(span) : intervalOf(span))),
        },
      },
    },
  ];
}

/** As other faults of pushes, this one is aimed by the subscriber's path. */
function subscriberPaths(state: GoogleSimulator): string {
  return [...state.google.subscribers.values()].map((one) => new URL(one.endpointUri).pathname).join(" ");
}

/** The three forms of one interval, side by side. */
function intervalOf({ startTimeMs, endTimeMs, utcOffsetSeconds }: Span): Json {
  return {
    physicalTimeInterval: { startTime: timestamp(startTimeMs), endTime: timestamp(endTimeMs) },
    civilDateTimeInterval: {
      startDateTime: civilDateTime(startTimeMs, utcOffsetSeconds),
      endDateTime: civilDateTime(endTimeMs, utcOffsetSeconds),
    },
    civilIso8601TimeInterval: {
      startTime: localDateTime(startTimeMs, utcOffsetSeconds),
      endTime: localDateTime(endTimeMs, utcOffsetSeconds),
    },
  };
}

/** Google's own example holds `2026-03-0B01:29:00Z`. */
function malformedInterval(span: Span): Json {
  const day = timestamp(span.startTimeMs).slice(0, 9);
  return {
    physicalTimeInterval: { startTime: `${day}B01:29:00Z`, endTime: "" },
    civilIso8601TimeInterval: {},
  };
}

/** For automatic subscriptions a random UUID for each notification (observed). */
function randomName(state: GoogleSimulator): string {
  const number = nextNumber(state);
  const digits = (part: number) =>
    hash(state.seed, "subscription name", number, part).toString(16).padStart(8, "0");
  const [a, b, c, d] = [digits(0), digits(1), digits(2), digits(3)];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-9${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/**
 * Queues notifications for every subscriber whose configuration names the data type. A type that is not `exercise` goes to
 * each of them: a client must live with what it did not ask for.
 */
export function tell(
  state: GoogleSimulator,
  notifications: readonly Notification[],
  dataType = "exercise",
): number {
  const { settings } = state.google;
  for (const subscriber of state.google.subscribers.values()) {
    const configured = subscriber.configs.some(
      (one) => one.subscriptionCreatePolicy === "AUTOMATIC" && one.dataTypes.includes(dataType),
    );
    if (dataType === "exercise" && !configured) continue;
    const size = settings.singleObjectBody ? 1 : settings.batchSize;
    enqueuePushes(state, "google-health", notifications, size, subscriber.id);
  }
  return notifications.length;
}

/** The end of consent or of the account: a DELETE for each interval that was there. There is no event of its own. */
export function withdrawn(state: GoogleSimulator, account: Account): number {
  if (!isHeard(state, account)) return 0;
  const spans = exercisesOf(state, account).map(spanOf);
  return tell(
    state,
    spans.flatMap((span) => notificationOf(state, account, "DELETE", [span])),
  );
}

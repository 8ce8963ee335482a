// Fitbit as the rest of the simulator sees it: its calls, its pushes, and what its subscribers are told.

import { isVisible } from "../activities.ts";
import type { Provider } from "../provider.ts";
import { spanOf } from "../provider.ts";
import type { Notification, State } from "../state.ts";
import { fitbitApi } from "./api.ts";
import { enqueue, fitbitChannel } from "./deliveries.ts";
import { fitbitFaultAnswer } from "./fault-answers.ts";
import {
  dataNotifications,
  datesOf,
  datesOfSync,
  deletionNotifications,
  revocationNotifications,
} from "./notifications.ts";
import { endGrant, providerUserIdOfRequest } from "./tokens.ts";

export function fitbitProvider(state: State): Provider {
  const api = fitbitApi(state);
  const tell = (notifications: readonly Notification[]): number => {
    enqueue(state, notifications);
    return notifications.length;
  };
  return {
    name: "fitbit",
    channel: fitbitChannel(state),
    edge: {
      provider: "fitbit",
      answer: async (request) => api.fetch(request),
      providerUserIdOf: (request, url) => providerUserIdOfRequest(state, request, url),
      // Whether the token endpoint is limited is unknown, and a person's consent page is no API call.
      isApiCall: (url) => !url.pathname.startsWith("/oauth2/"),
      ownFaults: [],
      faultAnswer: (fault) => fitbitFaultAnswer(state, fault),
    },
    events: {
      synced: (events) =>
        tell(
          events.flatMap((event) => {
            const brought = event.brought.filter((activity) => isVisible(event.account, activity));
            const dates = event.dates ?? datesOfSync(state, { ...event, brought });
            return dataNotifications(state, event.account, event.collections ?? ["activities"], dates);
          }),
        ),
      changed: (account, activity, before) => {
        if (!isVisible(account, activity)) return 0;
        const dates = [...new Set([...before, spanOf(activity)].flatMap(datesOf))].sort();
        return tell(dataNotifications(state, account, ["activities"], dates));
      },
      removed: (account, activity) =>
        isVisible(account, activity)
          ? tell(dataNotifications(state, account, ["activities"], datesOf(spanOf(activity)).sort()))
          : 0,
      consentWithdrawn: (account) => {
        const notifications = revocationNotifications(state, account);
        endGrant(state, account.providerUserId);
        return tell(notifications);
      },
      accountDeleted: (account) => {
        const notifications = deletionNotifications(state, account);
        endGrant(state, account.providerUserId);
        return tell(notifications);
      },
    },
  };
}

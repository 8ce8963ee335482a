// The Fitbit Web API behind the provider port. This file only puts the adapter's parts together; each of them knows one
// thing about Fitbit, and a second adapter has files of the same names.

import type { Provider } from "../port.ts";
import { getActivity, listActivities } from "./activity-list.ts";
import { fetchHeartRate } from "./heart-rate.ts";
import { authorizationUrl, exchangeCode, introspect, refresh, revoke } from "./oauth.ts";
import { fetchAge } from "./profile.ts";
import { fitbitBudget } from "./rate-limit.ts";
import { requestedScopes } from "./scopes.ts";
import { subscribe, unsubscribe } from "./subscriptions.ts";
import { fetchTcx } from "./tcx.ts";

export interface FitbitSettings {
  /** Where the API and its token endpoint are, for example https://api.fitbit.com. */
  readonly apiUrl: string;
  /** The consent page, for example https://www.fitbit.com/oauth2/authorize. */
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long one call may take with its body; 30 s by default. */
  readonly timeoutMilliseconds?: number;
}

/** The adapter for one registered Fitbit application ("Server" type: it keeps a secret). */
export function createFitbitProvider(settings: FitbitSettings): Provider {
  const api = { timeoutMilliseconds: 30_000, ...settings };
  return {
    name: "fitbit",
    requestedScopes,
    // A device can upload "as much as a week's worth of data all at once" (documented), and nothing can be asked for by
    // when it was modified.
    listReachSeconds: 7 * 86_400,
    listOrder: "ascending",
    refreshTokensPerAccount: "one",
    budget: fitbitBudget,
    authorizationUrl: (request) => authorizationUrl(api, request),
    exchangeCode: (request) => exchangeCode(api, request),
    refresh: (request) => refresh(api, request),
    revoke: (request) => revoke(api, request),
    introspect: (context) => introspect(api, context),
    subscribe: (context, connectionId) => subscribe(api, context, connectionId),
    unsubscribe: (context, connectionId) => unsubscribe(api, context, connectionId),
    listActivities: (context, window, page) => listActivities(api, context, window, page),
    getActivity: (context, id) => getActivity(api, context, id),
    fetchTcx: (context, id, options) => fetchTcx(api, context, id, options),
    // One call answers a whole day, so there is one page.
    fetchHeartRate: (context, request) => fetchHeartRate(api, context, request),
    fetchZoneBounds: null,
    fetchAge: (context) => fetchAge(api, context),
  };
}

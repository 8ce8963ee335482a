// The Google Health API (v4) behind the provider port. This file only puts the adapter's parts together; each of them knows one
// thing about Google, and the Fitbit adapter has files of the same names.

import type { Provider } from "../port.ts";
import { getActivity, listActivities } from "./activity-list.ts";
import { fetchHeartRate } from "./heart-rate.ts";
import { authorizationUrl, exchangeCode, introspect, refresh, revoke } from "./oauth.ts";
import { googleHealthBudget } from "./rate-limit.ts";
import { requestedScopes } from "./scopes.ts";
import { subscribe, unsubscribe } from "./subscriptions.ts";
import { fetchTcx } from "./tcx.ts";
import { fetchZoneBounds } from "./zones.ts";

export interface GoogleHealthAdapterSettings {
  /** Where the API is, for example https://health.googleapis.com. No trailing slash. */
  readonly apiUrl: string;
  /** Where tokens are issued and revoked, for example https://oauth2.googleapis.com. No trailing slash. */
  readonly oauthUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long one call may take with its body; 30 s by default. */
  readonly timeoutMilliseconds?: number;
}

/** The adapter for one OAuth client ("Web application") of a project in which the Google Health API is enabled. */
export function createGoogleHealthProvider(settings: GoogleHealthAdapterSettings): Provider {
  const api = { timeoutMilliseconds: 30_000, ...settings };
  return {
    name: "google-health",
    requestedScopes,
    // Sessions are restated for a day or two after they ended, and nothing can be asked for by when it was modified (reference
    // §3.6: 36 to 48 h, third-party).
    listReachSeconds: 48 * 3600,
    // By start, latest first (documented).
    listOrder: "descending",
    refreshTokensPerAccount: "many",
    budget: googleHealthBudget,
    authorizationUrl: (request) => authorizationUrl(api, request),
    exchangeCode: (request) => exchangeCode(api, request),
    refresh: (request) => refresh(api, request),
    revoke: (request) => revoke(api, request),
    introspect: (context) => introspect(api, context),
    subscribe,
    unsubscribe,
    listActivities: (context, window, page) => listActivities(api, context, window, page),
    getActivity: (context, id) => getActivity(api, context, id),
    fetchTcx: (context, id, options) => fetchTcx(api, context, id, options),
    fetchHeartRate: (context, request, page) => fetchHeartRate(api, context, request, page),
    fetchZoneBounds: (context, request) => fetchZoneBounds(api, context, request),
    // An age would need a scope that is not asked for.
    fetchAge: null,
  };
}

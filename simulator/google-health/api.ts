// The routes of the simulated Google Health API and of Google's OAuth beside it. Paths are matched as they were sent: a
// colon that was escaped makes another path (reported). Every user's call passes one door: bearer token, then quota.

import { getIdentity, getPairedDevices, getProfile, getSettings } from "./account.ts";
import { authenticateUser, type Caller } from "./authentication.ts";
import { authorizeDecision, authorizePage } from "./authorize.ts";
import { getExercise, listExercises } from "./data-points.ts";
import { invalidArgument, noSuchPath } from "./errors.ts";
import { listDailyZones, listHeartRate, rollUpHeartRate } from "./heart-rate.ts";
import { getKeyset } from "./keys.ts";
import { countCall, quotaExceeded } from "./quota.ts";
import type { GoogleSimulator } from "./state.ts";
import { subscribersEndpoint } from "./subscribers.ts";
import { exportTcx } from "./tcx.ts";
import { revokeEndpoint, tokenEndpoint } from "./token-endpoint.ts";

type Answer = Response | Promise<Response>;

const keysetPath = "/googlehealthapi/webhooks/webhooks_public_keyset.json";
const oauthPaths = ["/o/oauth2/v2/auth", "/token", "/revoke"];

/** Whether the path is one of Google's. */
export function isGooglePath(path: string): boolean {
  return path.startsWith("/v4/") || path === keysetPath || oauthPaths.includes(path);
}

/** Whether it is the API, and not OAuth or the published keys. */
export function isGoogleApiPath(path: string): boolean {
  return path.startsWith("/v4/");
}

/** Answers one call of Google's. */
export async function googleApi(state: GoogleSimulator, request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const route = `${request.method} ${path}`;
  switch (route) {
    case "GET /o/oauth2/v2/auth":
      return authorizePage(state, request);
    case "POST /o/oauth2/v2/auth":
      return authorizeDecision(state, request);
    case "POST /token":
      return tokenEndpoint(state, request);
    case "POST /revoke":
      return revokeEndpoint(state, request);
    case `GET ${keysetPath}`:
      return getKeyset(state);
    default:
  }
  const [, project, id] = /^\/v4\/projects\/([^/]+)\/subscribers(?:\/([^/]+))?$/.exec(path) ?? [];
  if (project !== undefined) return subscribersEndpoint(state, request, project, id ?? null);
  const user = /^\/v4\/users\/me\/(.+)$/.exec(path)?.[1];
  if (user === undefined) return noSuchPath();
  const answer = userRoute(state, request, user);
  if (answer === null) return noSuchPath();
  const caller = authenticateUser(state, request);
  if (caller instanceof Response) return caller;
  if (!countCall(state, caller.account)) return quotaExceeded(state);
  return answer(caller);
}

/** What answers a user's call of this path behind `/v4/users/me/`; null when nothing does. */
function userRoute(
  state: GoogleSimulator,
  request: Request,
  path: string,
): ((caller: Caller) => Answer) | null {
  const get = request.method === "GET";
  switch (get ? path : "") {
    case "identity":
      return (caller) => getIdentity(caller);
    case "settings":
      return (caller) => getSettings(state, caller);
    case "profile":
      return (caller) => getProfile(caller);
    case "pairedDevices":
      return (caller) => getPairedDevices(caller);
    default:
  }
  const points = /^dataTypes\/([^/]+)\/dataPoints(?:\/([A-Za-z0-9-]+))?(?::([A-Za-z]+))?$/.exec(path);
  if (!points) return null;
  const [, type = "", id, verb] = points;
  const route = `${request.method} ${type}${id === undefined ? "" : "/id"}${verb === undefined ? "" : `:${verb}`}`;
  switch (route) {
    case "GET exercise":
      return (caller) => listExercises(state, caller, request, { reconciled: false });
    case "GET exercise:reconcile":
      return (caller) => listExercises(state, caller, request, { reconciled: true });
    case "GET exercise/id":
      return (caller) => getExercise(state, caller, request, id ?? "");
    case "GET exercise/id:exportExerciseTcx":
      return (caller) => exportTcx(state, caller, request, id ?? "");
    case "GET heart-rate":
      return (caller) => listHeartRate(state, caller, request);
    case "POST heart-rate:rollUp":
      return (caller) => rollUpHeartRate(state, caller, request);
    case "GET daily-heart-rate-zones":
    case "GET daily-heart-rate-zones:reconcile":
      return (caller) => listDailyZones(state, caller, request);
    default:
      return () => refuseType(type);
  }
}

/** A data type that Google does not have, or something that it does not do with one that it has. */
function refuseType(type: string): Response {
  return ["exercise", "heart-rate", "daily-heart-rate-zones"].includes(type)
    ? invalidArgument("UNSUPPORTED_DATA_TYPE_ACTION", `The data type ${type} does not support this action.`)
    : invalidArgument("INVALID_PARENT_DATA_TYPE_COLLECTION", `Invalid data type: ${type}.`);
}

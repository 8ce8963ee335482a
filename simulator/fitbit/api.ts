// The routes of the simulated Fitbit Web API. Every API call passes the same door: bearer token, hourly limit, and the
// three rate-limit headers on whatever is answered behind it.

import { type Context, Hono } from "hono";
import type { State } from "../state.ts";
import { activityNotFound, getActivity, listActivities } from "./activity-list.ts";
import { getTcx } from "./activity-tcx.ts";
import { authenticate, type Caller } from "./authentication.ts";
import { authorizeDecision, authorizePage } from "./authorize.ts";
import { fitbitError } from "./errors.ts";
import { tooManyRequests } from "./fault-answers.ts";
import { getHeartRate } from "./heart-rate.ts";
import { getDevices, getProfile } from "./profile.ts";
import { countCall, rateLimitHeaders } from "./rate-limit.ts";
import {
  createSubscription,
  deleteSubscription,
  everyCollection,
  listSubscriptions,
} from "./subscriptions.ts";
import { introspectEndpoint, revokeEndpoint, tokenEndpoint } from "./token-endpoint.ts";

type Answer = Response | Promise<Response>;

/** The Hono app of this provider, on the given state. */
export function fitbitApi(state: State): Hono {
  const app = new Hono();
  const notFound = () => fitbitError(404, "not_found", "The resource does not exist.");
  app.notFound(notFound);

  app.get("/oauth2/authorize", (context) => authorizePage(state, context.req.raw));
  app.post("/oauth2/authorize", (context) => authorizeDecision(state, context.req.raw));
  app.post("/oauth2/token", (context) => tokenEndpoint(state, context.req.raw));
  app.post("/oauth2/revoke", (context) => revokeEndpoint(state, context.req.raw));
  app.post("/:version{1(?:\\.\\d)?}/oauth2/introspect", (context) =>
    introspectEndpoint(state, context.req.raw),
  );

  /** Lets a user's call through the door to `answer`. */
  const user =
    (answer: (caller: Caller, request: Request, context: Context) => Answer) =>
    async (context: Context): Promise<Response> => {
      const request = context.req.raw;
      const caller = authenticate(state, request);
      if (caller instanceof Response) return caller;
      const owner = context.req.param("user");
      if (owner !== "-" && owner !== caller.account.providerUserId) {
        return fitbitError(403, "insufficient_permissions", "The caller may only read its own user's data.");
      }
      if (!countCall(state, caller.account)) return tooManyRequests(state);
      const response = await answer(caller, request, context);
      const url = new URL(request.url);
      const headers = rateLimitHeaders(state, caller.account, url.pathname + url.search);
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      return response;
    };

  const root = "/:version{1(?:\\.\\d)?}/user/:user";
  app.get(
    `${root}/profile.json`,
    user((caller) => getProfile(state, caller)),
  );
  app.get(
    `${root}/devices.json`,
    user((caller) => getDevices(state, caller)),
  );
  app.get(
    `${root}/activities/list.json`,
    user((caller, request) => listActivities(state, caller, request)),
  );
  app.get(
    `${root}/activities/:file{\\d{1,20}\\.tcx}`,
    user((caller, request, context) => getTcx(state, caller, request, stem(context, "file"))),
  );
  app.get(
    `${root}/activities/:file{\\d{1,20}\\.json}`,
    user((caller, request, context) => getActivity(state, caller, request, stem(context, "file"))),
  );
  app.get(
    `${root}/activities/:file{[^/]+\\.tcx}`,
    user((_caller, _request, context) => activityNotFound(stem(context, "file"))),
  );
  app.get(
    `${root}/activities/heart/date/:rest{.+\\.json}`,
    user((caller, request, context) => getHeartRate(state, caller, request, stem(context, "rest"))),
  );

  for (const [path, collectionOf] of [
    [`${root}/apiSubscriptions`, () => everyCollection],
    [`${root}/:collection/apiSubscriptions`, (context: Context) => context.req.param("collection") ?? ""],
  ] as const) {
    app.get(
      `${path}.json`,
      user((caller, _request, context) => listSubscriptions(state, caller, collectionOf(context))),
    );
    app.post(
      `${path}/:file{.+\\.json}`,
      user((caller, request, context) =>
        createSubscription(state, caller, request, collectionOf(context), stem(context, "file")),
      ),
    );
    app.delete(
      `${path}/:file{.+\\.json}`,
      user((caller, _request, context) =>
        deleteSubscription(state, caller, collectionOf(context), stem(context, "file")),
      ),
    );
  }
  return app;
}

/** A path parameter without its extension. */
function stem(context: Context, name: string): string {
  return (context.req.param(name) ?? "").replace(/\.(json|tcx)$/, "");
}

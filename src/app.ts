// The HTTP side, put together: what every answer has in common, and which routes are mounted where. The routes themselves
// live in their rooms.

import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { activityRoutes } from "./api/activities.ts";
import { authenticate } from "./api/authenticate.ts";
import { boosterRoutes } from "./api/boosters.ts";
import { connectLinkRoutes } from "./api/connect-links.ts";
import { connectionRoutes } from "./api/connections.ts";
import { deadLetterRoutes } from "./api/dead-letters.ts";
import { developmentRoutes } from "./api/development.ts";
import { docsPage } from "./api/docs-page.ts";
import { exportRoutes } from "./api/exports.ts";
import { heartRateRoutes } from "./api/heart-rate.ts";
import { describeApi, registerApiKey } from "./api/openapi.ts";
import { portalLinkRoutes } from "./api/portal-links.ts";
import { syncRequestRoutes } from "./api/sync-requests.ts";
import { syncRunRoutes } from "./api/sync-runs.ts";
import { homePage } from "./connect/home.ts";
import { connectRoutes } from "./connect/routes.ts";
import type { AppEnvironment } from "./kernel/app-environment.ts";
import { readConfiguration } from "./kernel/configuration.ts";
import { describeException, log } from "./kernel/log.ts";
import { makeProblem, ProblemError, problemResponse } from "./kernel/problem.ts";
import { portalRoutes } from "./portal/routes.ts";
import { fitbitWebhook } from "./webhooks/fitbit.ts";
import { createGoogleHealthWebhook } from "./webhooks/google-health.ts";

/** Largest body of a `/v1` route; the largest that anybody needs is a few lines of JSON. */
const apiBodyLimitBytes = 16 * 1024;

/** Largest activity that a booster takes: ten hours with every field each second are 10 MB, and need 80 of an isolate's 128. */
const boosterBodyLimitBytes = 12 * 1024 * 1024;

/** The Worker's `fetch`, as a Hono app. */
export function createApp(): OpenAPIHono<AppEnvironment> {
  const app = new OpenAPIHono<AppEnvironment>();
  app.use(requireConfiguration);
  // Before everything else: Fitbit waits five seconds, and what follows is for browsers and API clients.
  app.route("/webhooks/fitbit", fitbitWebhook);
  app.route("/webhooks/google-health", createGoogleHealthWebhook());
  app.use(securityHeaders);

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/", (c) => homePage(c.var.configuration, c.req.url));
  app.get("/openapi.json", (c) => c.json(describeApi(app, c.var.configuration.publicUrl)));
  app.get("/docs", (c) => docsPage(describeApi(app, c.var.configuration.publicUrl)));
  app.route("/", connectRoutes);
  app.route("/", developmentRoutes);
  app.route("/", portalRoutes);

  app.use("/v1/*", authenticate);
  app.use(
    "/v1/boosters/*",
    bodyLimit({ maxSize: boosterBodyLimitBytes, onError: () => refuseLargeBody("12 MiB") }),
  );
  app.use("/v1/*", limitOtherBodies);
  app.route("/v1", connectLinkRoutes);
  app.route("/v1", connectionRoutes);
  app.route("/v1", portalLinkRoutes);
  app.route("/v1", syncRequestRoutes);
  app.route("/v1", exportRoutes);
  app.route("/v1", activityRoutes);
  app.route("/v1", syncRunRoutes);
  app.route("/v1", deadLetterRoutes);
  app.route("/v1", heartRateRoutes);
  app.route("/v1", boosterRoutes);
  registerApiKey(app);

  app.notFound(() => problemResponse(makeProblem("not_found", "There is nothing at this address.")));
  app.onError((exception) => answerException(exception));
  return app;
}

/** A Worker that lacks a setting answers nothing else: it never runs with a check switched off. */
const requireConfiguration = createMiddleware<AppEnvironment>(async (c, next) => {
  const result = readConfiguration(c.env);
  if (!result.ok) {
    const missing = [...new Set(result.problems.map((problem) => problem.name))];
    log("error", "configuration.invalid", { names: missing });
    return problemResponse(
      makeProblem("misconfigured", `Missing or not valid: ${missing.join(", ")}.`, { missing }),
    );
  }
  c.set("configuration", result.configuration);
  return next();
});

/** Set on the finished response itself: Hono's own way would wrap it anew, and a gzipped document would be gzipped again. */
const securityHeaders = createMiddleware<AppEnvironment>(async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!c.var.configuration.isLocal) headers.set("strict-transport-security", "max-age=31536000");
});

const smallBodies = bodyLimit({ maxSize: apiBodyLimitBytes, onError: () => refuseLargeBody("16 KiB") });

const limitOtherBodies = createMiddleware<AppEnvironment>(async (c, next) =>
  c.req.path.startsWith("/v1/boosters/") ? next() : smallBodies(c, next),
);

function refuseLargeBody(limit: string): never {
  throw new ProblemError("too_large", `A request body may hold ${limit}.`);
}

/** Whatever was thrown, as a problem. What nobody foresaw is logged by its class, never by its message. */
function answerException(exception: Error): Response {
  if (exception instanceof ProblemError) return problemResponse(exception.problem, exception.headers);
  if (exception instanceof HTTPException) {
    if (exception.status === 415) {
      const detail = "Send JSON with `Content-Type: application/json`.";
      return problemResponse(makeProblem("invalid_request", detail, { field: "header.content-type" }));
    }
    if (exception.status < 500) {
      return problemResponse(
        makeProblem("invalid_request", "The body is not valid JSON.", { field: "body" }),
      );
    }
  }
  log("error", "request.failed", describeException(exception));
  return problemResponse(makeProblem("internal_error", "Something went wrong here; it has been recorded."));
}

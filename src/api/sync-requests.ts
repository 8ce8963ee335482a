// `POST /v1/connections/{id}/sync` and `/backfill`: work that somebody asks for.

import { createRoute, z } from "@hono/zod-openapi";
import { requireActive, requireConnection } from "../connect/find-connection.ts";
import { readClock } from "../kernel/clock.ts";
import { ProblemError } from "../kernel/problem.ts";
import { earliestHistory, requestBackfill, requestSync } from "../sync/requests.ts";
import { requireScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";

const accepted = {
  202: {
    description: "Accepted; follow it under `/v1/sync-runs`",
    content: { "application/json": { schema: z.object({ syncRunId: z.string() }).openapi("AcceptedRun") } },
  },
};

const syncRoute = createRoute({
  method: "post",
  path: "/connections/{id}/sync",
  summary: "Bring a connection up to date now",
  description: "Scope `connect`.",
  tags: ["Syncs"],
  middleware: requireScope("connect"),
  request: { params: z.object({ id: z.string() }) },
  responses: { ...accepted, ...problems("not_found", "connection_not_active", "unavailable") },
});

const backfillRoute = createRoute({
  method: "post",
  path: "/connections/{id}/backfill",
  summary: "Fetch history",
  description: "Everything since a date, in slices behind fresh activities. Scope `connect`.",
  tags: ["Syncs"],
  middleware: requireScope("connect"),
  request: {
    params: z.object({ id: z.string() }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            since: z
              .union([z.iso.datetime({ offset: true }), z.iso.date()], "an RFC 3339 date-time, or a date")
              .openapi({
                description: "An RFC 3339 date-time, or a date (midnight UTC).",
                example: "2026-08-01",
              }),
          }),
        },
      },
    },
  },
  responses: {
    ...accepted,
    ...problems("invalid_request", "not_found", "connection_not_active", "too_large", "unavailable"),
  },
});

export const syncRequestRoutes = apiRouter()
  .openapi(syncRoute, async (c) => {
    const found = await requireConnection(c.env, c.req.valid("param").id);
    requireActive(found.connection);
    const now = await readClock(c.var.configuration);
    return c.json({ syncRunId: await requestSync(c.env, found, now) }, 202);
  })
  .openapi(backfillRoute, async (c) => {
    const found = await requireConnection(c.env, c.req.valid("param").id);
    requireActive(found.connection);
    const now = await readClock(c.var.configuration);
    const since = Date.parse(c.req.valid("json").since);
    if (since >= now) {
      throw new ProblemError("invalid_request", "History lies in the past.", { field: "body.since" });
    }
    if (since < earliestHistory) {
      const detail = "No device of these providers is older than the year 2000.";
      throw new ProblemError("invalid_request", detail, { field: "body.since" });
    }
    return c.json({ syncRunId: await requestBackfill(c.env, found, since, now) }, 202);
  });

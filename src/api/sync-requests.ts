// `POST /v1/connections/{id}/sync` and `/backfill`: work that somebody asks for. The run is in Activity History before the
// message is in the queue, so that whoever asked can follow it from the first moment.

import { createRoute, z } from "@hono/zod-openapi";
import { and, eq, gt } from "drizzle-orm";
import { syncRuns } from "../db/schema.ts";
import { readClock } from "../kernel/clock.ts";
import { accountName, asId, randomText, type SyncRunId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { syncMessage, type Work } from "../sync/messages.ts";
import { requireScope } from "./authenticate.ts";
import { type FoundConnection, requireActive, requireConnection } from "./find-connection.ts";
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
    const waiting = await findQueuedSync(found, now);
    const runId =
      waiting ?? (await request(c.env, found, now, (id) => ({ kind: "sync", trigger: "manual", runId: id })));
    return c.json({ syncRunId: runId }, 202);
  })
  .openapi(backfillRoute, async (c) => {
    const found = await requireConnection(c.env, c.req.valid("param").id);
    requireActive(found.connection);
    const now = await readClock(c.var.configuration);
    const since = Date.parse(c.req.valid("json").since);
    if (since >= now) {
      throw new ProblemError("invalid_request", "History lies in the past.", { field: "body.since" });
    }
    const runId = await request(c.env, found, now, (id) => ({
      kind: "backfill",
      runId: id,
      since,
      cursor: since,
      until: now,
    }));
    return c.json({ syncRunId: runId }, 202);
  });

/**
 * A sync that was asked for and has not begun: whoever asks again is asking for the same, and a list costs one of 150 calls.
 * One that has not begun for ten minutes may be lost, and is asked for anew.
 */
async function findQueuedSync(
  { connection, database }: FoundConnection,
  now: number,
): Promise<SyncRunId | undefined> {
  const run = await database
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.connectionId, connection.id),
        gt(syncRuns.startedAt, now - 600_000),
        eq(syncRuns.trigger, "manual"),
        eq(syncRuns.status, "queued"),
      ),
    )
    .get();
  return run?.id;
}

/** Records the run and queues its work; a queue that refuses fails the run and the request. */
async function request(
  env: Env,
  { connection, database }: FoundConnection,
  now: number,
  work: (runId: SyncRunId) => Work,
): Promise<SyncRunId> {
  const runId = asId<SyncRunId>(`run_${randomText()}`);
  const piece = work(runId);
  await database.insert(syncRuns).values({
    id: runId,
    connectionId: connection.id,
    userId: connection.userId,
    trigger: piece.kind === "backfill" ? "backfill" : "manual",
    status: "queued",
    startedAt: now,
  });
  const account = accountName(connection.provider, connection.providerUserId);
  try {
    await env.SYNC.send(syncMessage(account, piece));
  } catch (exception) {
    log("error", "sync_request.queue_refused", { syncRunId: runId, ...describeException(exception) });
    const errorMessage = "The work could not be queued.";
    await database
      .update(syncRuns)
      .set({ status: "failed", endedAt: now, errorCode: "queue_unavailable", errorMessage })
      .where(eq(syncRuns.id, runId));
    throw new ProblemError("unavailable", errorMessage, { headers: { "retry-after": "30" } });
  }
  return runId;
}

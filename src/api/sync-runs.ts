// `GET /v1/sync-runs`: Activity History, newest first. A sync that found nothing new has no run.

import { createRoute, z } from "@hono/zod-openapi";
import { and, desc, eq, lt, or, type SQL, sql } from "drizzle-orm";
import { allDatabases, databaseIndex } from "../db/databases.ts";
import { syncRuns } from "../db/schema.ts";
import { asId, type ConnectionId, type SyncRunId, type UserId } from "../kernel/ids.ts";
import { requireScope } from "./authenticate.ts";
import { decodeListToken, encodeListToken, type ListPlace, readPage } from "./list-token.ts";
import { apiRouter, problems } from "./router.ts";
import { limitInput, pageTokenInput, timeOutput, timeText, userIdInput } from "./schemas.ts";

const statuses = ["queued", "running", "succeeded", "partial", "failed"] as const;

const syncRunSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    trigger: z
      .string()
      .openapi({ description: "What it was done for: `connect`, `notification`, `manual`, `backfill`, …" }),
    startedAt: timeOutput,
    endedAt: timeOutput.nullable(),
    status: z.enum(statuses),
    counts: z.object({ listed: z.int(), created: z.int(), updated: z.int(), deleted: z.int() }),
    callsSpent: z.int(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi("SyncRun");

const route = createRoute({
  method: "get",
  path: "/sync-runs",
  summary: "What was synced, and how it went",
  description: "Kept for 90 days. Scope `read`.",
  tags: ["Syncs"],
  middleware: requireScope("read"),
  request: {
    query: z.object({
      userId: userIdInput.optional(),
      connectionId: z.string().optional(),
      status: z.enum(statuses).optional(),
      limit: limitInput,
      pageToken: pageTokenInput,
    }),
  },
  responses: {
    200: {
      description: "The runs, newest first",
      content: {
        "application/json": {
          schema: z.object({ syncRuns: z.array(syncRunSchema), nextPageToken: z.string().nullable() }),
        },
      },
    },
    ...problems("invalid_request", "invalid_page_token"),
  },
});

export const syncRunRoutes = apiRouter().openapi(route, async (c) => {
  const { userId, connectionId, status, limit, pageToken } = c.req.valid("query");
  const filter = JSON.stringify([userId ?? null, connectionId ?? null, status ?? null]);
  const databases = allDatabases(c.env);
  const only = userId === undefined ? null : databaseIndex(c.env, asId<UserId>(userId));
  const page = await readPage(
    {
      databases: databases.length,
      place: decodeListToken(pageToken, filter),
      limit,
      timeOf: (row: typeof syncRuns.$inferSelect) => row.startedAt,
    },
    async (index, below, atMost) => {
      const database = databases[index];
      if (database === undefined || (only !== null && only !== index)) return [];
      const conditions: (SQL | undefined)[] = [
        userId === undefined ? undefined : eq(syncRuns.userId, asId<UserId>(userId)),
        connectionId === undefined ? undefined : eq(syncRuns.connectionId, asId<ConnectionId>(connectionId)),
        status === undefined ? undefined : eq(syncRuns.status, status),
        status === undefined || userId !== undefined || connectionId !== undefined
          ? undefined
          : partOfIndex[status],
        below === null ? undefined : isBelow(below),
      ];
      return database
        .select()
        .from(syncRuns)
        .where(and(...conditions))
        .orderBy(desc(syncRuns.startedAt), desc(syncRuns.id))
        .limit(atMost);
    },
  );
  return c.json(
    {
      syncRuns: page.rows.map(describe),
      nextPageToken: page.next === null ? null : encodeListToken(page.next, filter),
    },
    200,
  );
});

/**
 * What a state has in common with the partial index that holds it, to the letter: a query is served by such an index only
 * when it says so itself. Runs that succeeded are most of all, so the newest ones are near without one.
 */
const partOfIndex: Readonly<Record<(typeof statuses)[number], SQL | undefined>> = {
  queued: sql`status IN ('queued', 'running')`,
  running: sql`status IN ('queued', 'running')`,
  partial: sql`status IN ('partial', 'failed')`,
  failed: sql`status IN ('partial', 'failed')`,
  succeeded: undefined,
};

function isBelow(place: ListPlace): SQL | undefined {
  return or(
    lt(syncRuns.startedAt, place.time),
    and(eq(syncRuns.startedAt, place.time), lt(syncRuns.id, asId<SyncRunId>(place.id))),
  );
}

function describe(row: typeof syncRuns.$inferSelect): z.infer<typeof syncRunSchema> {
  const { id, connectionId, trigger, status, listed, created, updated, deleted, callsSpent } = row;
  return {
    id,
    connectionId,
    trigger,
    startedAt: timeText(row.startedAt),
    endedAt: timeText(row.endedAt),
    status,
    counts: { listed, created, updated, deleted },
    callsSpent,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? "" },
  };
}

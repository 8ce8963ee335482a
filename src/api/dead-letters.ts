// `/v1/dead-letters`: messages that failed every attempt, and sending one once more. The message itself never leaves.

import { createRoute, z } from "@hono/zod-openapi";
import { and, desc, eq, isNull, lt, or } from "drizzle-orm";
import { allDatabases } from "../db/databases.ts";
import { deadLetters } from "../db/schema.ts";
import { readClock } from "../kernel/clock.ts";
import { asId, type DeadLetterId } from "../kernel/ids.ts";
import { replayDeadLetter } from "../sync/replay.ts";
import { requireScope } from "./authenticate.ts";
import { decodeListToken, encodeListToken, readPage } from "./list-token.ts";
import { apiRouter, problems } from "./router.ts";
import { limitInput, pageTokenInput, timeOutput, timeText } from "./schemas.ts";

const deadLetterSchema = z
  .object({
    id: z.string(),
    connectionId: z.string().nullable(),
    kind: z.string(),
    failedAt: timeOutput,
    attempts: z.int(),
    error: z.object({ code: z.string(), message: z.string() }),
  })
  .openapi("DeadLetter");

const listRoute = createRoute({
  method: "get",
  path: "/dead-letters",
  summary: "Messages that failed every attempt",
  description: "Those that were replayed are left out. Kept for 30 days. Scope `operate`.",
  tags: ["Operation"],
  middleware: requireScope("operate"),
  request: { query: z.object({ limit: limitInput, pageToken: pageTokenInput }) },
  responses: {
    200: {
      description: "The dead letters, newest first",
      content: {
        "application/json": {
          schema: z.object({ deadLetters: z.array(deadLetterSchema), nextPageToken: z.string().nullable() }),
        },
      },
    },
    ...problems("invalid_request", "invalid_page_token"),
  },
});

const replayRoute = createRoute({
  method: "post",
  path: "/dead-letters/{id}/replay",
  summary: "Send a dead letter once more",
  description: "Replaying twice sends it twice, which is no harm. Scope `operate`.",
  tags: ["Operation"],
  middleware: requireScope("operate"),
  request: { params: z.object({ id: z.string() }) },
  responses: {
    202: { description: "Back in the queue" },
    ...problems("not_found", "not_replayable", "unavailable"),
  },
});

export const deadLetterRoutes = apiRouter()
  .openapi(listRoute, async (c) => {
    const { limit, pageToken } = c.req.valid("query");
    const databases = allDatabases(c.env);
    const page = await readPage(
      {
        databases: databases.length,
        place: decodeListToken(pageToken, ""),
        limit,
        timeOf: (row: typeof deadLetters.$inferSelect) => row.failedAt,
      },
      async (index, below, atMost) =>
        (await databases[index]
          ?.select()
          .from(deadLetters)
          .where(
            and(
              isNull(deadLetters.replayedAt),
              below === null
                ? undefined
                : or(
                    lt(deadLetters.failedAt, below.time),
                    and(
                      eq(deadLetters.failedAt, below.time),
                      lt(deadLetters.id, asId<DeadLetterId>(below.id)),
                    ),
                  ),
            ),
          )
          .orderBy(desc(deadLetters.failedAt), desc(deadLetters.id))
          .limit(atMost)) ?? [],
    );
    return c.json(
      {
        deadLetters: page.rows.map((row) => ({
          id: row.id,
          connectionId: row.connectionId,
          kind: row.kind,
          failedAt: timeText(row.failedAt),
          attempts: row.attempts,
          error: { code: row.errorCode, message: row.errorMessage },
        })),
        nextPageToken: page.next === null ? null : encodeListToken(page.next, ""),
      },
      200,
    );
  })
  .openapi(replayRoute, async (c) => {
    await replayDeadLetter(c.env, c.req.valid("param").id, await readClock(c.var.configuration));
    return c.body(null, 202);
  });

// `/v1/connections`: what is connected, and the end of a connection. Rate and times are as of the last sync's end; reading
// them asks nobody.

import { createRoute, z } from "@hono/zod-openapi";
import { eq } from "drizzle-orm";
import { type Connection, disconnect } from "../connect/disconnect.ts";
import { requireConnection } from "../connect/find-connection.ts";
import { databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import { readClock } from "../kernel/clock.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { asId, providerNames, type UserId } from "../kernel/ids.ts";
import { grantScopes } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { checkScope, requireScope } from "./authenticate.ts";
import { apiRouter, problems } from "./router.ts";
import { timeOutput, timeText, userIdInput } from "./schemas.ts";

const connectionSchema = z
  .object({
    id: z.string(),
    userId: z.string(),
    provider: z.enum(providerNames),
    providerUserId: z.string(),
    status: z.enum(["active", "needs_reauthorization", "provider_gone", "disconnected"]),
    grantedScopes: z.array(z.enum(grantScopes)),
    missingScopes: z
      .array(z.enum(grantScopes))
      .openapi({ description: "Asked for and not granted; activities lack what they cover." }),
    connectedAt: timeOutput,
    lastNotifiedAt: timeOutput.nullable(),
    lastSyncedAt: timeOutput.nullable(),
    rateLimit: z
      .object({ limit: z.int(), remaining: z.int(), resetsAt: timeOutput })
      .nullable()
      .openapi({ description: "The account's calls, as of the last sync's end." }),
    message: z.string().nullable().openapi({ description: "For people: what to know or to do." }),
  })
  .openapi("Connection");

const listRoute = createRoute({
  method: "get",
  path: "/connections",
  summary: "A user's connections",
  description: "Those that have ended included. Scope `read`.",
  tags: ["Connections"],
  middleware: requireScope("read"),
  request: { query: z.object({ userId: userIdInput }) },
  responses: {
    200: {
      description: "The connections, newest first",
      content: { "application/json": { schema: z.object({ connections: z.array(connectionSchema) }) } },
    },
    ...problems("invalid_request"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/connections/{id}",
  summary: "One connection",
  description: "Scope `read`.",
  tags: ["Connections"],
  middleware: requireScope("read"),
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: "The connection", content: { "application/json": { schema: connectionSchema } } },
    ...problems("not_found"),
  },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/connections/{id}",
  summary: "Disconnect, and erase where asked",
  description:
    "Unsubscribes, revokes and drops the tokens. With `erase=true` every activity becomes a tombstone in the feed and all else of it is deleted. Scope `connect`, with `erase=true` the scope `erase` instead.",
  tags: ["Connections"],
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({
      erase: z.enum(["true", "false"], "`true` or `false`").default("false"),
    }),
  },
  responses: { 204: { description: "Done" }, ...problems("invalid_request", "not_found", "unavailable") },
});

export const connectionRoutes = apiRouter()
  .openapi(listRoute, async (c) => {
    const userId = asId<UserId>(c.req.valid("query").userId);
    const rows = await databaseFor(c.env, userId)
      .select()
      .from(connections)
      .where(eq(connections.userId, userId));
    rows.sort((left, right) => right.connectedAt - left.connectedAt);
    return c.json({ connections: rows.map((row) => describe(c.var.configuration, row)) }, 200);
  })
  .openapi(getRoute, async (c) => {
    const { connection } = await requireConnection(c.env, c.req.valid("param").id);
    return c.json(describe(c.var.configuration, connection), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const erase = c.req.valid("query").erase === "true";
    checkScope(c.var.apiKey, erase ? "erase" : "connect");
    const { connection } = await requireConnection(c.env, c.req.valid("param").id);
    const now = await readClock(c.var.configuration);
    await disconnect(c.env, c.var.configuration, { connection, erase, message: null, now });
    return c.body(null, 204);
  });

function describe(configuration: Configuration, row: Connection): z.infer<typeof connectionSchema> {
  const granted = new Set(row.grantedScopes);
  // A provider that this deployment no longer offers still has connections to show; what it asked for is not known then.
  const requested = configuration.providers.includes(row.provider)
    ? providerFor(configuration, row.provider).requestedScopes
    : row.grantedScopes;
  return {
    id: row.id,
    userId: row.userId,
    provider: row.provider,
    providerUserId: row.providerUserId,
    status: row.status,
    grantedScopes: row.grantedScopes,
    missingScopes: requested.filter((scope) => !granted.has(scope)),
    connectedAt: timeText(row.connectedAt),
    lastNotifiedAt: timeText(row.lastNotifiedAt),
    lastSyncedAt: timeText(row.lastSyncedAt),
    rateLimit:
      row.rateLimit === null || row.rateRemaining === null || row.rateResetsAt === null
        ? null
        : { limit: row.rateLimit, remaining: row.rateRemaining, resetsAt: timeText(row.rateResetsAt) },
    message: row.message,
  };
}

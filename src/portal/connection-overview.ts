// What the Connections page tells: the user's connections, what is under way in each, and what could be connected besides.
// Everything comes from the user's own rows; the account's object and the provider are not asked.

import { and, desc, eq, gte, inArray } from "drizzle-orm";
import { type Database, databaseFor } from "../db/databases.ts";
import { connections, syncRuns } from "../db/schema.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { type ConnectionId, type ProviderName, parseAccountName, type UserId } from "../kernel/ids.ts";
import type { GrantScope } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import type { SyncRun } from "./run-words.ts";

export type Connection = typeof connections.$inferSelect;

export interface ConnectionOverview {
  readonly connection: Connection;
  readonly missingScopes: readonly GrantScope[];
  /** Runs that have not ended, newest first. */
  readonly openRuns: readonly SyncRun[];
  /** The newest run since connecting that has ended, null where there is none: what an import or a sync came to. */
  readonly lastRun: SyncRun | null;
  /** The provider that its user has to connect with to mend it; null when this service offers none. */
  readonly reconnectWith: ProviderName | null;
}

export interface UserOverview {
  /** Those that have not ended. */
  readonly living: readonly ConnectionOverview[];
  /** Those that were disconnected, newest first. */
  readonly ended: readonly Connection[];
  /** Providers that could be connected now. */
  readonly connectable: readonly ProviderName[];
}

export async function readUserOverview(
  env: Env,
  configuration: Configuration,
  userId: UserId,
): Promise<UserOverview> {
  const database = databaseFor(env, userId);
  const rows = await database
    .select()
    .from(connections)
    .where(eq(connections.userId, userId))
    .orderBy(desc(connections.connectedAt));
  const living = rows.filter((row) => row.status !== "disconnected");
  const runs =
    living.length === 0
      ? []
      : await database
          .select()
          .from(syncRuns)
          .where(and(eq(syncRuns.userId, userId), inArray(syncRuns.status, ["queued", "running"])))
          .orderBy(desc(syncRuns.startedAt))
          .limit(20);
  const lastRuns = await Promise.all(living.map((connection) => readLastRun(database, connection)));
  const overviews = living.map((connection, index) => ({
    connection,
    lastRun: lastRuns[index] ?? null,
    missingScopes: missingScopesOf(configuration, connection),
    openRuns: runs.filter((run) => run.connectionId === connection.id),
    reconnectWith: reconnectionOf(configuration, connection),
  }));
  // What mends a connection is offered once, beside what it mends.
  const taken = new Set<ProviderName | null>([
    ...living.flatMap(providersTaken),
    ...overviews.map(({ reconnectWith }) => reconnectWith),
  ]);
  return {
    living: overviews,
    ended: rows.filter((row) => row.status === "disconnected"),
    connectable: configuration.providers.filter((provider) => !taken.has(provider)),
  };
}

async function readLastRun(
  database: Database,
  { id, connectedAt }: Pick<Connection, "id" | "connectedAt">,
): Promise<SyncRun | null> {
  // A connection has few runs under way, so an ended one is among its newest.
  const newest = await database
    .select()
    .from(syncRuns)
    // What failed before its user reconnected says nothing of how it stands now.
    .where(and(eq(syncRuns.connectionId, id), gte(syncRuns.startedAt, connectedAt)))
    .orderBy(desc(syncRuns.startedAt))
    .limit(10);
  return newest.find((run) => run.endedAt !== null) ?? null;
}

/** The user's own connection, or null: no such id, or another user's. */
export async function readOwnConnection(env: Env, userId: UserId, id: string): Promise<Connection | null> {
  const row = await databaseFor(env, userId)
    .select()
    .from(connections)
    .where(and(eq(connections.id, id as ConnectionId), eq(connections.userId, userId)))
    .get();
  return row ?? null;
}

/** What was asked for and not granted. A provider that is no longer offered asks for nothing. */
export function missingScopesOf(
  configuration: Configuration,
  connection: Pick<Connection, "provider" | "grantedScopes">,
): GrantScope[] {
  if (!configuration.providers.includes(connection.provider)) return [];
  const granted = new Set(connection.grantedScopes);
  return providerFor(configuration, connection.provider).requestedScopes.filter(
    (scope) => !granted.has(scope),
  );
}

/** Its own provider, and the one whose place it has taken: connecting that too would bring everything twice. */
function providersTaken(connection: Connection): ProviderName[] {
  const former = connection.formerAccount === null ? null : parseAccountName(connection.formerAccount);
  return former === null ? [connection.provider] : [connection.provider, former.provider];
}

/** A service that has ended is succeeded by the other one. */
function reconnectionOf(configuration: Configuration, connection: Connection): ProviderName | null {
  const wanted = connection.status === "provider_gone" ? "google-health" : connection.provider;
  return configuration.providers.includes(wanted) ? wanted : null;
}

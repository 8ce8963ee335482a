// From a grant to a working connection: who holds the account, what it replaces, the link, the subscription, the first
// sync. The link decides; subscription and first sync may fail without undoing it, because the daily sweep covers both.

import { and, eq, ne } from "drizzle-orm";
import { allDatabases, databaseFor } from "../db/databases.ts";
import { connections, syncRuns } from "../db/schema.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { accountName, asId, type ConnectionId, randomText, type SyncRunId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { Grant, GrantScope, Provider } from "../providers/port.ts";
import { syncMessage, type Work } from "../sync/messages.ts";
import { subscribeAccount } from "../sync/subscribe.ts";
import { type Connection, disconnect } from "./disconnect.ts";
import type { ConnectRequest } from "./links.ts";

export type Completion =
  | {
      readonly status: "connected";
      readonly connectionId: ConnectionId;
      readonly missingScopes: readonly GrantScope[];
    }
  /** Another user's account. The new pair went to that user's connection, and nothing was revoked. */
  | { readonly status: "held" };

const dayMilliseconds = 24 * 3_600_000;

/** Makes the connection. `now` in epoch milliseconds. Throws only when D1 or the account's object cannot be reached. */
export async function completeConnection(
  env: Env,
  configuration: Configuration,
  provider: Provider,
  request: ConnectRequest,
  grant: Grant,
  now: number,
): Promise<Completion> {
  // Asked before anything is replaced: a user who tries a taken account keeps the connection they have.
  if (!(await isHeldByAnother(env, request, grant))) {
    await replaceOtherConnection(env, configuration, request, grant, now);
  }
  const account = accountName(request.provider, grant.providerUserId);
  const object = env.ACCOUNT_SYNC.getByName(account);
  const linked = await object.link({
    userId: request.userId,
    displayName: request.displayName,
    provider: request.provider,
    providerUserId: grant.providerUserId,
    tokens: grant.tokens,
    backfillDays: configuration.backfillDays,
    now,
  });
  if (linked.status === "held") {
    log("warn", "connect.account_held", { account });
    return { status: "held" };
  }

  const { connectionId } = linked;
  await subscribeAccount(env, provider, { account, connectionId, userId: request.userId, attempts: 0 }, now);
  const work: Work[] = [{ kind: "sync", trigger: "connect" }];
  if (configuration.backfillDays > 0) {
    work.push(await startBackfill(env, request, connectionId, configuration.backfillDays, now));
  }
  for (const piece of work) {
    try {
      await env.SYNC.send(syncMessage(account, piece));
    } catch (exception) {
      // The queue refused: the object sends it in a minute.
      log("error", "connect.queue_refused", {
        connectionId,
        kind: piece.kind,
        ...describeException(exception),
      });
      await object.schedule({ due: [{ at: now + 60_000, work: piece }], now });
    }
  }
  log("info", "connect.connected", { account, connectionId });
  const granted = new Set(grant.tokens.scopes);
  const missingScopes = provider.requestedScopes.filter((scope) => !granted.has(scope));
  return { status: "connected", connectionId, missingScopes };
}

async function isHeldByAnother(env: Env, request: ConnectRequest, grant: Grant): Promise<boolean> {
  for (const database of allDatabases(env)) {
    const holder = await database
      .select({ userId: connections.userId })
      .from(connections)
      .where(
        and(
          eq(connections.provider, request.provider),
          eq(connections.providerUserId, grant.providerUserId),
          ne(connections.status, "disconnected"),
        ),
      )
      .get();
    if (holder !== undefined) return holder.userId !== request.userId;
  }
  return false;
}

/** A user has at most one active connection of a provider: connecting another account ends the one before. */
async function replaceOtherConnection(
  env: Env,
  configuration: Configuration,
  request: ConnectRequest,
  grant: Grant,
  now: number,
): Promise<void> {
  const others: Connection[] = await databaseFor(env, request.userId)
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.userId, request.userId),
        eq(connections.provider, request.provider),
        ne(connections.providerUserId, grant.providerUserId),
        ne(connections.status, "disconnected"),
      ),
    );
  for (const connection of others) {
    await disconnect(env, configuration, {
      connection,
      erase: false,
      message: "Replaced by another account.",
      now,
    });
  }
}

/** The history that `BACKFILL_DAYS` promises to everybody who connects, as a run like any other. */
async function startBackfill(
  env: Env,
  request: ConnectRequest,
  connectionId: ConnectionId,
  days: number,
  now: number,
): Promise<Work> {
  const runId = asId<SyncRunId>(`run_${randomText()}`);
  await databaseFor(env, request.userId).insert(syncRuns).values({
    id: runId,
    connectionId,
    userId: request.userId,
    trigger: "backfill",
    status: "queued",
    startedAt: now,
  });
  const since = now - days * dayMilliseconds;
  return { kind: "backfill", runId, since, cursor: since, until: now };
}

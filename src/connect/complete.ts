// From a grant to a working connection: who holds the account, what it replaces or carries over, the link, the subscription,
// the first sync. The link decides; subscription and first sync may fail without undoing it, because the daily sweep covers both.

import { and, eq, ne } from "drizzle-orm";
import { databaseFor } from "../db/databases.ts";
import { connections, syncRuns } from "../db/schema.ts";
import type { Configuration } from "../kernel/configuration.ts";
import {
  accountName,
  asId,
  type ConnectionId,
  type ProviderName,
  randomText,
  type SyncRunId,
} from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { Grant, GrantScope, Provider } from "../providers/port.ts";
import { endGrant } from "../sync/end-grant.ts";
import { takeOverFrom } from "../sync/leave.ts";
import { syncMessage, type Work } from "../sync/messages.ts";
import { subscribeAccount } from "../sync/subscribe.ts";
import { findConnection, findSuccessor, isHeldByAnother } from "./carry-over.ts";
import { type Connection, disconnect } from "./disconnect.ts";
import type { ConnectRequest } from "./links.ts";

export type Completion =
  | {
      readonly status: "connected";
      readonly connectionId: ConnectionId;
      readonly missingScopes: readonly GrantScope[];
      /** The provider whose connection goes on under this one, with everything that was synced. */
      readonly carriedFrom: ProviderName | null;
    }
  /** A connection of this user's stands in for the account already; the new grant was given back. */
  | { readonly status: "superseded"; readonly connectionId: ConnectionId }
  /** Another user's account. Nothing of theirs was revoked. */
  | { readonly status: "held" };

/** What a new grant takes up or ends of its user's connection to the account before. */
interface Carrying {
  readonly carried: Connection | null;
  readonly liveFrom: number | null;
}

const nothingCarried: Carrying = { carried: null, liveFrom: null };
const supersededMessage = "Another connection brings this account's activities already.";
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
  const { providerUserId, formerAccount: former } = grant;
  const account = accountName(request.provider, providerUserId);
  const successor = await findSuccessor(env, account);
  if (successor !== null && successor.userId !== request.userId) {
    log("warn", "connect.account_held", { account });
    return { status: "held" };
  }
  if (successor !== null) {
    const superfluous = { provider: request.provider, connectionId: successor.id, tokens: grant.tokens };
    await endGrant(configuration, superfluous, now);
    log("info", "connect.superseded", { account, connectionId: successor.id });
    return { status: "superseded", connectionId: successor.id };
  }
  // The same person's account at the provider before counts like the account itself.
  if (former !== null && (await isHeldByAnother(env, request, former))) {
    log("warn", "connect.account_held", { account });
    return { status: "held" };
  }
  // Asked before anything is replaced: a user who tries a taken account keeps the connections they have.
  const isTaken = await isHeldByAnother(env, request, { provider: request.provider, providerUserId });
  if (!isTaken) await replaceOtherConnection(env, configuration, request, grant, now);
  const carrying = isTaken ? nothingCarried : await chooseCarried(env, configuration, request, grant, now);
  const object = env.ACCOUNT_SYNC.getByName(account);
  const linked = await object.link({
    userId: request.userId,
    displayName: request.displayName,
    provider: request.provider,
    providerUserId,
    tokens: grant.tokens,
    backfillDays: configuration.backfillDays,
    formerAccount: former === null ? null : accountName(former.provider, former.providerUserId),
    carried: carrying.carried?.id ?? null,
    liveFrom: carrying.liveFrom,
    now,
  });
  if (linked.status === "held") {
    log("warn", "connect.account_held", { account });
    return { status: "held" };
  }
  // While this was done, the connection may have gone over, or one may have come to stand in for this account.
  const overtaken = await findSuccessor(env, account);
  if (overtaken !== null) {
    const made = await findConnection(env, request, { provider: request.provider, providerUserId });
    if (made !== null) {
      await disconnect(env, configuration, {
        connection: made,
        erase: false,
        message: supersededMessage,
        now,
      });
    }
    log("info", "connect.superseded", { account, connectionId: overtaken.id });
    return overtaken.userId === request.userId
      ? { status: "superseded", connectionId: overtaken.id }
      : { status: "held" };
  }
  if (carrying.carried !== null && former !== null) {
    // Before anything is listed, so that the first list reaches back to where the former account stopped. Should this fail,
    // the object asks for it by itself.
    await takeOverFrom(env, {
      account,
      former: accountName(former.provider, former.providerUserId),
      connectionId: linked.connectionId,
      now,
    });
    log("info", "connect.carried_over", { account, connectionId: linked.connectionId });
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
  return {
    status: "connected",
    connectionId,
    missingScopes,
    carriedFrom: carrying.carried === null ? null : (former?.provider ?? null),
  };
}

/**
 * The connection that goes over to this account with its id, activities and revisions: the user's own to the account that the
 * provider names as this person's former one. If this account has a connection already, that one is taken up, and the former
 * ends; what it has brought must not come a second time, so nothing older than now is live then.
 */
async function chooseCarried(
  env: Env,
  configuration: Configuration,
  request: ConnectRequest,
  grant: Grant,
  now: number,
): Promise<Carrying> {
  if (grant.formerAccount === null) return nothingCarried;
  const former = await findConnection(env, request, grant.formerAccount);
  if (former === null) return nothingCarried;
  const own = await findConnection(env, request, {
    provider: request.provider,
    providerUserId: grant.providerUserId,
  });
  if (own === null) return { carried: former, liveFrom: null };
  if (former.status === "disconnected") {
    // It ended before, or this is done a second time. What it has brought until then must not come again either.
    return { carried: null, liveFrom: Math.max(own.liveSince, former.disconnectedAt ?? 0) };
  }
  await disconnect(env, configuration, {
    connection: former,
    erase: false,
    message: "Replaced by the account's connection at its new provider.",
    now,
  });
  return { carried: null, liveFrom: now };
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

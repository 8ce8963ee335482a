// The account object's side of the `connections` table: the link, its tokens and its status. The object is the only writer
// of these columns, so two callbacks for one account cannot cross; everything else only reads them.

import { and, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import { type Database, databaseFor } from "../../db/databases.ts";
import { type ConnectionStatus, connections, syncRuns } from "../../db/schema.ts";
import { type Configuration, requireConfiguration } from "../../kernel/configuration.ts";
import { encrypt } from "../../kernel/encryption.ts";
import {
  type AccountName,
  asId,
  type ConnectionId,
  type ProviderName,
  parseAccountName,
  randomText,
} from "../../kernel/ids.ts";
import type { TokenSet } from "../../providers/port.ts";
import type { AccountLink, LinkRequest, UnlinkRequest } from "./account-protocol.ts";
import type { AccountState, HaltReason, StoredTokens } from "./account-state.ts";

/** Hours over which sweeps of a day are spread. */
const dayMilliseconds = 24 * 3_600_000;

/**
 * Makes or takes up the row of (user, account), active, with its tokens; or lets the row that is carried over stand for this
 * account from now on. The id is kept for ever. The old tokens give way to the new in this one statement, so that there is no
 * moment without any.
 */
export async function linkConnection(
  env: Env,
  configuration: Configuration,
  request: LinkRequest,
  leastFence: number,
): Promise<{ link: AccountLink; tokens: StoredTokens; isNew: boolean; fence: number }> {
  const database = databaseFor(env, request.userId);
  const [known] = await database
    .select({
      id: connections.id,
      liveSince: connections.liveSince,
      version: connections.tokensVersion,
      fence: connections.fence,
      formerAccount: connections.formerAccount,
      provider: connections.provider,
    })
    .from(connections)
    .where(
      request.carried === null
        ? and(
            eq(connections.userId, request.userId),
            eq(connections.provider, request.provider),
            eq(connections.providerUserId, request.providerUserId),
          )
        : and(
            eq(connections.userId, request.userId),
            eq(connections.id, request.carried),
            // Not one that has gone over to yet another account meanwhile.
            or(
              sql`${connections.provider} || ':' || ${connections.providerUserId} = ${request.formerAccount}`,
              and(
                eq(connections.provider, request.provider),
                eq(connections.providerUserId, request.providerUserId),
              ),
            ),
          ),
    );
  if (request.carried !== null && known === undefined) throw new Error("the carried connection has no row");
  // A row that comes from another account has had that account's fences.
  const fence = Math.max(leastFence, (known?.fence ?? 0) + 1);
  const id = known?.id ?? asId<ConnectionId>(`con_${randomText()}`);
  const sealed = await encrypt(configuration.tokenKeys, id, JSON.stringify(request.tokens));
  const version = Math.max(request.now, (known?.version ?? 0) + 1);
  // Whole seconds, because that is how exactly a provider tells when an activity ended.
  const wholeSecond = (time: number) => Math.floor(time / 1000) * 1000;
  const connectedSecond = wholeSecond(request.now);
  const liveSince =
    request.liveFrom !== null
      ? wholeSecond(request.liveFrom)
      : Math.min(
          known?.liveSince ?? connectedSecond,
          connectedSecond - request.backfillDays * dayMilliseconds,
        );
  const changing = {
    provider: request.provider,
    providerUserId: request.providerUserId,
    formerAccount: request.formerAccount ?? known?.formerAccount ?? null,
    displayName: request.displayName,
    status: "active" as const,
    message: null,
    grantedScopes: [...request.tokens.scopes],
    connectedAt: request.now,
    liveSince,
    disconnectedAt: null,
    erasedAt: null,
    tokens: sealed,
    tokensVersion: version,
    fence,
    sweepAt: request.now + dayMilliseconds,
    // Another provider counts calls in another way; what it lets through shows after the first sync.
    ...(known === undefined || known.provider === request.provider
      ? {}
      : { rateLimit: null, rateRemaining: null, rateResetsAt: null }),
  };
  await database
    .insert(connections)
    .values({
      id,
      userId: request.userId,
      ...changing,
    })
    .onConflictDoUpdate({ target: connections.id, set: changing });
  return {
    link: {
      connectionId: id,
      userId: request.userId,
      provider: request.provider,
      providerUserId: request.providerUserId,
      grantedScopes: request.tokens.scopes,
      connectedAt: request.now,
      liveSince,
    },
    tokens: { sealed, expiresAt: request.tokens.expiresAt, version, pending: false },
    isNew: known === undefined,
    fence,
  };
}

/** A link's row, as long as it is this account's: a connection that has gone over to another account is not touched any more. */
function rowOf(link: Pick<AccountLink, "connectionId" | "provider" | "providerUserId">) {
  return and(
    eq(connections.id, link.connectionId),
    eq(connections.provider, link.provider),
    eq(connections.providerUserId, link.providerUserId),
  );
}

/** Ends the link: no tokens, no holder, and a fence that every sync under way is below. */
export async function unlinkConnection(
  env: Env,
  link: AccountLink,
  request: UnlinkRequest,
  fence: number,
): Promise<void> {
  const database = databaseFor(env, link.userId);
  await database.batch([
    database
      .update(connections)
      .set({
        status: "disconnected",
        message: request.message,
        disconnectedAt: request.now,
        tokens: null,
        tokensVersion: fence,
        fence,
      })
      .where(rowOf(link)),
    closeRuns(database, link, "disconnected", request.now),
  ]);
}

/** What was asked for and waits, or was under way, will not be done: whoever follows its run hears so now. */
function closeRuns(database: Database, link: AccountLink, code: string, now: number) {
  return database
    .update(syncRuns)
    .set({
      status: "failed",
      endedAt: now,
      errorCode: code,
      errorMessage: "The connection ended, or needs its user, before this was done.",
    })
    .where(
      and(eq(syncRuns.connectionId, link.connectionId), inArray(syncRuns.status, ["queued", "running"])),
    );
}

function haltMessage(
  env: Env,
  provider: ProviderName,
  reason: Exclude<HaltReason, "revocation_pending">,
): string {
  if (reason === "needs_reauthorization") {
    return "The provider no longer accepts our access. Reconnect to go on; nothing is lost.";
  }
  // Who is at Fitbit has somewhere to go.
  if (provider !== "fitbit") return "The provider has switched this service off. Your data is kept.";
  const ended = "Fitbit's old service has ended. Your data is kept;";
  return requireConfiguration(env).providers.includes("google-health")
    ? `${ended} reconnect with Google to go on where it stopped.`
    : `${ended} reconnect with Google as soon as that is offered here.`;
}

/** Shows the user that the connection needs them. */
export async function haltConnection(
  env: Env,
  link: AccountLink,
  reason: Exclude<HaltReason, "revocation_pending">,
  now: number,
): Promise<void> {
  const status: ConnectionStatus = reason;
  const database = databaseFor(env, link.userId);
  await database.batch([
    database
      .update(connections)
      .set({ status, message: haltMessage(env, link.provider, reason) })
      .where(
        and(
          rowOf(link),
          // A reconnect that came between is another grant's.
          eq(connections.connectedAt, link.connectedAt),
          ne(connections.status, "disconnected"),
        ),
      ),
    closeRuns(database, link, reason, now),
  ]);
}

/** A connection that needed its user got a living grant all the same: somebody else consented for the same account. */
export async function reviveConnection(env: Env, link: AccountLink): Promise<void> {
  await databaseFor(env, link.userId)
    .update(connections)
    .set({ status: "active", message: null })
    .where(and(rowOf(link), ne(connections.status, "disconnected")));
}

/** Writes a pair unless a newer one stands there already. */
export async function writeTokens(
  database: Database,
  link: AccountLink,
  stored: StoredTokens,
  scopes: TokenSet["scopes"] | undefined,
): Promise<void> {
  await database
    .update(connections)
    .set({
      tokens: stored.sealed,
      tokensVersion: stored.version,
      ...(scopes === undefined ? {} : { grantedScopes: [...scopes] }),
    })
    .where(and(rowOf(link), lt(connections.tokensVersion, stored.version)));
}

/** The pair in D1; its expiry is not known there, so it is taken as expired. */
export async function readTokens(database: Database, link: AccountLink): Promise<StoredTokens | null> {
  const [row] = await database
    .select({ sealed: connections.tokens, version: connections.tokensVersion })
    .from(connections)
    .where(rowOf(link));
  if (row === undefined || row.sealed === null) return null;
  return { sealed: row.sealed, expiresAt: 0, version: row.version, pending: false };
}

interface FoundHolder {
  readonly state: Partial<AccountState>;
  readonly connectionId: ConnectionId;
  /** The account that the connection came from, or stands in for. */
  readonly formerAccount: AccountName | null;
}

/** What D1 knows of an account's holder, for an object whose own storage is empty. */
export async function findHolder(
  databases: readonly Database[],
  name: AccountName,
): Promise<FoundHolder | null> {
  const account = parseAccountName(name);
  if (account === null) return null;
  for (const database of databases) {
    const [row] = await database
      .select()
      .from(connections)
      .where(
        and(
          eq(connections.provider, account.provider),
          eq(connections.providerUserId, account.providerUserId),
          sql`${connections.status} <> 'disconnected'`,
        ),
      );
    if (row === undefined) continue;
    const link: AccountLink = {
      connectionId: row.id,
      userId: row.userId,
      provider: row.provider,
      providerUserId: row.providerUserId,
      grantedScopes: row.grantedScopes,
      connectedAt: row.connectedAt,
      liveSince: row.liveSince,
    };
    const state = {
      link,
      fence: row.fence,
      halted: row.status === "needs_reauthorization" || row.status === "provider_gone" ? row.status : null,
      tokens:
        row.tokens === null
          ? null
          : { sealed: row.tokens, expiresAt: 0, version: row.tokensVersion, pending: false },
    };
    return { state, connectionId: row.id, formerAccount: row.formerAccount };
  }
  return null;
}

// Every table of D1, with what a row means and how long it lives; docs/storage.md tells the same for people.
// Times are epoch milliseconds unless the name says otherwise. Second-by-second series never come here: they are R2 documents.

import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type {
  AccountName,
  ActivityId,
  ConnectionId,
  DeadLetterId,
  ProviderName,
  ProviderUserId,
  SourceActivityId,
  SyncRunId,
  UserId,
} from "../kernel/ids.ts";
import type { GrantScope } from "../providers/port.ts";

export type ConnectionStatus = "active" | "needs_reauthorization" | "provider_gone" | "disconnected";

/** One user's link to one account, for ever: reconnecting takes up the same row. */
export const connections = sqliteTable(
  "connections",
  {
    id: text().$type<ConnectionId>().primaryKey(),
    userId: text().$type<UserId>().notNull(),
    provider: text().$type<ProviderName>().notNull(),
    providerUserId: text().$type<ProviderUserId>().notNull(),
    /** The same person's account at another provider, which this connection was carried over from or stands in for. */
    formerAccount: text().$type<AccountName>(),
    displayName: text(),
    status: text().$type<ConnectionStatus>().notNull(),
    /** A sentence for people about the status; null when there is nothing to say. */
    message: text(),
    grantedScopes: text({ mode: "json" }).$type<GrantScope[]>().notNull(),
    connectedAt: integer().notNull(),
    /** Activities that ended before this are history: they come only through a backfill. */
    liveSince: integer().notNull(),
    disconnectedAt: integer(),
    erasedAt: integer(),
    lastNotifiedAt: integer(),
    lastSyncedAt: integer(),
    rateLimit: integer(),
    rateRemaining: integer(),
    rateResetsAt: integer(),
    /** Encrypted token pair (kernel/encryption.ts), null once dropped. The account's object is the only writer. */
    tokens: text(),
    tokensVersion: integer().notNull().default(0),
    /** Raised by every lease; a write of a sync stands only while its fence is the newest (rule 3). */
    fence: integer().notNull().default(0),
    /** When the sweep looks at this connection next. */
    sweepAt: integer().notNull(),
  },
  (table) => [
    uniqueIndex("connections_user_account").on(table.userId, table.provider, table.providerUserId),
    uniqueIndex("connections_account_holder")
      .on(table.provider, table.providerUserId)
      .where(sql`status <> 'disconnected'`),
    uniqueIndex("connections_user_provider")
      .on(table.userId, table.provider)
      .where(sql`status <> 'disconnected'`),
    index("connections_former_account").on(table.formerAccount).where(sql`former_account IS NOT NULL`),
    index("connections_sweep").on(table.status, table.sweepAt),
  ],
);

/** A link that FitGlue hands to a user, 10 minutes, once. Deleted when used; the sweep deletes what expired. */
export const connectLinks = sqliteTable("connect_links", {
  tokenHash: text().primaryKey(),
  userId: text().$type<UserId>().notNull(),
  displayName: text(),
  provider: text().$type<ProviderName>().notNull(),
  returnUrl: text(),
  expiresAt: integer().notNull(),
});

/** A link that opens the portal for a user, 10 minutes, once. Deleted when used; the sweep deletes what expired. */
export const portalLinks = sqliteTable("portal_links", {
  tokenHash: text().primaryKey(),
  userId: text().$type<UserId>().notNull(),
  expiresAt: integer().notNull(),
});

/** An authorization under way, 10 minutes, once (`DELETE … RETURNING`). The PKCE verifier is encrypted. */
export const authorizations = sqliteTable("authorizations", {
  stateHash: text().primaryKey(),
  browserHash: text().notNull(),
  codeVerifier: text().notNull(),
  userId: text().$type<UserId>().notNull(),
  displayName: text(),
  provider: text().$type<ProviderName>().notNull(),
  returnUrl: text(),
  expiresAt: integer().notNull(),
});

export type FeedOrigin = "live" | "backfill" | "sweep" | "edit" | "late_data";

/**
 * One exercise at its newest revision. `sequence` is its place in the feed and null while it settles (rule 11);
 * `deletedAt` makes it a tombstone, which stays for ever.
 */
export const activities = sqliteTable(
  "activities",
  {
    id: text().$type<ActivityId>().primaryKey(),
    connectionId: text().$type<ConnectionId>().notNull(),
    userId: text().$type<UserId>().notNull(),
    provider: text().$type<ProviderName>().notNull(),
    sourceActivityId: text().$type<SourceActivityId>().notNull(),
    /** What the provider calls the newest state that we stored; a lower one never overwrites it. */
    providerVersion: integer().notNull(),
    revision: integer().notNull(),
    contentHash: text().notNull(),
    startTime: integer().notNull(),
    endTime: integer().notNull(),
    /** The feed's entry without its records, as JSON text; null for a tombstone. */
    entry: text(),
    /** R2 key of the gzipped document. */
    documentKey: text(),
    /** R2 key of what the document was assembled from: summary and heart rate, gzipped JSON. */
    sourcesKey: text(),
    /** R2 key of the TCX as the provider sent it, gzipped. */
    tcxKey: text(),
    gpsSamples: integer().notNull().default(0),
    heartRateSamples: integer().notNull().default(0),
    firstSeenAt: integer().notNull(),
    /** While settling: when it enters the feed whatever is missing. */
    settlesAt: integer(),
    origin: text().$type<FeedOrigin>().notNull(),
    sequence: integer(),
    updatedAt: integer().notNull(),
    deletedAt: integer(),
  },
  (table) => [
    uniqueIndex("activities_sequence").on(table.sequence),
    index("activities_user_sequence").on(table.userId, table.sequence),
    index("activities_connection_start").on(table.connectionId, table.startTime),
    index("activities_settling").on(table.settlesAt).where(sql`sequence IS NULL`),
  ],
);

/** Which activity a provider's id means; a change of provider adds a row and is not a revision (rule 8). */
export const activityAliases = sqliteTable(
  "activity_aliases",
  {
    connectionId: text().$type<ConnectionId>().notNull(),
    provider: text().$type<ProviderName>().notNull(),
    sourceActivityId: text().$type<SourceActivityId>().notNull(),
    activityId: text().$type<ActivityId>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.provider, table.sourceActivityId] })],
);

/** One row, `id` 1: the newest sequence number given out. Raised inside the transaction that writes the activity. */
export const feedCounter = sqliteTable("feed_counter", {
  id: integer().primaryKey(),
  value: integer().notNull(),
});

export type SyncTrigger =
  | "connect"
  | "notification"
  | "manual"
  | "sweep"
  | "backfill"
  | "late_data"
  | "recovery"
  | "retry"
  | "replay";
export type SyncRunStatus = "queued" | "running" | "succeeded" | "partial" | "failed";

/** Activity History: one sync, 90 days. Runs without change fold into one a connection and day. */
export const syncRuns = sqliteTable(
  "sync_runs",
  {
    id: text().$type<SyncRunId>().primaryKey(),
    connectionId: text().$type<ConnectionId>().notNull(),
    userId: text().$type<UserId>().notNull(),
    trigger: text().$type<SyncTrigger>().notNull(),
    status: text().$type<SyncRunStatus>().notNull(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    listed: integer().notNull().default(0),
    created: integer().notNull().default(0),
    updated: integer().notNull().default(0),
    deleted: integer().notNull().default(0),
    callsSpent: integer().notNull().default(0),
    errorCode: text(),
    errorMessage: text(),
  },
  (table) => [
    index("sync_runs_connection").on(table.connectionId, table.startedAt),
    index("sync_runs_user").on(table.userId, table.startedAt),
    index("sync_runs_started").on(table.startedAt),
    // What somebody waits for: few, and the operator's page asks for the oldest.
    index("sync_runs_open").on(table.startedAt).where(sql`status IN ('queued', 'running')`),
    // What went wrong: few, and whoever asks for them alone would walk all the others.
    index("sync_runs_wrong").on(table.status, table.startedAt).where(sql`status IN ('partial', 'failed')`),
  ],
);

/** A message that failed every attempt, 30 days. `body` is the message itself: ids, and the summaries of activities that a look had found. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text().$type<DeadLetterId>().primaryKey(),
    connectionId: text().$type<ConnectionId>(),
    account: text().$type<AccountName>(),
    kind: text().notNull(),
    body: text().notNull(),
    failedAt: integer().notNull(),
    attempts: integer().notNull(),
    errorCode: text().notNull(),
    errorMessage: text().notNull(),
    replayedAt: integer(),
  },
  (table) => [
    index("dead_letters_failed").on(table.failedAt),
    // Those that somebody still has to look at.
    index("dead_letters_waiting").on(table.failedAt).where(sql`replayed_at IS NULL`),
  ],
);

/** Where a periodic chore left off (orphan sweep), one row a chore. */
export const chores = sqliteTable("chores", {
  name: text().primaryKey(),
  cursor: text(),
  ranAt: integer().notNull(),
});

/** Public keys that sign a provider's pushes, as they were published: one row an address, for all isolates. */
export const keySets = sqliteTable("key_sets", {
  /** The address that the set is fetched from; another address never answers for it. */
  name: text().primaryKey(),
  /** The set's JSON; null until a fetch succeeded. */
  body: text(),
  fetchedAt: integer(),
  /** The newest fetch, successful or not: there is one a minute at most. */
  attemptedAt: integer().notNull(),
});

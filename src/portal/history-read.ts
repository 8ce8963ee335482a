// The user's activities and syncs for one page of Activity History. Each connection's activities are read by its own index
// and merged here: an index by user and time would cost a write for every activity, for a page that few open.
// A filter that only an activity's own content can answer looks at a bounded number of them and says how far it came.

import { and, desc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { FeedActivity } from "../activities/document.ts";
import { type Database, databaseFor } from "../db/databases.ts";
import { activities, connections, syncRuns } from "../db/schema.ts";
import type { ActivityId, ConnectionId, ProviderName, UserId } from "../kernel/ids.ts";
import { missingStreamSentences } from "./activity-words.ts";
import type { HistoryFilter } from "./history-filter.ts";
import { type Merged, mergeReadings, type Reading } from "./history-merge.ts";
import type { Position } from "./history-position.ts";
import type { SyncRun } from "./run-words.ts";

const pageSize = 50;
/** How many activities of a connection one page looks at, where it cannot know beforehand which of them it will show. */
const lookedAtMost = 400;

export interface ActivityEntry extends Position {
  readonly kind: "activity";
  readonly id: ActivityId;
  readonly provider: ProviderName;
  /** What FitGlue gets of it; null once it is deleted. */
  readonly activity: FeedActivity | null;
  /** When it enters the feed at the latest; null once it is there. Epoch milliseconds. */
  readonly settlesAt: number | null;
}

export interface RunEntry extends Position {
  readonly kind: "run";
  readonly run: SyncRun;
  /** Null where the connection has gone over to another provider since. */
  readonly provider: ProviderName | null;
}

export type HistoryEntry = ActivityEntry | RunEntry;

export interface HistoryPage extends Merged<HistoryEntry> {
  /** Of the user's newest activity; 0 before the first. Whatever has no clock of its own stands by it. */
  readonly utcOffsetSeconds: number;
}

interface Ask {
  readonly database: Database;
  readonly userId: UserId;
  readonly filter: HistoryFilter;
  readonly before: Position | null;
}

type OwnConnection = Pick<
  typeof connections.$inferSelect,
  "id" | "provider" | "formerAccount" | "connectedAt"
>;

/** One page, newest first. `before` is where it begins: null for the newest. */
export async function readHistory(
  env: Env,
  userId: UserId,
  filter: HistoryFilter,
  before: Position | null,
): Promise<HistoryPage> {
  const database = databaseFor(env, userId);
  const ask: Ask = { database, userId, filter, before };
  const own: OwnConnection[] = await database
    .select({
      id: connections.id,
      provider: connections.provider,
      formerAccount: connections.formerAccount,
      connectedAt: connections.connectedAt,
    })
    .from(connections)
    .where(eq(connections.userId, userId));
  const [runs, utcOffsetSeconds, ...rest] = await Promise.all([
    readRuns(ask, own),
    readNewestOffset(ask, own),
    ...own.map((connection) => readActivities(ask, connection.id)),
  ]);
  return { ...mergeReadings<HistoryEntry>([runs, ...rest], pageSize), utcOffsetSeconds };
}

/** Runs are kept 90 days, so a filter by state passes over no more than these. */
async function readRuns(
  { database, userId, filter, before }: Ask,
  own: readonly OwnConnection[],
): Promise<Reading<RunEntry>> {
  if (filter.runs === null) return { entries: [], readUntil: null };
  const rows = await database
    .select()
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.userId, userId),
        filter.runs === "all" ? undefined : inArray(syncRuns.status, [...filter.runs]),
        before === null ? undefined : isBefore(syncRuns.startedAt, syncRuns.id, before),
      ),
    )
    .orderBy(desc(syncRuns.startedAt), desc(syncRuns.id))
    .limit(pageSize + 1);
  const entries = rows.map((run): RunEntry => {
    const connection = own.find(({ id }) => id === run.connectionId);
    return {
      kind: "run",
      id: run.id,
      time: run.startedAt,
      run,
      provider: providerAt(connection, run.startedAt),
    };
  });
  return { entries, readUntil: rows.length > pageSize ? (entries.at(-1) ?? null) : null };
}

async function readActivities(ask: Ask, connectionId: ConnectionId): Promise<Reading<ActivityEntry>> {
  const { database, userId, before } = ask;
  const wanted = ask.filter.activities;
  // What settles has ended within the hour, so it is among the newest: there is no older page to look for it on.
  if (wanted === null || (wanted === "settling" && before !== null)) return { entries: [], readUntil: null };
  const limit = wanted === "all" ? pageSize + 1 : lookedAtMost;
  const rows = await database
    .select({
      id: activities.id,
      provider: activities.provider,
      time: activities.startTime,
      entry: entryFor[wanted],
      isInFeed: sql<number>`${activities.sequence} IS NOT NULL`,
      settlesAt: activities.settlesAt,
    })
    .from(activities)
    .where(
      and(
        eq(activities.connectionId, connectionId),
        eq(activities.userId, userId),
        // An erased activity has no time any more, and nothing else that could be told.
        gt(activities.startTime, 0),
        before === null ? undefined : isBefore(activities.startTime, activities.id, before),
      ),
    )
    .orderBy(desc(activities.startTime), desc(activities.id))
    .limit(limit);
  const entries = rows
    .map(({ entry, isInFeed, settlesAt, ...row }): ActivityEntry => {
      const activity = entry === null ? null : (JSON.parse(entry) as FeedActivity);
      return { kind: "activity", ...row, activity, settlesAt: isInFeed === 1 ? null : settlesAt };
    })
    .filter((entry) => isWanted[wanted](entry));
  const mayHoldMore = rows.length === limit && wanted !== "settling";
  return { entries, readUntil: mayHoldMore ? (rows.at(-1) ?? null) : null };
}

type Wanted = NonNullable<HistoryFilter["activities"]>;

/** Only what may be shown is brought along: an entry is a kilobyte, and most are of no interest to a filter. */
const entryFor: Readonly<Record<Wanted, SQL<string | null>>> = {
  all: sql<string | null>`${activities.entry}`,
  lacking: sql<string | null>`CASE
    WHEN ${activities.entry} ->> '$.completeness.gps.state' <> 'complete'
      OR ${activities.entry} ->> '$.completeness.heartRate.state' <> 'complete'
    THEN ${activities.entry} END`,
  settling: sql<string | null>`CASE WHEN ${activities.sequence} IS NULL THEN ${activities.entry} END`,
};

const isWanted: Readonly<Record<Wanted, (entry: ActivityEntry) => boolean>> = {
  all: () => true,
  lacking: ({ activity }) => activity !== null && missingStreamSentences(activity.completeness).length > 0,
  settling: ({ activity }) => activity !== null,
};

async function readNewestOffset({ database, userId }: Ask, own: readonly OwnConnection[]): Promise<number> {
  const newest = await Promise.all(
    own.map(({ id }) =>
      database
        .select({
          startTime: activities.startTime,
          utcOffsetSeconds: sql<number | null>`${activities.entry} ->> '$.utcOffsetSeconds'`,
        })
        .from(activities)
        .where(
          and(
            eq(activities.connectionId, id),
            eq(activities.userId, userId),
            gt(activities.startTime, 0),
            sql`${activities.deletedAt} IS NULL`,
          ),
        )
        .orderBy(desc(activities.startTime))
        .limit(1)
        .get(),
    ),
  );
  const [first] = newest
    .filter((row) => row !== undefined)
    .sort((one, other) => other.startTime - one.startTime);
  return first?.utcOffsetSeconds ?? 0;
}

/** Whose run it was: before its connection went over from another provider, this row does not say it any more. */
function providerAt(connection: OwnConnection | undefined, time: number): ProviderName | null {
  if (connection === undefined) return null;
  if (connection.formerAccount !== null && time < connection.connectedAt) return null;
  return connection.provider;
}

function isBefore(
  time: typeof activities.startTime | typeof syncRuns.startedAt,
  id: typeof activities.id | typeof syncRuns.id,
  before: Position,
): SQL {
  return sql`(${time}, ${id}) < (${before.time}, ${before.id})`;
}

// What the cron trigger does: the sweep (connections that nothing was heard of for a day, rule 7) and housekeeping.
// Every step is bounded for one tick; what is left over comes with the next.

import { and, eq, inArray, lt, lte } from "drizzle-orm";
import { admitOverdue } from "../activities/store.ts";
import { allDatabases, type Database } from "../db/databases.ts";
import { authorizations, connections, connectLinks, deadLetters, portalLinks } from "../db/schema.ts";
import { accountName } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { SyncContext } from "./context.ts";
import { syncMessage } from "./messages.ts";
import { sweepOrphans } from "./orphans.ts";
import { foldRuns } from "./run-folding.ts";

const dayMilliseconds = 24 * 3_600_000;
/** Connections that one tick takes; at 96 ticks a day one database serves 48,000. */
const sweepPerTick = 500;
/** Spread of the next turn, so that connections made in one hour do not stay together. */
const sweepSpreadMilliseconds = 2 * 3_600_000;
const deadLetterDays = 30;
/** Time that the last look itself has before it is given up for lost. */
const overdueMilliseconds = 5 * 60_000;
const admitPerTick = 200;

export async function runSchedule(context: SyncContext): Promise<void> {
  for (const database of allDatabases(context.env)) {
    for (const [name, step] of steps) {
      try {
        await step(context, database);
      } catch (exception) {
        log("error", "schedule.failed", { kind: name, ...describeException(exception) });
      }
    }
  }
}

const steps: readonly (readonly [string, (context: SyncContext, database: Database) => Promise<void>])[] = [
  ["sweep", sweepConnections],
  ["admit", admitSettled],
  ["expire", dropExpired],
  ["fold_runs", (context, database) => foldRuns(database, context.clock.now())],
  ["orphans", sweepOrphans],
];

async function sweepConnections(context: SyncContext, database: Database): Promise<void> {
  const now = context.clock.now();
  const rows = await database
    .select({
      id: connections.id,
      provider: connections.provider,
      providerUserId: connections.providerUserId,
    })
    .from(connections)
    .where(
      and(
        eq(connections.status, "active"),
        inArray(connections.provider, [...context.configuration.providers]),
        lte(connections.sweepAt, now),
      ),
    )
    .orderBy(connections.sweepAt)
    .limit(sweepPerTick);
  for (let from = 0; from < rows.length; from += 80) {
    const part = rows.slice(from, from + 80);
    // The message first: a connection that is swept twice costs one question, one that is skipped costs a day.
    await context.env.SYNC.sendBatch(
      part.map((row) => ({
        body: syncMessage(accountName(row.provider, row.providerUserId), { kind: "look", trigger: "sweep" }),
      })),
    );
    await database
      .update(connections)
      .set({ sweepAt: now + dayMilliseconds + Math.floor(Math.random() * sweepSpreadMilliseconds) })
      .where(
        inArray(
          connections.id,
          part.map((row) => row.id),
        ),
      );
  }
  if (rows.length > 0) log("info", "sweep.sent", { count: rows.length });
}

/** A settling activity must not wait for ever because its connection stopped meanwhile. */
async function admitSettled(context: SyncContext, database: Database): Promise<void> {
  const count = await admitOverdue(database, context.clock.now() - overdueMilliseconds, admitPerTick);
  if (count > 0) log("warn", "activities.admitted_late", { count });
}

async function dropExpired(context: SyncContext, database: Database): Promise<void> {
  const now = context.clock.now();
  await database.batch([
    database.delete(connectLinks).where(lt(connectLinks.expiresAt, now)),
    database.delete(portalLinks).where(lt(portalLinks.expiresAt, now)),
    database.delete(authorizations).where(lt(authorizations.expiresAt, now)),
    database.delete(deadLetters).where(lt(deadLetters.failedAt, now - deadLetterDays * dayMilliseconds)),
  ]);
}

// What the operator's page tells: how many connections are in which state, how the last day's syncs went, what waits. It reads
// ids, states, codes and counts, and of nobody's health data a line. No query walks a whole table, however many users
// there are: each is served by an index and stops at a bound, and the page says where it stopped.

import { type SQL, sql } from "drizzle-orm";
import { allDatabases, type Database, runBatch } from "../db/databases.ts";
import { providerNames } from "../kernel/ids.ts";
import {
  countLimit,
  type FailedRun,
  type OpenRun,
  type OperatorOverview,
  type RunGroup,
  runLimit,
} from "./operator-figures.ts";

const failureLimit = 10;
const dayMilliseconds = 86_400_000;

const statuses = ["active", "needs_reauthorization", "provider_gone", "disconnected"] as const;

/** Reads every database once, in one batch each. `now` in epoch milliseconds. */
export async function readOperatorOverview(env: Env, now: number): Promise<OperatorOverview> {
  const parts = await Promise.all(allDatabases(env).map((database) => readDatabase(database, now)));
  const all = <Row>(pick: (part: DatabasePart) => readonly Row[]): Row[] => parts.flatMap(pick);
  const failures = all((part) => part.failures).sort((left, right) => right.startedAt - left.startedAt);
  const open = all((part) => part.oldestOpenRun).sort((left, right) => left.startedAt - right.startedAt);
  const dead = all((part) => part.oldestDeadLetter).sort((left, right) => left.failedAt - right.failedAt);
  return {
    connectionsByStatus: addUp(
      statuses,
      all((part) => part.byStatus),
    ),
    connectionsByProvider: addUp(
      providerNames,
      all((part) => part.byProvider),
    ),
    lastDay: all((part) => part.lastDay),
    isLastDayCut: parts.some((part) => total(part.lastDay.map(({ runs }) => runs)) >= runLimit),
    failures: failures.slice(0, failureLimit),
    openRuns: total(all((part) => part.openRuns).map(({ count }) => count)),
    oldestOpenRun: open[0] ?? null,
    deadLetters: total(all((part) => part.deadLetters).map(({ count }) => count)),
    oldestDeadLetterAt: dead[0]?.failedAt ?? null,
  };
}

interface Count {
  readonly name: string;
  readonly count: number;
}

interface DatabasePart {
  readonly byStatus: readonly Count[];
  readonly byProvider: readonly Count[];
  readonly lastDay: readonly RunGroup[];
  readonly failures: readonly FailedRun[];
  readonly openRuns: readonly Count[];
  readonly oldestOpenRun: readonly OpenRun[];
  readonly deadLetters: readonly Count[];
  readonly oldestDeadLetter: readonly { readonly failedAt: number }[];
}

/** The statements behind the page, by what each one answers. `now` in epoch milliseconds. */
export function overviewStatements(now: number): Record<keyof DatabasePart, SQL> {
  const since = now - dayMilliseconds;
  return {
    byStatus: sql.join(
      statuses.map((status) => countOf(status, sql`connections WHERE status = ${status}`)),
      sql` UNION ALL `,
    ),
    byProvider: sql.join(
      providerNames.map((provider) =>
        countOf(provider, sql`connections WHERE provider = ${provider} AND status <> 'disconnected'`),
      ),
      sql` UNION ALL `,
    ),
    lastDay: sql`SELECT status, "trigger", count(*) AS runs, sum(calls_spent) AS calls FROM (
      SELECT status, "trigger", calls_spent FROM sync_runs WHERE started_at > ${since}
      ORDER BY started_at DESC LIMIT ${runLimit}) GROUP BY status, "trigger"`,
    // Both conditions on the state: the first is the index's own, to the letter.
    failures: sql`SELECT id, connection_id AS connectionId, "trigger", started_at AS startedAt,
      error_code AS errorCode, error_message AS errorMessage FROM sync_runs
      WHERE status IN ('partial', 'failed') AND status = 'failed' AND started_at > ${since}
      ORDER BY started_at DESC LIMIT ${failureLimit}`,
    openRuns: countOf("open", sql`sync_runs WHERE status IN ('queued', 'running')`),
    oldestOpenRun: sql`SELECT id, connection_id AS connectionId, status, "trigger", started_at AS startedAt
      FROM sync_runs WHERE status IN ('queued', 'running') ORDER BY started_at LIMIT 1`,
    deadLetters: countOf("waiting", sql`dead_letters WHERE replayed_at IS NULL`),
    oldestDeadLetter: sql`SELECT failed_at AS failedAt FROM dead_letters WHERE replayed_at IS NULL
      ORDER BY failed_at LIMIT 1`,
  };
}

/** Counts no further than one more than the page can say. */
function countOf(name: string, source: SQL): SQL {
  return sql`SELECT ${name} AS name, count(*) AS count FROM (SELECT 1 FROM ${source} LIMIT ${countLimit + 1})`;
}

async function readDatabase(database: Database, now: number): Promise<DatabasePart> {
  const statements = overviewStatements(now);
  const results = await runBatch(database, Object.values(statements));
  // The statements name their columns as the part does, in the same order.
  return Object.fromEntries(
    Object.keys(statements).map((name, index) => [name, results[index]?.results ?? []]),
  ) as unknown as DatabasePart;
}

function addUp<Name extends string>(names: readonly Name[], counts: readonly Count[]): Record<Name, number> {
  const entries = names.map((name) => [
    name,
    total(counts.filter((row) => row.name === name).map(({ count }) => count)),
  ]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

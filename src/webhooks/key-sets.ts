// Where the published keys that sign pushes are kept between isolates, and who may fetch them: a row in the first database,
// found by the address. A fetch is claimed by one conditional write, so a minute has one at most, however many isolates and
// forged messages there are.

import { eq, sql } from "drizzle-orm";
import { allDatabases, type Database } from "../db/databases.ts";
import { keySets } from "../db/schema.ts";

/** A set as it was published. */
export interface KeySet {
  readonly body: string;
  /** Epoch milliseconds. */
  readonly fetchedAt: number;
}

export interface KeySetRow {
  /** Null until a fetch succeeded. */
  readonly set: KeySet | null;
  /** The newest fetch, successful or not, in epoch milliseconds. */
  readonly attemptedAt: number;
}

/** At most one fetch in this time, over all isolates. */
export const attemptIntervalMilliseconds = 60_000;

/** What is known of a set; null when nobody has tried to fetch it yet. */
export async function readKeySet(env: Env, address: string): Promise<KeySetRow | null> {
  const row = await first(env).select().from(keySets).where(eq(keySets.name, address)).get();
  if (row === undefined) return null;
  const { body, fetchedAt, attemptedAt } = row;
  return { set: body === null || fetchedAt === null ? null : { body, fetchedAt }, attemptedAt };
}

/** Whether this caller may fetch the set now. Of any number who ask within a minute, one may. */
export async function claimAttempt(env: Env, address: string, now: number): Promise<boolean> {
  const claimed = await first(env)
    .insert(keySets)
    .values({ name: address, attemptedAt: now })
    .onConflictDoUpdate({
      target: keySets.name,
      set: { attemptedAt: now },
      // An attempt in the future was noted by a clock that has been set back since (the simulator's): it binds nobody.
      setWhere: sql`${keySets.attemptedAt} <= ${now - attemptIntervalMilliseconds}
        or ${keySets.attemptedAt} > ${now + attemptIntervalMilliseconds}`,
    })
    .returning({ name: keySets.name });
  return claimed.length > 0;
}

/** Keeps a set that was just fetched. */
export async function storeKeySet(env: Env, address: string, set: KeySet): Promise<void> {
  await first(env).update(keySets).set(set).where(eq(keySets.name, address));
}

/** Keys belong to no user, so they live in the first database, however many there are. */
function first(env: Env): Database {
  const [database] = allDatabases(env);
  if (database === undefined) throw new Error("no database is bound");
  return database;
}

// Which database holds a user. D1 holds 10 GB, so from the first day a user's rows are found by a function of the user id:
// the id falls into one of 256 slots, and `DATABASE_SLOTS` says which binding holds which slots. A second database is configuration.

import type { SQLWrapper } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import type { UserId } from "../kernel/ids.ts";
import * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema> & { readonly $client: D1Database };

const slotCount = 256;
const bindings = ["DB", "DB_1", "DB_2", "DB_3"] as const;

interface Shard {
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly index: number;
}

const opened = new WeakMap<D1Database, Database>();

function open(binding: D1Database): Database {
  const known = opened.get(binding);
  if (known !== undefined) return known;
  const database = drizzle(binding, { schema, casing: "snake_case" });
  opened.set(binding, database);
  return database;
}

/** Every database, in an order that only ever grows at its end: a page token holds one position for each. */
export function allDatabases(env: Env): Database[] {
  return bindings.flatMap((name) => {
    const binding = env[name];
    return binding === undefined ? [] : [open(binding)];
  });
}

const dialect = new SQLiteAsyncDialect({ casing: "snake_case" });

/**
 * Runs statements in one transaction, built by drizzle or written by hand. Drizzle's own `batch` takes no hand-written
 * statement with parameters (0.45), and a conditional insert or a counter cannot be built.
 */
export async function runBatch(database: Database, statements: readonly SQLWrapper[]): Promise<D1Result[]> {
  return await database.$client.batch(
    statements.map((statement) => {
      const query = dialect.sqlToQuery(statement.getSQL());
      return database.$client.prepare(query.sql).bind(...query.params);
    }),
  );
}

/** The index in `allDatabases` of the database that holds a user. */
export function databaseIndex(env: Env, userId: UserId): number {
  const slot = slotOf(userId);
  return (
    parseSlots(env.DATABASE_SLOTS).find((shard) => slot >= shard.firstSlot && slot <= shard.lastSlot)
      ?.index ?? 0
  );
}

/** The database that holds a user's rows. */
export function databaseFor(env: Env, userId: UserId): Database {
  return allDatabases(env)[databaseIndex(env, userId)] ?? open(env.DB);
}

/** FNV-1a over the id's characters; even enough over 256 slots, and the same for ever. */
export function slotOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < userId.length; position++) {
    hash = Math.imul(hash ^ userId.charCodeAt(position), 0x01000193);
  }
  return (hash >>> 0) % slotCount;
}

/** `"0-127:DB,128-255:DB_1"`; slots that it does not name are in the first database. */
function parseSlots(value: string | undefined): Shard[] {
  return (value ?? "").split(",").flatMap((part) => {
    const match = /^\s*(\d+)-(\d+):(\w+)\s*$/.exec(part);
    const index = bindings.findIndex((name) => name === (match?.[3] ?? ""));
    return match === null || index < 0
      ? []
      : [{ firstSlot: Number(match[1]), lastSlot: Number(match[2]), index }];
  });
}

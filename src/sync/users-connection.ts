// Whose data a user's is: of the connections that a user has had, the one to ask.

import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { UserId } from "../kernel/ids.ts";

type Connection = typeof connections.$inferSelect;

/** All connections that a user has had: the active ones first, then those that have not ended, the newest of each first. */
export async function findUsersConnections(database: Database, userId: UserId): Promise<Connection[]> {
  return await database
    .select()
    .from(connections)
    .where(eq(connections.userId, userId))
    .orderBy(
      sql`${connections.status} = 'active' DESC, ${connections.status} = 'disconnected', ${connections.connectedAt} DESC`,
    );
}

/** The first of them, which is the one to ask; null when there never was one. */
export async function findUsersConnection(database: Database, userId: UserId): Promise<Connection | null> {
  return (await findUsersConnections(database, userId))[0] ?? null;
}

// Whose data a user's is: of the connections that a user has had, the one to ask.

import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { UserId } from "../kernel/ids.ts";

/** The user's connection: the active one, else one that has not ended, else the newest; null when there never was one. */
export async function findUsersConnection(
  database: Database,
  userId: UserId,
): Promise<typeof connections.$inferSelect | null> {
  const [connection] = await database
    .select()
    .from(connections)
    .where(eq(connections.userId, userId))
    .orderBy(
      sql`${connections.status} = 'active' DESC, ${connections.status} = 'disconnected', ${connections.connectedAt} DESC`,
    )
    .limit(1);
  return connection ?? null;
}

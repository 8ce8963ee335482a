// Finding a connection by its id. The id does not say whose it is, so every database is asked until one has it; an id that
// nobody has is the same 404 as one that the caller may not see.

import { eq } from "drizzle-orm";
import { allDatabases, type Database } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import { asId, type ConnectionId } from "../kernel/ids.ts";
import { ProblemError } from "../kernel/problem.ts";
import type { Connection } from "./disconnect.ts";

export interface FoundConnection {
  readonly connection: Connection;
  readonly database: Database;
  readonly databaseIndex: number;
}

/** The connection, or null. */
export async function findConnection(env: Env, id: string): Promise<FoundConnection | null> {
  for (const [databaseIndex, database] of allDatabases(env).entries()) {
    const connection = await database
      .select()
      .from(connections)
      .where(eq(connections.id, asId<ConnectionId>(id)))
      .get();
    if (connection !== undefined) return { connection, database, databaseIndex };
  }
  return null;
}

/** The connection; throws `not_found`. */
export async function requireConnection(env: Env, id: string): Promise<FoundConnection> {
  const found = await findConnection(env, id);
  if (found === null) throw new ProblemError("not_found", "There is no connection with this id.");
  return found;
}

/** Throws `connection_not_active` with what its user can do. */
export function requireActive(connection: Connection): void {
  switch (connection.status) {
    case "active":
      return;
    case "needs_reauthorization":
      throw new ProblemError(
        "connection_not_active",
        "The provider no longer lets us in; the user has to reconnect.",
      );
    case "provider_gone":
      throw new ProblemError("connection_not_active", "The provider has switched this service off.");
    case "disconnected":
      throw new ProblemError("connection_not_active", "The connection was disconnected.");
    default:
      throw new Error(connection.status satisfies never);
  }
}

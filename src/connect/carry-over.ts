// The way over from one provider to its successor: which connection a new grant takes up, because the provider says that both
// accounts are one person's. Only reads; complete.ts acts.

import { and, eq, ne } from "drizzle-orm";
import { allDatabases, databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { AccountName } from "../kernel/ids.ts";
import type { FormerAccount } from "../providers/port.ts";
import type { Connection } from "./disconnect.ts";
import type { ConnectRequest } from "./links.ts";

/** Whether another user has a connection to the account, in whichever database. */
export async function isHeldByAnother(
  env: Env,
  request: Pick<ConnectRequest, "userId">,
  account: FormerAccount,
): Promise<boolean> {
  for (const database of allDatabases(env)) {
    const holder = await database
      .select({ userId: connections.userId })
      .from(connections)
      .where(
        and(
          eq(connections.provider, account.provider),
          eq(connections.providerUserId, account.providerUserId),
          ne(connections.status, "disconnected"),
        ),
      )
      .get();
    if (holder !== undefined) return holder.userId !== request.userId;
  }
  return false;
}

/** The user's connection to an account, whatever its state; null when there never was one. */
export async function findConnection(
  env: Env,
  request: Pick<ConnectRequest, "userId">,
  account: FormerAccount,
): Promise<Connection | null> {
  const row = await databaseFor(env, request.userId)
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.userId, request.userId),
        eq(connections.provider, account.provider),
        eq(connections.providerUserId, account.providerUserId),
      ),
    )
    .get();
  return row ?? null;
}

/**
 * The living connection that stands in for the account of this grant, whoever has it: connecting both would bring everything
 * twice, to the same user or to another.
 */
export async function findSuccessor(
  env: Env,
  account: AccountName,
): Promise<Pick<Connection, "id" | "userId"> | null> {
  for (const database of allDatabases(env)) {
    const row = await database
      .select({ id: connections.id, userId: connections.userId })
      .from(connections)
      .where(and(eq(connections.formerAccount, account), ne(connections.status, "disconnected")))
      .get();
    if (row !== undefined) return row;
  }
  return null;
}

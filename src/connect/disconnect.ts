// Ends a connection, and erases it where that is asked (rule 14). What is ours ends first and for certain: fence, tokens,
// tombstones, the erase job. The provider is told afterwards, once, within five seconds; its failure stops nothing.

import { and, eq } from "drizzle-orm";
import { databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { accountName, type ConnectionId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { endGrant } from "../sync/end-grant.ts";
import { letFormerGo } from "../sync/leave.ts";
import { syncMessage } from "../sync/messages.ts";
import { tombstoneStatements } from "./tombstones.ts";

export type Connection = typeof connections.$inferSelect;

export interface DisconnectRequest {
  readonly connection: Connection;
  readonly erase: boolean;
  /** A sentence for people, shown with the connection. */
  readonly message: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Ends the connection; once more is no harm, and `erase` works on one that has ended. Throws `unavailable` when the
 * queue refuses the erase job: the tombstones stand by then, and asking again completes it.
 */
export async function disconnect(
  env: Env,
  configuration: Configuration,
  request: DisconnectRequest,
): Promise<void> {
  const { connection, now } = request;
  const account = accountName(connection.provider, connection.providerUserId);
  const object = env.ACCOUNT_SYNC.getByName(account);
  const unlinked = await object.unlink({ connectionId: connection.id, message: request.message, now });
  if (unlinked.status === "unknown_account" && connection.status !== "disconnected") {
    // The object does not know what the row says, so nobody else will end the row.
    await endRow(env, request);
  }
  if (request.erase) {
    const database = databaseFor(env, connection.userId).$client;
    await database.batch(tombstoneStatements(database, connection.id, now));
    try {
      await env.SYNC.send(syncMessage(account, { kind: "erase", connectionId: connection.id }));
    } catch (exception) {
      log("error", "disconnect.queue_refused", {
        connectionId: connection.id,
        ...describeException(exception),
      });
      throw new ProblemError("unavailable", "Disconnected, but the erasing could not be queued; ask again.", {
        headers: { "retry-after": "30" },
      });
    }
  }
  if (unlinked.status === "unlinked" && unlinked.tokens !== null) {
    const grant = { provider: connection.provider, connectionId: connection.id, tokens: unlinked.tokens };
    const isTold = await endGrant(configuration, grant, now);
    if (!isTold) await noteUpstreamFailure(env, connection);
  }
  if (connection.formerAccount !== null) {
    // It may end before the account that it came from was left, and then nobody else asks for that any more.
    await letFormerGo(env, configuration, {
      former: connection.formerAccount,
      connectionId: connection.id,
      now,
    });
  }
  log("info", request.erase ? "disconnect.erasing" : "disconnect.disconnected", {
    connectionId: connection.id,
    account,
  });
}

async function endRow(env: Env, { connection, message, now }: DisconnectRequest): Promise<void> {
  const fence = Math.max(now, connection.fence + 1);
  await databaseFor(env, connection.userId)
    .update(connections)
    .set({ status: "disconnected", message, disconnectedAt: now, tokens: null, tokensVersion: fence, fence })
    .where(
      // As it was read: a connection that has gone over to another account since was asked for after this.
      and(
        eq(connections.id, connection.id),
        eq(connections.provider, connection.provider),
        eq(connections.providerUserId, connection.providerUserId),
      ),
    );
}

async function noteUpstreamFailure(
  env: Env,
  connection: { id: ConnectionId; userId: Connection["userId"] },
): Promise<void> {
  await databaseFor(env, connection.userId)
    .update(connections)
    .set({
      message:
        "Disconnected here, but the provider did not confirm it. To be certain, remove FitGlue in the provider's settings.",
    })
    .where(eq(connections.id, connection.id));
}

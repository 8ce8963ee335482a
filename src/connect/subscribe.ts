// Asks the provider to push for an account. A failure leaves a working connection that says so: its activities then come
// with the daily sweep, and connecting once more asks again.

import { and, eq } from "drizzle-orm";
import { databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { AccountName, ConnectionId, UserId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { Provider } from "../providers/port.ts";

/** Calls that a subscription takes at most where an older one has to be replaced first. */
const callsAtMost = 10;

const notPushed =
  "The provider does not announce new activities for this connection; they arrive once a day.";

/** Subscribes, and notes with the connection when that failed. `now` in epoch milliseconds. */
export async function subscribeAccount(
  env: Env,
  provider: Provider,
  target: { readonly account: AccountName; readonly connectionId: ConnectionId; readonly userId: UserId },
  now: number,
): Promise<void> {
  const object = env.ACCOUNT_SYNC.getByName(target.account);
  const permit = await object.permit({ calls: callsAtMost, priority: "fresh", now });
  let code: string = permit.status;
  if (permit.status === "permitted") {
    const answer = await provider.subscribe({ accessToken: permit.accessToken, now }, target.connectionId);
    await object.settle({
      // How far a refused subscription got is not said; counting every lent call never spends one too many.
      report: {
        spent: answer.ok ? answer.value.calls : permit.calls,
        rate: answer.rate,
        limitedUntil: !answer.ok && answer.error.code === "rate_limited" ? answer.error.retryAt : null,
      },
      granted: permit.calls,
      now,
    });
    if (answer.ok) return;
    code = answer.error.code;
  }
  log("warn", "connect.not_subscribed", { connectionId: target.connectionId, account: target.account, code });
  await databaseFor(env, target.userId)
    .update(connections)
    .set({ message: notPushed })
    .where(and(eq(connections.id, target.connectionId), eq(connections.status, "active")));
}

// Asks the provider to push for an account. A failure leaves a working connection that says so: its activities then come
// with the daily sweep, and the object asks again, less and less often, until it succeeds.

import { and, eq, isNull } from "drizzle-orm";
import { databaseFor } from "../db/databases.ts";
import { connections } from "../db/schema.ts";
import type { AccountName, ConnectionId, UserId } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { Provider } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import { accountObject, type WorkContext } from "./context.ts";
import type { Work } from "./messages.ts";

/** Calls that a subscription takes at most where an older one has to be replaced first. */
const callsAtMost = 10;

const notPushed =
  "The provider does not announce new activities for this connection yet. It is asked again; until then they arrive once a day.";

const activitiesNotShared =
  "Access to activities was not allowed, so nothing can be fetched. Reconnect to allow it.";

const firstRetryMilliseconds = 5 * 60_000;
const longestRetryMilliseconds = 24 * 3_600_000;

export interface SubscribeTarget {
  readonly account: AccountName;
  readonly connectionId: ConnectionId;
  readonly userId: UserId;
  /** Attempts made before this one. */
  readonly attempts: number;
}

/** Subscribes; notes with the connection when that failed, and when to try again. `now` in epoch milliseconds. */
export async function subscribeAccount(
  env: Env,
  provider: Provider,
  target: SubscribeTarget,
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
    if (answer.ok) {
      if (target.attempts > 0) await note(env, target, notPushed, null);
      return;
    }
    code = answer.error.code;
  }
  log("warn", "subscribe.failed", {
    connectionId: target.connectionId,
    account: target.account,
    attempts: target.attempts + 1,
    code,
  });
  if (target.attempts === 0) {
    await note(env, target, null, code === "scope_missing" ? activitiesNotShared : notPushed);
  }
  // Without the scope, or without a grant, asking again changes nothing: reconnecting does.
  if (code === "scope_missing" || code === "halted" || code === "unknown_account") return;
  const delay = Math.min(
    longestRetryMilliseconds,
    firstRetryMilliseconds * 4 ** Math.min(target.attempts, 6),
  );
  await object.schedule({
    due: [{ at: now + delay, work: { kind: "subscribe", attempts: target.attempts + 1 } }],
    now,
  });
}

/** Changes the connection's message from one to another; any other message stays. */
async function note(
  env: Env,
  target: SubscribeTarget,
  from: string | null,
  to: string | null,
): Promise<void> {
  await databaseFor(env, target.userId)
    .update(connections)
    .set({ message: to })
    .where(
      and(
        eq(connections.id, target.connectionId),
        eq(connections.status, "active"),
        from === null ? isNull(connections.message) : eq(connections.message, from),
      ),
    );
}

/** The due entry's turn. */
export async function retrySubscription(
  context: WorkContext,
  work: Extract<Work, { kind: "subscribe" }>,
): Promise<void> {
  const link = await accountObject(context, context.account).linked();
  if (link === null) return;
  const provider = providerFor(context.configuration, link.provider);
  const { account } = context;
  const { connectionId, userId } = link;
  const target = { account, connectionId, userId, attempts: work.attempts };
  await subscribeAccount(context.env, provider, target, context.clock.now());
}

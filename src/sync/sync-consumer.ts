// The sync consumer: one message, one account, one piece of work, from lease to lease end. It says what becomes of the
// message: done, or to be tried again. Waiting for budget or for a busy account is done, because the account's object
// remembers; only failures are attempts (rule 6).

import type { AccountName } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import { runBackfillSlice } from "./backfill.ts";
import { accountObject, isOffered, openSession, type SyncContext, type WorkContext } from "./context.ts";
import { eraseConnection } from "./erase.ts";
import { runLateLook } from "./late-look.ts";
import { leaveFormerAccount } from "./leave.ts";
import type { SyncMessage, Work } from "./messages.ts";
import { confirmRevocation } from "./revocation.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { retrySubscription } from "./subscribe.ts";
import { failureFields, logNoLease, logWaiting } from "./sync-log.ts";
import { runSync } from "./sync-run.ts";

/** A message as the queue delivers it. */
export interface Delivery {
  readonly id: string;
  /** 1 at the first delivery. */
  readonly attempts: number;
  readonly message: SyncMessage;
}

export type Verdict =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly delaySeconds: number; readonly code: string };

const done: Verdict = { kind: "done" };

/** Seconds until the next attempt: 10, 20, 40 … at most 15 minutes. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(900, 10 * 2 ** Math.max(0, attempts - 1));
}

/** Does one message's work. Never rejects. */
export async function consumeSync(context: SyncContext, delivery: Delivery): Promise<Verdict> {
  const { account, work } = delivery.message;
  const workContext: WorkContext = {
    ...context,
    account,
    messageId: delivery.id,
    attempt: delivery.attempts,
  };
  try {
    return await perform(workContext, work);
  } catch (exception) {
    const fields = failureFields(
      exception instanceof SyncInterrupted && exception.interruption.kind === "failed"
        ? exception.interruption.error
        : exception,
    );
    log("error", "sync.failed", { account, kind: work.kind, attempts: delivery.attempts, ...fields });
    return { kind: "retry", delaySeconds: retryDelaySeconds(delivery.attempts), code: fields.code };
  }
}

async function perform(context: WorkContext, work: Work): Promise<Verdict> {
  // What only cleans up behind a connection needs no provider.
  if (work.kind !== "leave" && work.kind !== "erase" && !isOffered(context, context.account)) {
    log("info", "sync.skipped", {
      account: context.account,
      kind: work.kind,
      reason: "provider_not_offered",
    });
    return done;
  }
  switch (work.kind) {
    case "revocation":
      await confirmRevocation(context, work);
      return done;
    case "subscribe":
      await retrySubscription(context, work);
      return done;
    case "leave":
      await leaveFormerAccount(context, work);
      return done;
    case "erase":
      await eraseConnection(context, work);
      return done;
    case "sync":
    case "look":
    case "interval":
    case "deletions":
    case "late":
    case "backfill":
      return await performUnderLease(context, work);
    default:
      return work satisfies never;
  }
}

type LeasedWork = Extract<Work, { kind: "sync" | "look" | "interval" | "deletions" | "late" | "backfill" }>;

async function performUnderLease(context: WorkContext, work: LeasedWork): Promise<Verdict> {
  const { account } = context;
  const begun = await accountObject(context, account).begin({
    work,
    receivedAt: null,
    now: context.clock.now(),
  });
  if (begun.status !== "leased") {
    logNoLease(account, work, begun);
    return done;
  }
  const session = openSession(context, account, begun.lease, work);
  try {
    switch (work.kind) {
      case "sync":
      case "look":
      case "interval":
      case "deletions":
        await runSync(context, session, work);
        return done;
      case "late":
        await runLateLook(context, session, work);
        return done;
      case "backfill":
        await runBackfillSlice(context, session, work);
        return done;
      default:
        return work satisfies never;
    }
  } catch (exception) {
    return await closeEarly(account, session, exception, work);
  }
}

/** Ends the lease after an interruption, so that nobody has to wait for its deadline. */
async function closeEarly(
  account: AccountName,
  session: SyncSession,
  exception: unknown,
  work: LeasedWork,
): Promise<Verdict> {
  if (!(exception instanceof SyncInterrupted)) {
    await session.end({ listedAt: null });
    throw exception;
  }
  const { interruption } = exception;
  switch (interruption.kind) {
    case "lost":
    case "halted":
      return done;
    case "waiting":
      logWaiting(account, work, interruption.until);
      await session.end({ listedAt: null, due: [{ at: interruption.until, work: withoutList(work) }] });
      return done;
    case "failed":
      await session.end({ listedAt: null });
      throw exception;
    default:
      return interruption satisfies never;
  }
}

/** The same work for later: a list that was found may be old by then. */
function withoutList(work: LeasedWork): Work {
  if (work.kind !== "sync") return work;
  return { kind: "sync", trigger: work.trigger, ...(work.runId === undefined ? {} : { runId: work.runId }) };
}

// The hint consumer: takes the accounts of a message side by side. Most pushes bring no exercise: then it ends with one list,
// without a queue message and without a D1 write. Something new, a failure or an empty budget becomes a message or a due
// entry for that one account, so no user waits for another.

import { readIndex } from "../activities/store.ts";
import { databaseFor } from "../db/databases.ts";
import { type AccountName, parseAccountName } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import { providerFor } from "../providers/registry.ts";
import { compareListing, isNothing, toFound } from "./comparison.ts";
import { accountObject, isOffered, openSession, type SyncContext } from "./context.ts";
import { isWithinReach, lookAtEnd, readListing, routineWindow } from "./listing.ts";
import {
  type Hint,
  type HintsMessage,
  messageLimitBytes,
  type SyncMessage,
  syncMessage,
  type Work,
} from "./messages.ts";
import { SyncInterrupted, type SyncSession } from "./session.ts";
import { failureFields, logLeftOut, logNoLease, logWaiting } from "./sync-log.ts";

/** A push may precede its data: one more look after this long, unless another look comes before. */
const lookAgainMilliseconds = 15 * 60_000;
/** Rounds under one lease; what arrives after that gets a message of its own. */
const roundLimit = 3;
/** Messages that a queue takes at a time (Cloudflare's limit). */
const batchAtMost = 100;
/** A Worker has six connections to the outside at a time. */
const sideBySide = 6;

/** Handles one message. Rejects only if not even the follow-up could be queued: then the whole message comes again. */
export async function consumeHints(context: SyncContext, message: HintsMessage): Promise<void> {
  const accounts = new Map<AccountName, { activitiesAt: number | null; revokedAt: number | null }>();
  for (const hint of message.hints) {
    if (!isOffered(context, hint.account)) continue;
    const known = accounts.get(hint.account) ?? { activitiesAt: null, revokedAt: null };
    const key = hint.collection === "activities" ? "activitiesAt" : "revokedAt";
    accounts.set(hint.account, { ...known, [key]: Math.max(known[key] ?? 0, hint.receivedAt) });
  }
  await sendIntervals(context, message.hints);
  const waiting = [...accounts];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [account, { activitiesAt, revokedAt }] = next;
      if (revokedAt !== null) {
        await context.env.SYNC.send(syncMessage(account, { kind: "revocation", receivedAt: revokedAt }));
      }
      if (activitiesAt !== null) await lookSafely(context, account, activitiesAt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(sideBySide, waiting.length) }, worker));
}

/**
 * What pushes say of times that no look reaches becomes a message of its own, one for each interval. A push may name twenty, so
 * those of all hints are sent together: one call each is more than an invocation has (see `hintsAtMost`).
 */
async function sendIntervals(context: SyncContext, hints: readonly Hint[]): Promise<void> {
  const messages = new Map<string, SyncMessage>();
  for (const hint of hints) {
    if (!isOffered(context, hint.account)) continue;
    for (const window of windowsBeyondReach(context, hint)) {
      const message = syncMessage(hint.account, { kind: "interval", ...window });
      messages.set(JSON.stringify(message), message);
    }
  }
  const bodies = [...messages.values()].map((body) => ({ body }));
  for (let from = 0; from < bodies.length; from += batchAtMost) {
    await context.env.SYNC.sendBatch(bodies.slice(from, from + batchAtMost));
  }
}

function windowsBeyondReach(context: SyncContext, hint: Hint): Hint["windows"] {
  const account = parseAccountName(hint.account);
  if (hint.windows.length === 0 || account === null) return [];
  const provider = providerFor(context.configuration, account.provider);
  return hint.windows.filter((window) => !isWithinReach(provider, window, hint.receivedAt));
}

async function lookSafely(context: SyncContext, account: AccountName, receivedAt: number): Promise<void> {
  try {
    await look(context, account, receivedAt);
  } catch (exception) {
    log("warn", "look.failed", { account, ...describeException(exception) });
    await context.env.SYNC.send(syncMessage(account, { kind: "look", trigger: "retry" }));
  }
}

async function look(context: SyncContext, account: AccountName, receivedAt: number): Promise<void> {
  const work: Work = { kind: "look", trigger: "notification" };
  const begun = await accountObject(context, account).begin({ work, receivedAt, now: context.clock.now() });
  if (begun.status !== "leased") {
    logNoLease(account, work, begun);
    return;
  }
  const session = openSession(context, account, begun.lease, work);
  try {
    for (let round = 1; ; round++) {
      if (!(await lookOnce(context, account, session, round < roundLimit))) return;
    }
  } catch (exception) {
    if (!(exception instanceof SyncInterrupted)) {
      await session.end({ listedAt: null });
      throw exception;
    }
    const { interruption } = exception;
    switch (interruption.kind) {
      case "lost":
      case "halted":
        return;
      case "waiting":
        logWaiting(account, work, interruption.until);
        await session.end({
          listedAt: null,
          due: [{ at: interruption.until, work: { kind: "look", trigger: "retry" } }],
        });
        return;
      case "failed":
        await session.end({ listedAt: null });
        log("warn", "look.failed", { account, ...failureFields(interruption.error) });
        await context.env.SYNC.send(syncMessage(account, { kind: "look", trigger: "retry" }));
        return;
      default:
        return interruption satisfies never;
    }
  }
}

/** One list; true when the lease was kept because something arrived meanwhile. */
async function lookOnce(
  context: SyncContext,
  account: AccountName,
  session: SyncSession,
  mayRepeat: boolean,
): Promise<boolean> {
  const { link, listedAt, fence } = session.lease;
  const window = routineWindow(session.provider, link, listedAt, context.clock.now());
  const listing = await readListing(session, window);
  const stored = await readIndex(databaseFor(context.env, link.userId), link.connectionId, window);
  const difference = compareListing(listing, stored, link);
  logLeftOut(account, difference);
  if (isNothing(difference)) {
    const ended = await session.end({
      listedAt: listing.listStartedAt,
      lookAgainAt: lookAtEnd(difference, context.clock.now()) ?? context.clock.now() + lookAgainMilliseconds,
      mayRepeat,
    });
    return ended.status === "again";
  }
  if (!(await session.handOver())) return false;
  const found = toFound(listing, difference, session.callsSpent);
  const message = syncMessage(account, { kind: "sync", trigger: "notification", found, handoff: fence });
  const fits = new TextEncoder().encode(JSON.stringify(message)).length <= messageLimitBytes;
  await context.env.SYNC.send(
    fits ? message : syncMessage(account, { kind: "sync", trigger: "notification", handoff: fence }),
  );
  return false;
}

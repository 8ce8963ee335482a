// The last stop of a message that failed every attempt: a row that an operator sees and can replay, never silence.
// Waiting for budget does not come here (rule 6); what does is a failure that lasted.

import { allDatabases, databaseFor } from "../db/databases.ts";
import { deadLetters } from "../db/schema.ts";
import { type AccountName, asId, type DeadLetterId, hashedText } from "../kernel/ids.ts";
import { log } from "../kernel/log.ts";
import type { AccountLink } from "./account/account-protocol.ts";
import { accountObject, type SyncContext } from "./context.ts";
import { parseHintsMessage, parseSyncMessage, syncMessage } from "./messages.ts";
import { noCounts, recordRun, runIdFor, startRun } from "./runs.ts";

const failure = {
  code: "attempts_exhausted",
  message:
    "The work failed at every attempt. Replay it once the cause is mended; the daily sweep looks as well.",
};

/** `max_retries` of wrangler.toml and the first delivery; the dead-letter queue itself does not tell. */
const attemptsBeforeDead = 9;

/** Records one dead message. Idempotent: the row's id comes from the message's. */
export async function recordDeadLetter(
  context: SyncContext,
  delivery: { readonly id: string; readonly body: unknown },
): Promise<void> {
  const hints = parseHintsMessage(delivery.body);
  if (hints !== null) {
    // Hints of many accounts: each of them gets a look of its own, which fails or succeeds by itself.
    for (const account of new Set(hints.hints.map((hint) => hint.account))) {
      await context.env.SYNC.send(syncMessage(account, { kind: "look", trigger: "retry" }));
    }
    return;
  }
  const message = parseSyncMessage(delivery.body);
  const account: AccountName | null = message?.account ?? null;
  const link: AccountLink | null = account === null ? null : await accountObject(context, account).linked();
  const database = link === null ? allDatabases(context.env)[0] : databaseFor(context.env, link.userId);
  if (database === undefined) throw new Error("no database is bound");
  const id = asId<DeadLetterId>(`dead_${await hashedText(["dead", delivery.id])}`);
  const now = context.clock.now();
  await database
    .insert(deadLetters)
    .values({
      id,
      connectionId: link?.connectionId ?? null,
      account,
      kind: message?.work.kind ?? "unreadable",
      body: JSON.stringify(delivery.body),
      failedAt: now,
      attempts: attemptsBeforeDead,
      errorCode: message === null ? "unreadable_message" : failure.code,
      errorMessage:
        message === null ? "The message has a shape that this version does not know." : failure.message,
    })
    .onConflictDoNothing();
  log("error", "dead_letter.recorded", { deadLetterId: id, kind: message?.work.kind ?? "unreadable" });
  if (message === null || link === null) return;
  const { work } = message;
  const trigger = work.kind === "backfill" ? "backfill" : "trigger" in work ? work.trigger : "recovery";
  const explicitRun = "runId" in work ? work.runId : undefined;
  const runId = await runIdFor(explicitRun, delivery.id);
  await startRun(database, link, { id: runId, trigger, now });
  await recordRun(database, runId, {
    status: "failed",
    counts: noCounts,
    callsSpent: 0,
    error: failure,
    now,
  });
}

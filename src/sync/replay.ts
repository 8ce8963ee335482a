// Sends a dead letter once more, to the queue that it came from, as it was. Twice is no harm: every step is idempotent.

import { eq } from "drizzle-orm";
import { allDatabases } from "../db/databases.ts";
import { deadLetters } from "../db/schema.ts";
import { asId, type DeadLetterId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { parseHintsMessage, parseSyncMessage } from "./messages.ts";

/** Throws `not_found`, `not_replayable` and, when the queue refuses, `unavailable`. `now` in epoch milliseconds. */
export async function replayDeadLetter(env: Env, id: string, now: number): Promise<void> {
  const deadLetterId = asId<DeadLetterId>(id);
  for (const database of allDatabases(env)) {
    const row = await database.select().from(deadLetters).where(eq(deadLetters.id, deadLetterId)).get();
    if (row === undefined) continue;
    await resend(env, row);
    await database.update(deadLetters).set({ replayedAt: now }).where(eq(deadLetters.id, deadLetterId));
    return;
  }
  throw new ProblemError("not_found", "There is no dead letter with this id.");
}

async function resend(env: Env, row: typeof deadLetters.$inferSelect): Promise<void> {
  const body = parseJson(row.body);
  const sync = parseSyncMessage(body);
  const hints = parseHintsMessage(body);
  if (sync === null && hints === null) {
    throw new ProblemError("not_replayable", "This message is of a shape that this version no longer reads.");
  }
  try {
    if (sync !== null) await env.SYNC.send(sync);
    if (hints !== null) await env.HINTS.send(hints);
  } catch (exception) {
    log("error", "dead_letter.queue_refused", { deadLetterId: row.id, ...describeException(exception) });
    throw new ProblemError("unavailable", "The message could not be queued.", {
      headers: { "retry-after": "30" },
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

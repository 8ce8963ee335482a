// The Worker's entry: requests go to the Hono app, queue messages to their consumer, the cron trigger to the schedule.
// Nothing is decided here.

import { createApp } from "./app.ts";
import { describeException, log } from "./kernel/log.ts";
import { openContext, type SyncContext } from "./sync/context.ts";
import { recordDeadLetter } from "./sync/dead-letters.ts";
import { consumeHints } from "./sync/hint-consumer.ts";
import { type HintsMessage, parseHintsMessage, parseSyncMessage } from "./sync/messages.ts";
import { runSchedule } from "./sync/schedule.ts";
import { consumeSync, retryDelaySeconds } from "./sync/sync-consumer.ts";

export { AccountSync } from "./sync/account/account-sync.ts";

const app = createApp();

/** Ends the name of the queue that holds what failed every attempt. */
const deadLetterSuffix = "-dead-letters";

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const context = await openContext(env);
    const hints: HintsDelivery[] = [];
    const others: Message[] = [];
    for (const message of batch.messages) {
      const body = batch.queue.endsWith(deadLetterSuffix) ? null : parseHintsMessage(message.body);
      if (body === null) others.push(message);
      else hints.push({ message, body });
    }
    await Promise.all([
      takeHints(context, hints),
      ...others.map((message) => takeMessage(context, batch.queue, message)),
    ]);
  },

  async scheduled(_controller, env) {
    await runSchedule(await openContext(env));
  },
} satisfies ExportedHandler<Env>;

interface HintsDelivery {
  readonly message: Message;
  readonly body: HintsMessage;
}

/** All hints of a batch at once: an account that several messages name gets one look, and none waits for another. */
async function takeHints(context: SyncContext, deliveries: readonly HintsDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  try {
    const hints = deliveries.flatMap(({ body }) => body.hints);
    await consumeHints(context, { version: 1, kind: "hints", hints });
    for (const { message } of deliveries) message.ack();
  } catch (exception) {
    log("error", "queue.failed", { kind: "hints", ...describeException(exception) });
    for (const { message } of deliveries) {
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
    }
  }
}

async function takeMessage(context: SyncContext, queue: string, message: Message): Promise<void> {
  try {
    const delaySeconds = await consume(context, queue, message);
    if (delaySeconds === null) message.ack();
    else message.retry({ delaySeconds });
  } catch (exception) {
    log("error", "queue.failed", { kind: queue, ...describeException(exception) });
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

/** Null: done. Otherwise the seconds to wait before the next attempt. */
async function consume(context: SyncContext, queue: string, message: Message): Promise<number | null> {
  const sync = queue.endsWith(deadLetterSuffix) ? null : parseSyncMessage(message.body);
  if (sync === null) {
    // Dead, or another version's message: it must not be lost, and only the dead letters can keep it.
    await recordDeadLetter(context, message);
    return null;
  }
  const verdict = await consumeSync(context, {
    id: message.id,
    attempts: message.attempts,
    message: sync,
  });
  return verdict.kind === "done" ? null : verdict.delaySeconds;
}

// The Worker's entry: requests go to the Hono app, queue messages to their consumer, the cron trigger to the schedule.
// Nothing is decided here.

import { createApp } from "./app.ts";
import { describeException, log } from "./kernel/log.ts";
import { openContext } from "./sync/context.ts";
import { recordDeadLetter } from "./sync/dead-letters.ts";
import { consumeHints } from "./sync/hint-consumer.ts";
import { parseHintsMessage, parseSyncMessage } from "./sync/messages.ts";
import { runSchedule } from "./sync/schedule.ts";
import { consumeSync, retryDelaySeconds } from "./sync/sync-consumer.ts";

export { AccountSync } from "./sync/account-sync.ts";

const app = createApp();

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const context = await openContext(env);
    for (const message of batch.messages) {
      try {
        const delay = await consume(context, batch.queue, message);
        if (delay === null) message.ack();
        else message.retry({ delaySeconds: delay });
      } catch (exception) {
        log("error", "queue.failed", { kind: batch.queue, ...describeException(exception) });
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
      }
    }
  },

  async scheduled(_controller, env) {
    await runSchedule(await openContext(env));
  },
} satisfies ExportedHandler<Env>;

/** Null: done. Otherwise the seconds to wait before the next attempt. */
async function consume(
  context: Awaited<ReturnType<typeof openContext>>,
  queue: string,
  message: Message,
): Promise<number | null> {
  if (queue.endsWith("-dead-letters")) {
    await recordDeadLetter(context, message);
    return null;
  }
  const hints = parseHintsMessage(message.body);
  if (hints !== null) {
    await consumeHints(context, hints);
    return null;
  }
  const sync = parseSyncMessage(message.body);
  if (sync === null) {
    // Another version's message: it must not be lost, and only the dead letters can keep it.
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

// What every provider's push has in common once it is known to be the provider's: its hints go to the queue, and 204 goes out
// only after the queue has them (rule 1); a queue that refuses is 503, so that the provider sends again.

import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { type HintsMessage, packHints } from "../sync/messages.ts";
import type { PushReading } from "./push-reading.ts";

/** The JSON of a body; undefined when it is none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * Keeps what a push says and answers 204.
 * @throws ProblemError `unavailable` (503) when the queue does not take it.
 */
export async function keepPush(queue: Queue, route: string, push: PushReading): Promise<Response> {
  if (push.malformed > 0) log("warn", "webhook.malformed_elements", { route, count: push.malformed });
  try {
    await enqueue(queue, packHints(push.hints));
  } catch (exception) {
    log("error", "webhook.queue_refused", { route, ...describeException(exception) });
    throw new ProblemError("unavailable", "The push could not be kept; send it again.", {
      headers: { "retry-after": "30" },
    });
  }
  return bare(204);
}

/** One message is the rule. Several go one by one, because a batch is bounded too, and twice is no harm (rule 2). */
async function enqueue(queue: Queue, messages: readonly HintsMessage[]): Promise<void> {
  await Promise.all(messages.map((message) => queue.send(message)));
}

/** The refusal of a body above the limit (413), noted in the log. */
export function tooLarge(route: string): ProblemError {
  log("warn", "webhook.too_large", { route });
  return new ProblemError("too_large", "A push may hold 256 KiB.");
}

/** The refusal of a body that is the provider's own and still cannot be read (400), noted in the log. */
export function unreadable(route: string, bytes: number, detail: string): ProblemError {
  log("warn", "webhook.unreadable", { route, bytes });
  return new ProblemError("invalid_request", detail, { field: "body" });
}

/** An answer without a body: it tells a stranger nothing, and it is all that a provider wants. */
export function bare(status: number): Response {
  return new Response(null, { status });
}

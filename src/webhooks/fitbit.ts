// Fitbit's subscriber endpoint: verify, enqueue, answer. It looks nothing up and asks no other service but the queue;
// 204 goes out only after the queue has the hints (rule 1), and a queue that refuses is 503, so that Fitbit sends again.

import { type Context, Hono } from "hono";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { isSameSecret } from "../kernel/constant-time.ts";
import { describeException, log } from "../kernel/log.ts";
import { ProblemError } from "../kernel/problem.ts";
import { type HintsMessage, packHints } from "../sync/messages.ts";
import { readBoundedBody } from "./body.ts";
import { readFitbitPush } from "./fitbit-push.ts";
import { isSignedByFitbit } from "./fitbit-signature.ts";

export const fitbitWebhook = new Hono<AppEnvironment>()
  .get("/", async (c) => {
    // Fitbit asks twice, with the right code and with a wrong one, and wants 204 and 404 (reference §2.1, documented).
    const { fitbit } = c.var.configuration;
    const code = c.req.query("verify");
    if (fitbit === null || code === undefined) return notFound();
    return (await isSameSecret(code, fitbit.verificationCode)) ? noContent() : notFound();
  })
  .post("/", receivePush);

async function receivePush(c: Context<AppEnvironment>): Promise<Response> {
  const { configuration } = c.var;
  const signature = c.req.header("x-fitbit-signature");
  const body = await readBoundedBody(c.req.raw);
  if (body.status === "too_large") {
    log("warn", "webhook.too_large", { route: "/webhooks/fitbit" });
    throw new ProblemError("too_large", "A push may hold 256 KiB.");
  }
  if (configuration.fitbit === null || signature === undefined) return notFound();
  if (!(await isSignedByFitbit(configuration.fitbit.clientSecret, signature, body.bytes))) {
    log("warn", "webhook.bad_signature", { route: "/webhooks/fitbit", bytes: body.bytes.length });
    return notFound();
  }

  const push = readFitbitPush(parseJson(body.bytes), await readClock(configuration));
  if (push === null) {
    log("warn", "webhook.unreadable", { route: "/webhooks/fitbit", bytes: body.bytes.length });
    throw new ProblemError("invalid_request", "The push is signed, but it is not a JSON array.", {
      field: "body",
    });
  }
  if (push.malformed > 0) {
    log("warn", "webhook.malformed_elements", { route: "/webhooks/fitbit", count: push.malformed });
  }
  try {
    await enqueue(c.env.HINTS, packHints(push.hints));
  } catch (exception) {
    log("error", "webhook.queue_refused", { route: "/webhooks/fitbit", ...describeException(exception) });
    throw new ProblemError("unavailable", "The push could not be kept; send it again.", {
      headers: { "retry-after": "30" },
    });
  }
  return noContent();
}

/** One message is the rule. Several go one by one, because a batch is bounded too, and twice is no harm (rule 2). */
async function enqueue(queue: Queue, messages: readonly HintsMessage[]): Promise<void> {
  await Promise.all(messages.map((message) => queue.send(message)));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** Bare on purpose: it tells a stranger nothing, and it is Fitbit's documented answer to a bad signature. */
function notFound(): Response {
  return new Response(null, { status: 404 });
}

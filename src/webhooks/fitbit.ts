// Fitbit's subscriber endpoint: verify, enqueue, answer. It looks nothing up and asks no other service but the queue;
// 204 goes out only after the queue has the hints (rule 1), and a queue that refuses is 503, so that Fitbit sends again.

import { type Context, Hono } from "hono";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import { isSameSecret } from "../kernel/constant-time.ts";
import { log } from "../kernel/log.ts";
import { readBoundedBody } from "./body.ts";
import { readFitbitPush } from "./fitbit-push.ts";
import { isSignedByFitbit } from "./fitbit-signature.ts";
import { bare, keepPush, parseJson, tooLarge, unreadable } from "./push.ts";

const route = "/webhooks/fitbit";

export const fitbitWebhook = new Hono<AppEnvironment>()
  .get("/", async (c) => {
    // Fitbit asks twice, with the right code and with a wrong one, and wants 204 and 404 (reference §2.1, documented).
    const { fitbit } = c.var.configuration;
    const code = c.req.query("verify");
    if (fitbit === null || code === undefined) return notFound();
    return (await isSameSecret(code, fitbit.verificationCode)) ? bare(204) : notFound();
  })
  .post("/", receivePush);

async function receivePush(c: Context<AppEnvironment>): Promise<Response> {
  const { configuration } = c.var;
  const signature = c.req.header("x-fitbit-signature");
  const body = await readBoundedBody(c.req.raw);
  if (body.status === "too_large") throw tooLarge(route);
  if (configuration.fitbit === null || signature === undefined) return notFound();
  if (!(await isSignedByFitbit(configuration.fitbit.clientSecret, signature, body.bytes))) {
    log("warn", "webhook.bad_signature", { route, bytes: body.bytes.length });
    return notFound();
  }

  const push = readFitbitPush(parseJson(body.bytes), await readClock(configuration));
  if (push === null) {
    throw unreadable(route, body.bytes.length, "The push is signed, but it is not a JSON array.");
  }
  return keepPush(c.env.HINTS, route, push);
}

/** Bare on purpose: it tells a stranger nothing, and it is Fitbit's documented answer to a bad signature. */
function notFound(): Response {
  return bare(404);
}

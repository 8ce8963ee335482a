// How Fitbit pushes to its subscriber: signed over the exact bytes, answered with 204 within 5 s ("Using Subscriptions",
// dev.fitbit.com), repeated with back-off otherwise. Fitbit's schedule, batch size and the number of failures that disable
// a subscriber are unknown; all are settings. The queue itself is ../deliveries.ts.

import { answerInTime, enqueuePushes, type PushChannel } from "../deliveries.ts";
import type { Notification, State } from "../state.ts";

/** Puts notifications into pushes of the batch size. */
export function enqueue(state: State, notifications: readonly Notification[]): void {
  enqueuePushes(state, "fitbit", notifications, state.settings.batchSize);
}

export function fitbitChannel(state: State): PushChannel {
  return {
    forgeries: ["bad_signature"],
    addressOf: () => state.options.fitbit.subscriberUrl,
    refusalOf: () => {
      const { subscriber, settings } = state;
      if (!subscriber.enabled) return "subscriber disabled";
      return settings.requireVerification && !subscriber.verified ? "subscriber not verified" : null;
    },
    bodyOf: (push) => JSON.stringify(push.notifications.map((one) => one.element)),
    async seal(_push, body, forgery) {
      const signature = await sign(body, forgery ? "not the secret" : state.options.fitbit.clientSecret);
      return { headers: { "x-fitbit-signature": signature }, signature };
    },
    delivered: () => {
      state.subscriber.failuresInARow = 0;
    },
    failed: (push) => {
      const { subscriber, settings } = state;
      subscriber.failuresInARow += 1;
      if (settings.disableAfterFailures > 0 && subscriber.failuresInARow >= settings.disableAfterFailures) {
        subscriber.enabled = false;
      }
      return settings.retryAfterSeconds[push.attempt - 1] ?? null;
    },
  };
}

/** X-Fitbit-Signature: base64 of HMAC-SHA1 over the body, keyed with the client secret and "&". */
export async function sign(body: string, clientSecret: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(`${clientSecret}&`), algorithm, false, [
    "sign",
  ]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(body)));
  return btoa(String.fromCharCode(...bytes));
}

export interface Verification {
  verified: boolean;
  correctCode: { status: number | null; expected: 204 };
  incorrectCode: { status: number | null; expected: 404 };
}

/** The two requests by which Fitbit verifies a subscriber; passing both also switches it on again. */
export async function verifySubscriber(state: State): Promise<Verification> {
  const ask = async (code: string) => {
    const url = new URL(state.options.fitbit.subscriberUrl);
    url.searchParams.set("verify", code);
    const answer = await answerInTime(state, url.href, {});
    if (typeof answer === "string") return null;
    await answer.body?.cancel();
    return answer.status;
  };
  const right = await ask(state.subscriber.verificationCode);
  const wrong = await ask(`${state.subscriber.verificationCode}0`);
  const verified = right === 204 && wrong === 404;
  state.subscriber.verified = verified;
  if (verified) {
    state.subscriber.enabled = true;
    state.subscriber.failuresInARow = 0;
  }
  return {
    verified,
    correctCode: { status: right, expected: 204 },
    incorrectCode: { status: wrong, expected: 404 },
  };
}

// Pushing notifications to the subscriber: signed over the exact bytes, answered with 204 within 5 s ("Using
// Subscriptions", dev.fitbit.com), repeated with back-off otherwise. Fitbit's schedule, batch size and the number of
// failures that disable a subscriber are unknown; all are settings. No timer runs here: what is due by the simulated
// clock goes out when the clock moves or a control call asks.

import type { Delivery, Notification, QueuedPush, State } from "../state.ts";

/** Puts notifications into pushes of the batch size and lets the delivery faults have their turn. */
export function enqueue(state: State, notifications: readonly Notification[]): void {
  const { batchSize } = state.settings;
  for (let start = 0; start < notifications.length; start += batchSize) {
    state.queue.push({
      notifications: notifications.slice(start, start + batchSize),
      attempt: 1,
      dueAtMs: state.clock.now(),
      faultsDone: false,
    });
  }
}

/** Sends everything that is due, one push after the other, and waits for the answers. */
export async function sendDue(state: State): Promise<void> {
  let held: QueuedPush[] = [];
  for (;;) {
    const now = state.clock.now();
    const index = state.queue.findIndex((push) => push.dueAtMs <= now);
    const push = index < 0 ? undefined : state.queue.splice(index, 1)[0];
    if (!push) break;
    if (!push.faultsDone) {
      push.faultsDone = true;
      const target = {
        path: new URL(state.options.fitbit.subscriberUrl).pathname,
        providerUserIds: push.notifications.map((one) => one.ownerId),
      };
      if (state.faults.take(["lose"], target)) {
        note(state, push, { body: JSON.stringify(push.notifications), signature: "" }, null, "lost");
        continue;
      }
      const delay = state.faults.take(["delay"], target);
      if (delay) {
        state.queue.push({ ...push, dueAtMs: now + (delay.delaySeconds ?? 60) * 1000 });
        continue;
      }
      if (state.faults.take(["reorder"], target)) {
        push.notifications = [...push.notifications].reverse();
        held.push(push);
        continue;
      }
      if (state.faults.take(["duplicate"], target)) await attempt(state, { ...push });
    }
    await attempt(state, push);
    for (const late of held) await attempt(state, late);
    held = [];
  }
  // Nothing came that could overtake them: they wait for the next push, a minute at most.
  for (const late of held) state.queue.push({ ...late, dueAtMs: state.clock.now() + 60_000 });
}

async function attempt(state: State, push: QueuedPush): Promise<void> {
  const { subscriber, settings } = state;
  const body = JSON.stringify(push.notifications);
  if (!subscriber.enabled || (settings.requireVerification && !subscriber.verified)) {
    note(
      state,
      push,
      { body, signature: "" },
      null,
      subscriber.enabled ? "subscriber not verified" : "subscriber disabled",
    );
    return;
  }
  const target = {
    path: new URL(state.options.fitbit.subscriberUrl).pathname,
    providerUserIds: push.notifications.map((one) => one.ownerId),
  };
  const forged = state.faults.take(["bad_signature"], target);
  const signature = await sign(body, forged ? "not the secret" : state.options.fitbit.clientSecret);
  const { status, error } = await post(state, body, signature);
  note(state, push, { body, signature }, status, error);
  if (status === 204) {
    subscriber.failuresInARow = 0;
    return;
  }
  subscriber.failuresInARow += 1;
  if (settings.disableAfterFailures > 0 && subscriber.failuresInARow >= settings.disableAfterFailures) {
    subscriber.enabled = false;
  }
  const waitSeconds = settings.retryAfterSeconds[push.attempt - 1];
  if (waitSeconds === undefined) return;
  state.queue.push({ ...push, attempt: push.attempt + 1, dueAtMs: state.clock.now() + waitSeconds * 1000 });
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

async function post(
  state: State,
  body: string,
  signature: string,
): Promise<{ status: number | null; error: string | null }> {
  const answer = await answerInTime(state, state.options.fitbit.subscriberUrl, {
    method: "POST",
    headers: { "content-type": "application/json", "x-fitbit-signature": signature },
    body,
  });
  if (typeof answer === "string") return { status: null, error: answer };
  await answer.body?.cancel();
  return { status: answer.status, error: null };
}

/** The subscriber's answer, or why there is none. A request that took too long is aborted, so nothing is left behind. */
async function answerInTime(state: State, url: string, init: RequestInit): Promise<Response | string> {
  const tooLong = new AbortController();
  let giveUp = () => {};
  const late = new Promise<string>((resolve) => {
    const timer = setTimeout(() => {
      resolve("timeout");
      tooLong.abort();
    }, state.settings.deliveryTimeoutSeconds * 1000);
    giveUp = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([state.deliver(new Request(url, { ...init, signal: tooLong.signal })), late]);
  } catch (error) {
    return error instanceof Error ? error.message : "network error";
  } finally {
    giveUp();
  }
}

function note(
  state: State,
  push: QueuedPush,
  sent: { body: string; signature: string },
  status: number | null,
  error: string | null,
): void {
  const delivery: Delivery = {
    at: new Date(state.clock.now()).toISOString(),
    attempt: push.attempt,
    url: state.options.fitbit.subscriberUrl,
    notifications: push.notifications,
    ...sent,
    status,
    error,
  };
  state.deliveries.push(delivery);
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

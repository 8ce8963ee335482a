// Pushing notifications to subscribers, whichever provider's: what is queued goes out when the clock moves or a control
// call asks, delivery faults have their turn once for each push, and what was not answered with 204 is repeated when the
// provider's own back-off says so. No timer runs here. How a push looks and is signed is the provider's `PushChannel`.

import type { FaultName, FaultTarget } from "./faults.ts";
import type { Delivery, Notification, ProviderName, QueuedPush, State } from "./state.ts";

export interface PushChannel {
  /** Where this push goes; null when its subscriber is gone, and the push with it. */
  addressOf(push: QueuedPush): string | null;
  /** Why nothing is sent now, or null. */
  refusalOf(push: QueuedPush): string | null;
  bodyOf(push: QueuedPush): string;
  /** The faults that spoil a signature at this provider. */
  forgeries: readonly FaultName[];
  /** Headers beside the content type, and the signature for the record. */
  seal(
    push: QueuedPush,
    body: string,
    forgery: FaultName | null,
  ): Promise<{ headers: Record<string, string>; signature: string }>;
  delivered(push: QueuedPush): void;
  /** Seconds of simulated time before the next attempt; null when the push is given up. */
  failed(push: QueuedPush): number | null;
}

export type PushChannels = { readonly [Name in ProviderName]: PushChannel };

/** Puts notifications into pushes of at most `batchSize` elements. */
export function enqueuePushes(
  state: State,
  provider: ProviderName,
  notifications: readonly Notification[],
  batchSize: number,
  subscriber: string | null = null,
): void {
  const now = state.clock.now();
  for (let start = 0; start < notifications.length; start += batchSize) {
    state.queue.push({
      provider,
      subscriber,
      notifications: notifications.slice(start, start + batchSize),
      attempt: 1,
      dueAtMs: now,
      firstDueAtMs: now,
      faultsDone: false,
    });
  }
}

/** Sends everything that is due, one push after the other, and waits for the answers. */
export async function sendDue(state: State, channels: PushChannels): Promise<void> {
  let held: QueuedPush[] = [];
  for (;;) {
    const now = state.clock.now();
    const index = state.queue.findIndex((push) => push.dueAtMs <= now);
    const push = index < 0 ? undefined : state.queue.splice(index, 1)[0];
    if (!push) break;
    const channel = channels[push.provider];
    const url = channel.addressOf(push);
    if (url === null) continue;
    if (!push.faultsDone) {
      push.faultsDone = true;
      const target = targetOfPush(push, url);
      if (state.faults.take(["lose"], target)) {
        const body = channel.bodyOf(push);
        note(state, push, { url, body, signature: "" }, null, "lost");
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
      if (state.faults.take(["duplicate"], target)) await attempt(state, channel, { ...push }, url);
    }
    await attempt(state, channel, push, url);
    for (const late of held) {
      const address = channels[late.provider].addressOf(late);
      if (address !== null) await attempt(state, channels[late.provider], late, address);
    }
    held = [];
  }
  // Nothing came that could overtake them: they wait for the next push, a minute at most.
  for (const late of held) state.queue.push({ ...late, dueAtMs: state.clock.now() + 60_000 });
}

function targetOfPush(push: QueuedPush, url: string): FaultTarget {
  return {
    provider: push.provider,
    path: new URL(url).pathname,
    providerUserIds: push.notifications.map((one) => one.providerUserId),
  };
}

async function attempt(state: State, channel: PushChannel, push: QueuedPush, url: string): Promise<void> {
  const body = channel.bodyOf(push);
  const refusal = channel.refusalOf(push);
  if (refusal !== null) {
    note(state, push, { url, body, signature: "" }, null, refusal);
    return;
  }
  const forgery = state.faults.take(channel.forgeries, targetOfPush(push, url));
  const { headers, signature } = await channel.seal(push, body, forgery?.fault ?? null);
  const answer = await answerInTime(state, url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  if (typeof answer !== "string") await answer.body?.cancel();
  const status = typeof answer === "string" ? null : answer.status;
  note(state, push, { url, body, signature }, status, typeof answer === "string" ? answer : null);
  if (status === 204) {
    channel.delivered(push);
    return;
  }
  const waitSeconds = channel.failed(push);
  if (waitSeconds === null) return;
  state.queue.push({ ...push, attempt: push.attempt + 1, dueAtMs: state.clock.now() + waitSeconds * 1000 });
}

/** The subscriber's answer, or why there is none. A request that took too long is aborted, so nothing is left behind. */
export async function answerInTime(state: State, url: string, init: RequestInit): Promise<Response | string> {
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
  sent: { url: string; body: string; signature: string },
  status: number | null,
  error: string | null,
): void {
  const delivery: Delivery = {
    provider: push.provider,
    at: new Date(state.clock.now()).toISOString(),
    attempt: push.attempt,
    notifications: push.notifications.map((one) => one.element),
    ...sent,
    status,
    error,
  };
  state.deliveries.push(delivery);
}

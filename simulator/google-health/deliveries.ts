// How Google pushes to a subscriber: the secret in `Authorization`, a signature over the raw bytes, 204 and nothing else as
// success, repeated with exponential back-off for up to seven days (Google Health API, "Webhooks"; the steps of the back-off
// are not known and are settings).

import type { PushChannel } from "../deliveries.ts";
import type { QueuedPush, State } from "../state.ts";
import { signPush } from "./keys.ts";
import { type GoogleSimulator, hasGoogle, type Subscriber } from "./state.ts";

const longestMs = 7 * 86_400_000;

/** Google's side of the queue. It is asked only about pushes that the Google side queued. */
export function googleChannel(state: State): PushChannel {
  const subscriberOf = (push: QueuedPush): Subscriber | undefined =>
    state.google?.subscribers.get(push.subscriber ?? "");
  return {
    forgeries: ["bad_signature", "unknown_key"],
    addressOf: (push) => subscriberOf(push)?.endpointUri ?? null,
    refusalOf: () => null,
    bodyOf: (push) => {
      const elements = push.notifications.map((one) => one.element);
      const single = state.google?.settings.singleObjectBody === true && elements.length === 1;
      return JSON.stringify(single ? elements[0] : elements);
    },
    async seal(push, body, forgery) {
      if (!hasGoogle(state)) return { headers: {}, signature: "" };
      const kind = forgery === "bad_signature" || forgery === "unknown_key" ? forgery : null;
      const signature = await signPush(state, body, kind);
      return { headers: headersOf(state, subscriberOf(push), signature), signature };
    },
    delivered: () => {},
    failed: (push) => {
      const { retryFirstSeconds = 60, retryLongestSeconds = 60 } = state.google?.settings ?? {};
      const waitSeconds = Math.min(retryLongestSeconds, retryFirstSeconds * 2 ** (push.attempt - 1));
      const nextMs = state.clock.now() + waitSeconds * 1000;
      return nextMs - push.firstDueAtMs > longestMs ? null : waitSeconds;
    },
  };
}

function headersOf(
  state: GoogleSimulator,
  subscriber: Subscriber | undefined,
  signature: string,
): Record<string, string> {
  return {
    authorization: subscriber?.secret ?? "",
    [state.google.settings.signatureHeader.toLowerCase()]: signature,
  };
}

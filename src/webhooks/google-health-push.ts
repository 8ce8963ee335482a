// What a Google Health push says, as hints: one for each account that has news of exercises, with the windows it named.
// Pure, and without a schema library, because it stands between Google and its answer. One bad element never loses the others.

import { accountName, asId, type ProviderUserId } from "../kernel/ids.ts";
import { mergeWindows, readInterval, type Window } from "./google-health-windows.ts";
import type { PushReading } from "./push-reading.ts";

/** Reference §2.5, documented: 1 to 63 characters. Compared exactly, as text: it exceeds 2^53. */
const healthUserIdPattern = /^[A-Za-z0-9-]{1,63}$/;

/**
 * Reads a parsed body: the documentation shows one notification, live it is an array of them (reference §6.4), so both count.
 * Null when it is neither. `receivedAt` in epoch milliseconds.
 */
export function readGoogleHealthPush(body: unknown, receivedAt: number): PushReading | null {
  if (typeof body !== "object" || body === null) return null;
  const elements: readonly unknown[] = Array.isArray(body) ? body : [body];
  const windowsOf = new Map<string, Window[]>();
  let malformed = 0;
  for (const element of elements) {
    const notification = readNotification(element);
    if (notification === null) {
      malformed += 1;
      continue;
    }
    // UPSERT and DELETE ask for the same look, which finds what is new, what changed and what is gone; so would an operation
    // that does not exist yet. A DELETE proves nothing: it also comes when consent was withdrawn (reference §6.4, rule 9).
    if (notification.dataType !== "exercise") continue;
    const windows = windowsOf.get(notification.healthUserId) ?? [];
    windowsOf.set(notification.healthUserId, windows);
    for (const interval of notification.intervals) {
      const window = readInterval(interval, receivedAt);
      if (window !== null) windows.push(window);
    }
  }
  const hints = [...windowsOf].map(([healthUserId, windows]) => ({
    account: accountName("google-health", asId<ProviderUserId>(healthUserId)),
    collection: "activities" as const,
    dates: [],
    windows: mergeWindows(windows),
    receivedAt,
  }));
  return { hints, malformed };
}

interface Notification {
  readonly healthUserId: string;
  readonly dataType: string;
  readonly intervals: readonly unknown[];
}

function readNotification(element: unknown): Notification | null {
  if (typeof element !== "object" || element === null || !("data" in element)) return null;
  const { data } = element;
  if (typeof data !== "object" || data === null) return null;
  if (!("healthUserId" in data) || typeof data.healthUserId !== "string") return null;
  if (!healthUserIdPattern.test(data.healthUserId)) return null;
  if (!("dataType" in data) || typeof data.dataType !== "string") return null;
  const intervals: readonly unknown[] =
    "intervals" in data && Array.isArray(data.intervals) ? data.intervals : [];
  return { healthUserId: data.healthUserId, dataType: data.dataType, intervals };
}

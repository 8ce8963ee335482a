// What a Fitbit push says, as hints: the distinct accounts and collections of its array, with their dates. Pure, and
// without a schema library, because it stands between Fitbit and its five seconds. One bad element never loses the others.

import type { AccountName } from "../kernel/ids.ts";
import { accountName, asId, type ProviderUserId } from "../kernel/ids.ts";
import type { HintCollection } from "../sync/messages.ts";
import type { PushReading } from "./push-reading.ts";

/** Fitbit's collections that mean something here (reference §2.3); food, sleep and weight do not. */
const collections: ReadonlyMap<string, HintCollection> = new Map([
  ["activities", "activities"],
  ["userRevokedAccess", "access_revoked"],
  ["deleteUser", "account_deleted"],
]);

const ownerPattern = /^[A-Za-z0-9_-]{1,64}$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a parsed body. `null` when it is not an array. `receivedAt` in epoch milliseconds. */
export function readFitbitPush(body: unknown, receivedAt: number): PushReading | null {
  if (!Array.isArray(body)) return null;
  const byKey = new Map<string, { account: AccountName; collection: HintCollection; dates: Set<string> }>();
  let malformed = 0;
  for (const element of body as readonly unknown[]) {
    if (!isNotification(element)) {
      malformed += 1;
      continue;
    }
    const collection = collections.get(element.collectionType);
    if (collection === undefined) continue;
    const key = `${collection} ${element.ownerId}`;
    let hint = byKey.get(key);
    if (hint === undefined) {
      // The owner counts, never the subscription id: `deleteUser` carries one that is not ours (reference §2.3, observed).
      const account = accountName("fitbit", asId<ProviderUserId>(element.ownerId));
      hint = { account, collection, dates: new Set() };
      byKey.set(key, hint);
    }
    if (typeof element.date === "string" && datePattern.test(element.date)) hint.dates.add(element.date);
  }
  const hints = [...byKey.values()].map(({ account, collection, dates }) => ({
    account,
    collection,
    dates: [...dates],
    // Fitbit names a date and no interval.
    windows: [],
    receivedAt,
  }));
  return { hints, malformed };
}

interface Notification {
  readonly collectionType: string;
  readonly ownerId: string;
  readonly date?: unknown;
}

function isNotification(element: unknown): element is Notification {
  return (
    typeof element === "object" &&
    element !== null &&
    "collectionType" in element &&
    typeof element.collectionType === "string" &&
    "ownerId" in element &&
    typeof element.ownerId === "string" &&
    ownerPattern.test(element.ownerId)
  );
}

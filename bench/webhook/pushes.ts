// Pushes as Fitbit sends them (reference §2.3 and §2.4): a JSON array of notifications for one or several users, signed
// with base64 of HMAC-SHA1 over the raw body. Same seed, same bytes.

import { createHmac } from "node:crypto";

export interface SignedPush {
  readonly body: string;
  readonly signature: string;
}

/** Fitbit batches what happens at about the same time; most pushes of one watch carry one or two notifications. */
const notificationCounts = [1, 1, 2, 1, 3, 1, 2, 6];

/** `count` different pushes, signed with the application's client secret. */
export function signedPushes(count: number, clientSecret: string): SignedPush[] {
  return Array.from({ length: count }, (_, push) => {
    const notifications = Array.from(
      { length: notificationCounts[push % notificationCounts.length] ?? 1 },
      (_unused, index) => {
        const ownerId = (push * 7_919 + index * 104_729 + 2_000_000).toString(36).toUpperCase();
        return {
          collectionType: "activities",
          date: `2026-05-${String(1 + (push % 28)).padStart(2, "0")}`,
          ownerId,
          ownerType: "user",
          subscriptionId: `activities-${ownerId}`,
        };
      },
    );
    const body = JSON.stringify(notifications);
    return { body, signature: createHmac("sha1", `${clientSecret}&`).update(body).digest("base64") };
  });
}

// Subscriptions ("Create Subscription", "Delete Subscription", "Get Subscription List", dev.fitbit.com). An id is unique
// over all users and collections, one subscription per user and collection: 201 new, 200 the same again, 409 a conflict.
// The body of the 409 is unknown; the setting `subscriptionConflictBody` chooses between two guesses.

import { targetOf } from "../faults.ts";
import { jsonResponse } from "../json.ts";
import type { State, Subscription } from "../state.ts";
import type { Caller } from "./authentication.ts";
import { fitbitError, scopeMissing } from "./errors.ts";

export const everyCollection = "user";
const scopesNeeded: Record<string, readonly string[]> = {
  activities: ["activity"],
  body: ["weight"],
  foods: ["nutrition"],
  sleep: ["sleep"],
  userRevokedAccess: [],
  [everyCollection]: ["activity", "nutrition", "profile", "settings", "sleep", "weight"],
};

const shape = (subscription: Subscription) => ({
  collectionType: subscription.collectionType,
  ownerId: subscription.providerUserId,
  ownerType: "user",
  subscriberId: subscription.subscriberId,
  subscriptionId: subscription.subscriptionId,
});

/** Null when the caller may use this collection, else the 403 or 404 to answer. */
function refuseCollection(caller: Caller, collection: string): Response | null {
  const needed = scopesNeeded[collection];
  if (!needed) return fitbitError(404, "not_found", `The collection ${collection} does not exist.`);
  const lacking = needed.find((scope) => !caller.token.scopes.includes(scope));
  return lacking === undefined ? null : scopeMissing(lacking);
}

export function createSubscription(
  state: State,
  caller: Caller,
  request: Request,
  collection: string,
  subscriptionId: string,
): Response {
  if (state.settings.requireContentLength && !request.headers.has("content-length")) {
    return new Response("<html><head><title>411 Length Required</title></head></html>", {
      status: 411,
      headers: { "content-type": "text/html;charset=UTF-8" },
    });
  }
  const refused = refuseCollection(caller, collection);
  if (refused) return refused;
  if (subscriptionId.length > 50) {
    return fitbitError(400, "validation", "The subscription id is longer than 50 characters.", {
      fieldName: "subscription-id",
    });
  }
  const { providerUserId } = caller.account;
  const wanted: Subscription = {
    providerUserId,
    collectionType: collection,
    subscriptionId,
    subscriberId: request.headers.get("x-fitbit-subscriber-id") ?? "1",
  };
  const sameStream = state.subscriptions.find(
    (one) =>
      one.providerUserId === providerUserId &&
      one.collectionType === collection &&
      one.subscriberId === wanted.subscriberId,
  );
  if (sameStream?.subscriptionId === subscriptionId) return jsonResponse(200, shape(sameStream));
  const forced = state.faults.take(["subscribe_409"], targetOf(caller.account, request));
  const conflict = sameStream ?? state.subscriptions.find((one) => one.subscriptionId === subscriptionId);
  if (conflict ?? forced) {
    if (conflict && state.settings.subscriptionConflictBody === "subscription") {
      return jsonResponse(409, shape(conflict));
    }
    return fitbitError(409, "request", "The subscription conflicts with an existing one.", {
      fieldName: "subscription",
    });
  }
  state.subscriptions.push(wanted);
  return jsonResponse(201, shape(wanted));
}

export function listSubscriptions(state: State, caller: Caller, collection: string): Response {
  const mine = state.subscriptions.filter((one) => one.providerUserId === caller.account.providerUserId);
  const chosen =
    collection === everyCollection ? mine : mine.filter((one) => one.collectionType === collection);
  return jsonResponse(200, { apiSubscriptions: chosen.map(shape) });
}

export function deleteSubscription(
  state: State,
  caller: Caller,
  collection: string,
  subscriptionId: string,
): Response {
  const found = state.subscriptions.find(
    (one) =>
      one.providerUserId === caller.account.providerUserId &&
      one.collectionType === collection &&
      one.subscriptionId === subscriptionId,
  );
  if (!found) return fitbitError(404, "not_found", `There is no subscription ${subscriptionId}.`);
  state.subscriptions = state.subscriptions.filter((one) => one !== found);
  return new Response(null, { status: 204 });
}

// The two subscriptions that make pushes arrive: `activities`, and `userRevokedAccess` for the end of a grant. Ids come
// from the connection's, so creating them twice is no error. Pushes are matched by account, never by these ids
// (the ids of `deleteUser` are the provider's own: reference §2.3).

import { z } from "zod";
import type { CallContext, ProviderResult } from "../port.ts";
import { call, callForJson, type FitbitApi, failed, type Refusal } from "./call.ts";

/** Each id must be unique over subscribers and collections, and at most 50 characters (documented). */
const collections = [
  { name: "activities", suffix: "-act" },
  { name: "userRevokedAccess", suffix: "-rev" },
] as const;
type Collection = (typeof collections)[number];

const longestId = 50;

const listShape = z.object({
  apiSubscriptions: z
    .array(
      z.object({
        collectionType: z.string(),
        subscriptionId: z.union([z.string(), z.number()]).transform(String),
      }),
    )
    .catch([]),
});

/** A piece of work's outcome and how many calls it took, which its caller's budget needs even when it failed. */
type Outcome = { readonly calls: number; readonly refused: Refusal | null };

/** Creates both subscriptions, or finds that they are there. Needs the activity scope; `scope_missing` without it. */
export async function subscribe(
  api: FitbitApi,
  context: CallContext,
  connectionId: string,
): Promise<ProviderResult<{ calls: number }>> {
  return forEachCollection((collection) => subscribeTo(api, context, connectionId, collection));
}

/** Removes both; one that is not there (404) is removed already. */
export async function unsubscribe(
  api: FitbitApi,
  context: CallContext,
  connectionId: string,
): Promise<ProviderResult<{ calls: number }>> {
  return forEachCollection(async (collection) => {
    const path = pathOf(collection, subscriptionId(connectionId, collection));
    const answer = await call(api, context, { method: "DELETE", path });
    if (answer.ok) await answer.response.body?.cancel();
    return { calls: 1, refused: answer.ok || answer.status === 404 ? null : answer };
  });
}

/** The id of a connection's subscription to one collection. */
export function subscriptionId(connectionId: string, collection: { readonly suffix: string }): string {
  return `${connectionId.slice(0, longestId - collection.suffix.length)}${collection.suffix}`;
}

/** Both collections in turn. A missing scope for the one does not keep the other from being done. */
async function forEachCollection(
  work: (collection: Collection) => Promise<Outcome>,
): Promise<ProviderResult<{ calls: number }>> {
  let calls = 0;
  let scopeMissing: Refusal | null = null;
  for (const collection of collections) {
    const outcome = await work(collection);
    calls += outcome.calls;
    if (outcome.refused === null) continue;
    if (outcome.refused.error.code !== "scope_missing") return failed(outcome.refused);
    scopeMissing = outcome.refused;
  }
  return scopeMissing === null ? { ok: true, value: { calls }, rate: null } : failed(scopeMissing);
}

async function subscribeTo(
  api: FitbitApi,
  context: CallContext,
  connectionId: string,
  collection: Collection,
): Promise<Outcome> {
  const wanted = subscriptionId(connectionId, collection);
  const first = await create(api, context, collection, wanted);
  // 409: the account has this collection under another id. The body's shape is unknown, so the list is asked.
  if (first === null || first.status !== 409) return { calls: 1, refused: first };

  const list = await callForJson(api, context, {
    path: `/1/user/-/${collection.name}/apiSubscriptions.json`,
  });
  if (!list.ok) return { calls: 2, refused: list };
  const parsed = listShape.safeParse(list.json);
  const existing = (parsed.success ? parsed.data.apiSubscriptions : []).filter(
    (subscription) => subscription.collectionType === collection.name,
  );
  if (existing.some((subscription) => subscription.subscriptionId === wanted))
    return { calls: 2, refused: null };

  // Left over from a connection that ended without a word to the provider. Replaced, so that ending this one ends it.
  let calls = 2;
  for (const subscription of existing) {
    calls += 1;
    const removed = await call(api, context, {
      method: "DELETE",
      path: pathOf(collection, subscription.subscriptionId),
    });
    if (!removed.ok && removed.status !== 404) return { calls, refused: removed };
  }
  return { calls: calls + 1, refused: await create(api, context, collection, wanted) };
}

/** 201 created, 200 was there already (both documented). */
async function create(
  api: FitbitApi,
  context: CallContext,
  collection: Collection,
  id: string,
): Promise<Refusal | null> {
  const answer = await call(api, context, { method: "POST", path: pathOf(collection, id) });
  if (!answer.ok) return answer;
  await answer.response.body?.cancel();
  return null;
}

function pathOf(collection: Collection, id: string): string {
  return `/1/user/-/${collection.name}/apiSubscriptions/${encodeURIComponent(id)}.json`;
}

// Connect links: what FitGlue hands to a user so that they can connect, 10 minutes, once. The token is 130 random bits and
// stored hashed, so a copy of the database opens nothing. Looking at a link consumes nothing; using it does.

import { and, eq, gt } from "drizzle-orm";
import { allDatabases, type Database } from "../db/databases.ts";
import { connectLinks } from "../db/schema.ts";
import { type ProviderName, randomText, sha256Hex, type UserId } from "../kernel/ids.ts";

export const linkLifetimeMilliseconds = 10 * 60 * 1000;

export interface ConnectRequest {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly provider: ProviderName;
  /** Already checked against the allow-list. */
  readonly returnUrl: string | null;
}

export type LinkReading =
  | { readonly status: "open"; readonly request: ConnectRequest }
  | { readonly status: "expired" }
  /** Used, or never made: the two cannot be told apart, because a used link is deleted. */
  | { readonly status: "unknown" };

/** Makes a link and answers its token. `now` in epoch milliseconds. */
export async function createLink(
  env: Env,
  request: ConnectRequest,
  now: number,
): Promise<{ token: string; expiresAt: number }> {
  const token = randomText();
  const expiresAt = now + linkLifetimeMilliseconds;
  await shortLived(env)
    .insert(connectLinks)
    .values({ tokenHash: await sha256Hex(token), ...request, expiresAt });
  return { token, expiresAt };
}

/** What a link asks for. Consumes nothing. */
export async function readLink(env: Env, token: string, now: number): Promise<LinkReading> {
  const row = await shortLived(env)
    .select()
    .from(connectLinks)
    .where(eq(connectLinks.tokenHash, await sha256Hex(token)))
    .get();
  if (row === undefined) return { status: "unknown" };
  return row.expiresAt > now ? { status: "open", request: pick(row) } : { status: "expired" };
}

/** Takes a link out of use and answers what it asked for; of two at once, one gets it. */
export async function consumeLink(env: Env, token: string, now: number): Promise<ConnectRequest | null> {
  const [row] = await shortLived(env)
    .delete(connectLinks)
    .where(and(eq(connectLinks.tokenHash, await sha256Hex(token)), gt(connectLinks.expiresAt, now)))
    .returning();
  return row === undefined ? null : pick(row);
}

/**
 * Links and authorizations are looked up by a hash that says nothing of the user, so they live in the first database,
 * however many there are; they are few and gone in minutes.
 */
export function shortLived(env: Env): Database {
  const [first] = allDatabases(env);
  if (first === undefined) throw new Error("no database is bound");
  return first;
}

function pick(row: ConnectRequest): ConnectRequest {
  return {
    userId: row.userId,
    displayName: row.displayName,
    provider: row.provider,
    returnUrl: row.returnUrl,
  };
}

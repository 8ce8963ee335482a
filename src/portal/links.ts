// Portal links: what FitGlue hands to a user so that they can see their own pages, 10 minutes, once. As with connect links
// the token is 130 random bits, stored hashed, and looking consumes nothing: link scanners open what they find in mails.

import { and, eq, gt } from "drizzle-orm";
import { shortLived } from "../connect/links.ts";
import { portalLinks } from "../db/schema.ts";
import { randomText, sha256Hex, type UserId } from "../kernel/ids.ts";

const lifetimeMilliseconds = 10 * 60 * 1000;

export type PortalLinkReading =
  | { readonly status: "open"; readonly userId: UserId }
  | { readonly status: "expired" }
  /** Used, or never made: a used link is deleted, so the two cannot be told apart. */
  | { readonly status: "unknown" };

/** Makes a link and answers its path. `now` in epoch milliseconds. */
export async function createPortalLink(
  env: Env,
  userId: UserId,
  now: number,
): Promise<{ path: string; expiresAt: number }> {
  const token = randomText();
  const expiresAt = now + lifetimeMilliseconds;
  await shortLived(env)
    .insert(portalLinks)
    .values({ tokenHash: await sha256Hex(token), userId, expiresAt });
  return { path: `/portal/open/${token}`, expiresAt };
}

/** Whom a link opens the portal for. Consumes nothing. */
export async function readPortalLink(env: Env, token: string, now: number): Promise<PortalLinkReading> {
  const row = await shortLived(env)
    .select()
    .from(portalLinks)
    .where(eq(portalLinks.tokenHash, await sha256Hex(token)))
    .get();
  if (row === undefined) return { status: "unknown" };
  return row.expiresAt > now ? { status: "open", userId: row.userId } : { status: "expired" };
}

/** Takes a link out of use and answers its user; of two at once, one gets it. */
export async function consumePortalLink(env: Env, token: string, now: number): Promise<UserId | null> {
  const [row] = await shortLived(env)
    .delete(portalLinks)
    .where(and(eq(portalLinks.tokenHash, await sha256Hex(token)), gt(portalLinks.expiresAt, now)))
    .returning();
  return row?.userId ?? null;
}

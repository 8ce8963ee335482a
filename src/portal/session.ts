// Who looks at the portal. A session is a signed cookie, 12 hours: it says which user may be seen, or which API key opened
// the operator's page, and nothing is stored for it. Nobody extends one; after 12 hours FitGlue makes a new link.

import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { z } from "zod";
import type { AppEnvironment } from "../kernel/app-environment.ts";
import { readClock } from "../kernel/clock.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { asId, hashedText, randomText, type UserId, userIdPattern } from "../kernel/ids.ts";

export const sessionLifetimeSeconds = 12 * 60 * 60;

export interface UserSession {
  readonly kind: "user";
  /** Random; what the CSRF tokens of this session are derived from. */
  readonly id: string;
  readonly userId: UserId;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface OperatorSession {
  readonly kind: "operator";
  readonly id: string;
  readonly keyName: string;
  /** Of the key's stored hash: the session ends when the key is taken out of `API_KEYS` or loses the scope `operate`. */
  readonly keyFingerprint: string;
  readonly expiresAt: number;
}

export type Session = UserSession | OperatorSession;

const sessionSchema: z.ZodType<Session> = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("user"),
    id: z.string(),
    userId: z
      .string()
      .regex(userIdPattern)
      .transform(asId<UserId>),
    expiresAt: z.number(),
  }),
  z.object({
    kind: z.literal("operator"),
    id: z.string(),
    keyName: z.string(),
    keyFingerprint: z.string(),
    expiresAt: z.number(),
  }),
]);

type Handling = Context<AppEnvironment>;
type Kind = Session["kind"];

/** Opens a session for a user, in place of the one that this browser had. */
export async function openUserSession(c: Handling, userId: UserId): Promise<void> {
  const expiresAt = (await readClock(c.var.configuration)) + sessionLifetimeSeconds * 1000;
  await write(c, { kind: "user", id: randomText(), userId, expiresAt });
}

/** Opens a session for whoever holds an API key, or answers null: no such key, or one without the scope `operate`. */
export async function openOperatorSession(c: Handling, key: { name: string; sha256: string }): Promise<void> {
  const expiresAt = (await readClock(c.var.configuration)) + sessionLifetimeSeconds * 1000;
  const keyFingerprint = await fingerprintOf(key.sha256);
  await write(c, { kind: "operator", id: randomText(), keyName: key.name, keyFingerprint, expiresAt });
}

/** The user whom this browser may see, or null: no session, one that has ended, or one that is not ours. */
export async function readUserSession(c: Handling): Promise<UserSession | null> {
  const session = await read(c, "user");
  return session?.kind === "user" ? session : null;
}

/** As `readUserSession`, for the operator's page; the key must still be there and may still operate. */
export async function readOperatorSession(c: Handling): Promise<OperatorSession | null> {
  const session = await read(c, "operator");
  if (session?.kind !== "operator") return null;
  for (const key of c.var.configuration.apiKeys) {
    if (key.name !== session.keyName || !key.scopes.includes("operate")) continue;
    if ((await fingerprintOf(key.sha256)) === session.keyFingerprint) return session;
  }
  return null;
}

/** Ends the session in this browser. */
export function closeSession(c: Handling, kind: Kind): void {
  deleteCookie(c, nameOf(c.var.configuration, kind), { path: "/", secure: !c.var.configuration.isLocal });
}

async function write(c: Handling, session: Session): Promise<void> {
  const { configuration } = c.var;
  const value = encodeURIComponent(JSON.stringify(session));
  await setSignedCookie(c, nameOf(configuration, session.kind), value, configuration.sessionSecret, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: !configuration.isLocal,
    maxAge: sessionLifetimeSeconds,
  });
}

async function read(c: Handling, kind: Kind): Promise<Session | null> {
  const { configuration } = c.var;
  const value = await getSignedCookie(c, configuration.sessionSecret, nameOf(configuration, kind));
  if (typeof value !== "string") return null;
  // Both kinds are signed with the same secret, so the value itself says which it is.
  const parsed = sessionSchema.safeParse(parse(value));
  if (!parsed.success || parsed.data.kind !== kind) return null;
  return parsed.data.expiresAt > (await readClock(configuration)) ? parsed.data : null;
}

/** A cookie for each kind, so that one browser may hold both. The prefix needs https, so it is missing locally. */
function nameOf(configuration: Configuration, kind: Kind): string {
  return `${configuration.isLocal ? "" : "__Host-"}fitglue-${kind}`;
}

async function fingerprintOf(keyHash: string): Promise<string> {
  return await hashedText(["operator-session", keyHash]);
}

function parse(value: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(value));
  } catch {
    return undefined;
  }
}

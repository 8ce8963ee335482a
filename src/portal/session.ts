// Who looks at the portal. A session is a signed cookie, 12 hours: it says which user may be seen, or which API key opened
// the operator's page, and nothing is stored for it. Nobody extends one; after 12 hours FitGlue makes a new link.

import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { z } from "zod";
import { readClock } from "../kernel/clock.ts";
import type { ApiKey, Configuration } from "../kernel/configuration.ts";
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

/** A context of any app, with the configuration that its first middleware has checked. */
interface Handling {
  readonly c: Context;
  readonly configuration: Configuration;
}

type Kind = Session["kind"];

/** Opens a session for a user, in place of the one that this browser had. */
export async function openUserSession(handling: Handling, userId: UserId): Promise<void> {
  const expiresAt = (await readClock(handling.configuration)) + sessionLifetimeSeconds * 1000;
  await write(handling, { kind: "user", id: randomText(), userId, expiresAt });
}

/** Opens a session for whoever holds this API key, which has the scope `operate`. */
export async function openOperatorSession(
  handling: Handling,
  key: Pick<ApiKey, "name" | "sha256">,
): Promise<void> {
  const expiresAt = (await readClock(handling.configuration)) + sessionLifetimeSeconds * 1000;
  const keyFingerprint = await fingerprintOf(key.sha256);
  await write(handling, { kind: "operator", id: randomText(), keyName: key.name, keyFingerprint, expiresAt });
}

/** The user whom this browser may see, or null: no session, one that has ended, or one that is not ours. */
export async function readUserSession(handling: Handling): Promise<UserSession | null> {
  const session = await read(handling, "user");
  return session?.kind === "user" ? session : null;
}

/** As `readUserSession`, for the operator's page; the key must still be there and may still operate. */
export async function readOperatorSession(handling: Handling): Promise<OperatorSession | null> {
  const session = await read(handling, "operator");
  if (session?.kind !== "operator") return null;
  for (const key of handling.configuration.apiKeys) {
    if (key.name !== session.keyName || !key.scopes.includes("operate")) continue;
    if ((await fingerprintOf(key.sha256)) === session.keyFingerprint) return session;
  }
  return null;
}

/** Ends the session in this browser. */
export function closeSession(handling: Handling, kind: Kind): void {
  const { c, configuration } = handling;
  deleteCookie(c, nameOf(configuration, kind), { path: "/", secure: !configuration.isLocal });
}

async function write(handling: Handling, session: Session): Promise<void> {
  const { c, configuration } = handling;
  const value = JSON.stringify(session);
  await setSignedCookie(c, nameOf(configuration, session.kind), value, configuration.sessionSecret, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: !configuration.isLocal,
    maxAge: sessionLifetimeSeconds,
  });
}

async function read(handling: Handling, kind: Kind): Promise<Session | null> {
  const { c, configuration } = handling;
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
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

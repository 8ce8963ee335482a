// An authorization under way, between the redirect to the provider and its callback: 10 minutes, once. `state` is stored
// hashed, the PKCE verifier encrypted, and a cookie binds it to the browser that began it (RFC 9700 §4.7).

import { eq } from "drizzle-orm";
import * as oauth from "oauth4webapi";
import { authorizations } from "../db/schema.ts";
import type { Configuration } from "../kernel/configuration.ts";
import { isSameSecret } from "../kernel/constant-time.ts";
import { decrypt, encrypt } from "../kernel/encryption.ts";
import { sha256Hex } from "../kernel/ids.ts";
import { type ConnectRequest, shortLived } from "./links.ts";

export const authorizationLifetimeSeconds = 10 * 60;

export interface StartedAuthorization {
  readonly state: string;
  readonly codeChallenge: string;
  readonly cookieName: string;
  readonly cookieValue: string;
}

export type FinishedAuthorization =
  | { readonly status: "valid"; readonly request: ConnectRequest; readonly codeVerifier: string }
  /** Used, expired or made up. */
  | { readonly status: "unknown" }
  /** The callback came to another browser than the one that began. */
  | { readonly status: "other_browser" };

/** Notes an authorization. `now` in epoch milliseconds. */
export async function startAuthorization(
  env: Env,
  configuration: Configuration,
  request: ConnectRequest,
  now: number,
): Promise<StartedAuthorization> {
  const state = oauth.generateRandomState();
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const cookieValue = oauth.generateRandomState();
  const stateHash = await sha256Hex(state);
  await shortLived(env)
    .insert(authorizations)
    .values({
      stateHash,
      browserHash: await sha256Hex(cookieValue),
      codeVerifier: await encrypt(configuration.tokenKeys, verifierOwner(stateHash), codeVerifier),
      ...request,
      expiresAt: now + authorizationLifetimeSeconds * 1000,
    });
  const codeChallenge = await oauth.calculatePKCECodeChallenge(codeVerifier);
  return { state, codeChallenge, cookieName: cookieName(configuration, stateHash), cookieValue };
}

/**
 * Takes an authorization out of use and checks that this browser began it. It is consumed even when the check fails, so
 * that a state that leaked can be tried once at most.
 */
export async function finishAuthorization(
  env: Env,
  configuration: Configuration,
  callback: {
    readonly state: string;
    readonly readCookie: (name: string) => string | undefined;
    readonly now: number;
  },
): Promise<FinishedAuthorization> {
  const stateHash = await sha256Hex(callback.state);
  const [row] = await shortLived(env)
    .delete(authorizations)
    .where(eq(authorizations.stateHash, stateHash))
    .returning();
  if (row === undefined || row.expiresAt <= callback.now) return { status: "unknown" };
  const cookie = callback.readCookie(cookieName(configuration, stateHash));
  if (cookie === undefined || !(await isSameSecret(await sha256Hex(cookie), row.browserHash))) {
    return { status: "other_browser" };
  }
  const codeVerifier = await decrypt(configuration.tokenKeys, verifierOwner(stateHash), row.codeVerifier);
  // The key was taken out of the ring within these ten minutes: the user begins again.
  if (codeVerifier === null) return { status: "unknown" };
  const { userId, displayName, provider, returnUrl } = row;
  return { status: "valid", request: { userId, displayName, provider, returnUrl }, codeVerifier };
}

/** The name of the cookie that binds the flow with this state to its browser. */
export async function cookieNameOf(configuration: Configuration, state: string): Promise<string> {
  return cookieName(configuration, await sha256Hex(state));
}

/** One cookie a flow, so that two tabs do not end each other. The prefix needs https, so it is missing locally. */
function cookieName(configuration: Configuration, stateHash: string): string {
  return `${configuration.isLocal ? "" : "__Host-"}connect-${stateHash.slice(0, 16)}`;
}

function verifierOwner(stateHash: string): string {
  return `authorization:${stateHash}`;
}

// Grants and tokens. A grant is what an account consents to; any number of tokens hang on it, and revoking one ends all
// (Google's OAuth pages). A refresh token does not rotate: it dies of revocation, of six months without use, as the oldest
// of more than a hundred, or in testing mode after a week.

import { text } from "../random.ts";
import { nextNumber } from "../state.ts";
import type { GoogleAccessToken, GoogleRefreshToken, GoogleSimulator, GoogleState } from "./state.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const unusedMs = 183 * 86_400_000;
const liveTokens = 100;
/** Seconds that an access token says it lives. */
export const accessTokenSeconds = 3599;
export const testingSeconds = 604_799;

/** Adds scopes to the account's grant; true when it had none of them all before. */
export function consent(google: GoogleState, providerUserId: string, scopes: readonly string[]): boolean {
  const granted = google.grants.get(providerUserId) ?? new Set<string>();
  const first = !scopes.every((scope) => granted.has(scope));
  for (const scope of scopes) granted.add(scope);
  google.grants.set(providerUserId, granted);
  return first;
}

/** An access token; `providerUserId` null for a project's. */
export function issueAccessToken(
  state: GoogleSimulator,
  providerUserId: string | null,
  scopes: readonly string[],
): GoogleAccessToken {
  const token: GoogleAccessToken = {
    token: `ya29.a0${text(alphabet, 180, state.seed, "google access", nextNumber(state))}`,
    providerUserId,
    scopes: [...scopes],
    expiresAtMs: state.clock.now() + accessTokenSeconds * 1000,
    revoked: false,
  };
  state.google.accessTokens.set(token.token, token);
  return token;
}

export function issueRefreshToken(
  state: GoogleSimulator,
  providerUserId: string,
  scopes: readonly string[],
): GoogleRefreshToken {
  const now = state.clock.now();
  const token: GoogleRefreshToken = {
    token: `1//0${text(alphabet, 98, state.seed, "google refresh", nextNumber(state))}`,
    providerUserId,
    scopes: [...scopes],
    lastUsedAtMs: now,
    expiresAtMs: state.google.settings.testingMode ? now + testingSeconds * 1000 : null,
    dead: false,
  };
  const live = [...state.google.refreshTokens.values()].filter(
    (one) => one.providerUserId === providerUserId && !one.dead,
  );
  // The oldest goes without a word.
  for (const old of live.slice(0, Math.max(0, live.length + 1 - liveTokens))) old.dead = true;
  state.google.refreshTokens.set(token.token, token);
  return token;
}

/** The refresh token, if it still works. */
export function liveRefreshToken(state: GoogleSimulator, value: string): GoogleRefreshToken | undefined {
  const token = state.google.refreshTokens.get(value);
  if (!token || token.dead) return undefined;
  const now = state.clock.now();
  if (now - token.lastUsedAtMs > unusedMs) return undefined;
  return token.expiresAtMs !== null && now >= token.expiresAtMs ? undefined : token;
}

/** Ends the account's grant and every token of it. */
export function endGrant(google: GoogleState, providerUserId: string): void {
  google.grants.delete(providerUserId);
  for (const access of google.accessTokens.values()) {
    if (access.providerUserId === providerUserId) access.revoked = true;
  }
  for (const refresh of google.refreshTokens.values()) {
    if (refresh.providerUserId === providerUserId) refresh.dead = true;
  }
  // A code that was given out before the end is worth nothing after it.
  for (const code of google.codes.values()) if (code.providerUserId === providerUserId) code.used = true;
}

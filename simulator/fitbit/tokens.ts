// Tokens and whose they are: issuing a pair, the rotation of refresh tokens with its grace, revoking a grant.
// Fitbit: one active refresh token per user and application, used once; any number of access tokens ("Refresh Token",
// dev.fitbit.com). Older pages give identical requests within two minutes the same answer, newer ones until the new pair
// is used: both hold here unless the settings say otherwise.

import { formOf } from "../form.ts";
import { text } from "../random.ts";
import { type AccessToken, nextNumber, type RefreshToken, type State } from "../state.ts";
import { tokenScopes } from "./scopes.ts";

const hex = "0123456789abcdef";
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Seconds that an access token lives unless asked otherwise. */
export const accessTokenSeconds = 28_800;

/** Issues an access token. It looks like Fitbit's JWT; the signature is not one, nobody is meant to check it. */
export function issueAccessToken(
  state: State,
  providerUserId: string,
  scopes: readonly string[],
  lifetimeSeconds: number,
): AccessToken {
  const issuedAtMs = state.clock.now();
  const issuedAt = Math.floor(issuedAtMs / 1000);
  const payload = {
    aud: state.options.fitbit.clientId,
    sub: providerUserId,
    iss: "Fitbit",
    typ: "access_token",
    scopes: tokenScopes(scopes),
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
  };
  const encode = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const signature = text(base64url, 43, state.seed, "access", nextNumber(state));
  const token: AccessToken = {
    token: `${encode({ alg: "HS256" })}.${encode(payload)}.${signature}`,
    providerUserId,
    scopes: [...scopes],
    issuedAtMs,
    expiresAtMs: issuedAtMs + lifetimeSeconds * 1000,
    revoked: false,
    used: false,
  };
  state.accessTokens.set(token.token, token);
  return token;
}

/** Issues a pair, ends every other refresh token of the user, and gives the token endpoint's answer as JSON text. */
export function issuePair(
  state: State,
  providerUserId: string,
  scopes: readonly string[],
  lifetimeSeconds: number,
): { accessToken: string; refreshToken: string; answer: string } {
  for (const other of state.refreshTokens.values()) {
    if (other.providerUserId === providerUserId && other.state === "live") other.state = "dead";
  }
  const access = issueAccessToken(state, providerUserId, scopes, lifetimeSeconds);
  const refresh: RefreshToken = {
    token: text(hex, 64, state.seed, "refresh", nextNumber(state)),
    providerUserId,
    scopes: [...scopes],
    issuedAtMs: state.clock.now(),
    state: "live",
    spentAtMs: 0,
    successor: null,
  };
  state.refreshTokens.set(refresh.token, refresh);
  const answer = JSON.stringify({
    access_token: access.token,
    expires_in: lifetimeSeconds,
    refresh_token: refresh.token,
    // The order of scopes is arbitrary in real answers; here it differs from the order asked for on purpose.
    scope: [...scopes].reverse().join(" "),
    token_type: "Bearer",
    user_id: providerUserId,
  });
  return { accessToken: access.token, refreshToken: refresh.token, answer };
}

/** Exchanges a refresh token: the answer as JSON text, or null when the token is invalid. */
export function rotate(state: State, refreshToken: string, lifetimeSeconds: number): string | null {
  const token = state.refreshTokens.get(refreshToken);
  if (!token || token.state === "dead") return null;
  if (token.state === "spent") return repeatedAnswer(state, token);
  token.state = "spent";
  token.spentAtMs = state.clock.now();
  if (state.settings.oldAccessTokensDieOnRefresh) {
    for (const access of state.accessTokens.values()) {
      if (access.providerUserId === token.providerUserId) access.revoked = true;
    }
  }
  token.successor = issuePair(state, token.providerUserId, token.scopes, lifetimeSeconds);
  return token.successor.answer;
}

function repeatedAnswer(state: State, token: RefreshToken): string | null {
  if (!token.successor) return null;
  if (state.clock.now() - token.spentAtMs > state.settings.refreshGraceSeconds * 1000) return null;
  const access = state.accessTokens.get(token.successor.accessToken);
  const refresh = state.refreshTokens.get(token.successor.refreshToken);
  if (!access || access.revoked || refresh?.state === "dead") return null;
  const used = access.used || refresh?.state === "spent";
  return used && state.settings.refreshGraceEndsOnUse ? null : token.successor.answer;
}

/** Ends every token of the user and, as Fitbit does, the subscriptions with them. */
export function endGrant(state: State, providerUserId: string): void {
  for (const access of state.accessTokens.values()) {
    if (access.providerUserId === providerUserId) access.revoked = true;
  }
  for (const refresh of state.refreshTokens.values()) {
    if (refresh.providerUserId === providerUserId) refresh.state = "dead";
  }
  state.subscriptions = state.subscriptions.filter((one) => one.providerUserId !== providerUserId);
}

/** The account that a request is about, were its token valid: for the list of calls and for aiming faults. */
export async function providerUserIdOfRequest(
  state: State,
  request: Request,
  url: URL,
): Promise<string | null> {
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer) return state.accessTokens.get(bearer)?.providerUserId ?? null;
  if (request.method !== "POST" || !url.pathname.startsWith("/oauth2/")) return null;
  const form = await formOf(request.clone());
  const token = form.get("refresh_token") ?? form.get("token") ?? "";
  return (
    state.refreshTokens.get(token)?.providerUserId ??
    state.accessTokens.get(token)?.providerUserId ??
    state.codes.get(form.get("code") ?? "")?.providerUserId ??
    state.accounts.get(form.get("account") ?? "")?.providerUserId ??
    null
  );
}

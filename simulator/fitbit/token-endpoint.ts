// POST /oauth2/token, /oauth2/revoke and /1.1/oauth2/introspect ("OAuth2 Token", "Revoke Token", "Introspect",
// dev.fitbit.com). Bodies are form-encoded; a token in the query is not read (observed by clients).

import { answerLostHeader } from "../calls.ts";
import { formOf } from "../form.ts";
import { jsonResponse } from "../json.ts";
import { challengeOf } from "../pkce.ts";
import type { State } from "../state.ts";
import { authenticate } from "./authentication.ts";
import { refuseClient } from "./client-authentication.ts";
import { fitbitError, visit } from "./errors.ts";
import { introspectionScopes } from "./scopes.ts";
import { accessTokenSeconds, endGrant, issuePair, rotate } from "./tokens.ts";

const missing = (name: string) => fitbitError(400, "invalid_request", `Missing parameters: ${name} ${visit}`);

/** Answers POST /oauth2/token for both grants. */
export async function tokenEndpoint(state: State, request: Request): Promise<Response> {
  const form = await readForm(request);
  if (!form) return fitbitError(400, "invalid_request", "There was an error reading the request body.");
  const refused = refuseClient(state, request, form);
  if (refused) return refused;
  const wanted = Number(form.get("expires_in") ?? accessTokenSeconds);
  const lifetimeSeconds = wanted === 3600 ? 3600 : accessTokenSeconds;
  switch (form.get("grant_type")) {
    case "authorization_code":
      return exchangeCode(state, form, lifetimeSeconds);
    case "refresh_token":
      return refresh(state, request, form, lifetimeSeconds);
    case null:
    case "":
      return missing("grant_type");
    default:
      return fitbitError(400, "invalid_request", `Invalid grant_type parameter value. ${visit}`);
  }
}

async function exchangeCode(state: State, form: URLSearchParams, lifetimeSeconds: number): Promise<Response> {
  const value = form.get("code");
  if (!value) return missing("code");
  const invalid = () => fitbitError(400, "invalid_grant", `Authorization code invalid: ${value} ${visit}`);
  const code = state.codes.get(value);
  if (!code || code.used || state.clock.now() >= code.expiresAtMs) return invalid();
  // "Required if specified in the redirect to the authorization page. Must be exact match."
  const redirectUri = form.get("redirect_uri");
  if (code.redirectUri !== null && redirectUri !== code.redirectUri) {
    return fitbitError(400, "invalid_grant", `Redirect_uri mismatch: ${redirectUri ?? ""} ${visit}`);
  }
  if (code.challenge) {
    const verifier = form.get("code_verifier");
    if (!verifier) return missing("code_verifier");
    // The provider's text for a wrong verifier is unknown.
    if ((await challengeOf(verifier, code.challenge.method)) !== code.challenge.value) {
      return fitbitError(400, "invalid_grant", `The code_verifier parameter is invalid. ${visit}`);
    }
  }
  code.used = true;
  return tokenAnswer(issuePair(state, code.providerUserId, code.scopes, lifetimeSeconds).answer);
}

function refresh(state: State, request: Request, form: URLSearchParams, lifetimeSeconds: number): Response {
  const value = form.get("refresh_token");
  if (!value) return missing("refresh_token");
  const owner = state.refreshTokens.get(value)?.providerUserId;
  const target = {
    provider: "fitbit" as const,
    path: new URL(request.url).pathname,
    providerUserIds: owner === undefined ? [] : [owner],
  };
  if (state.faults.take(["refresh_409"], target)) {
    return fitbitError(
      409,
      "request",
      "Request conflict due to multiple clients attempting to refresh the same access token.",
    );
  }
  const answer = rotate(state, value, lifetimeSeconds);
  if (answer === null) {
    return fitbitError(400, "invalid_grant", `Refresh token invalid: ${value}. ${visit}`);
  }
  const response = tokenAnswer(answer);
  if (state.faults.take(["refresh_answer_lost"], target)) response.headers.set(answerLostHeader, "1");
  return response;
}

function tokenAnswer(answer: string): Response {
  return new Response(answer, {
    headers: { "content-type": "application/json;charset=UTF-8", "cache-control": "no-store" },
  });
}

/** Answers POST /oauth2/revoke: the user's whole grant ends, whichever of its tokens was sent. */
export async function revokeEndpoint(state: State, request: Request): Promise<Response> {
  const form = await readForm(request);
  if (!form) return fitbitError(400, "invalid_request", "There was an error reading the request body.");
  const refused = refuseClient(state, request, form);
  if (refused) return refused;
  const value = form.get("token");
  if (!value) return missing("token");
  const owner =
    state.refreshTokens.get(value)?.providerUserId ?? state.accessTokens.get(value)?.providerUserId;
  // For an unknown token Fitbit's answer is unknown; RFC 7009 says 200.
  if (owner !== undefined) endGrant(state, owner);
  return new Response(null, { status: 200 });
}

/** Answers POST /1.1/oauth2/introspect, with times in milliseconds and scopes as a Java map (observed). */
export async function introspectEndpoint(state: State, request: Request): Promise<Response> {
  const caller = authenticate(state, request);
  if (caller instanceof Response) return caller;
  const form = await readForm(request);
  const value = form?.get("token");
  if (!value) return missing("token");
  const now = state.clock.now();
  const access = state.accessTokens.get(value);
  const refreshToken = state.refreshTokens.get(value);
  if (access && !access.revoked && access.expiresAtMs > now) {
    return jsonResponse(200, {
      active: true,
      scope: introspectionScopes(access.scopes),
      client_id: state.options.fitbit.clientId,
      user_id: access.providerUserId,
      token_type: "access_token",
      exp: access.expiresAtMs,
      iat: access.issuedAtMs,
    });
  }
  if (refreshToken?.state === "live") {
    return jsonResponse(200, {
      active: true,
      scope: introspectionScopes(refreshToken.scopes),
      client_id: state.options.fitbit.clientId,
      user_id: refreshToken.providerUserId,
      token_type: "refresh_token",
      iat: refreshToken.issuedAtMs,
    });
  }
  return jsonResponse(200, { active: false });
}

async function readForm(request: Request): Promise<URLSearchParams | null> {
  const type = request.headers.get("content-type") ?? "";
  return type.startsWith("application/x-www-form-urlencoded") ? formOf(request) : null;
}

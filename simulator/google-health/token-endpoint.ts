// POST /token and POST /revoke of Google's OAuth host. The client authenticates in the body, or with Basic. A refresh
// answers without a refresh token: the old one stays.

import { answerLostHeader } from "../calls.ts";
import { formOf } from "../form.ts";
import { jsonResponse } from "../json.ts";
import { challengeOf } from "../pkce.ts";
import { oauthError } from "./errors.ts";
import { withdrawn } from "./notifications.ts";
import { projectToken } from "./service-account.ts";
import type { GoogleAccessToken, GoogleRefreshToken, GoogleSimulator } from "./state.ts";
import {
  accessTokenSeconds,
  endGrant,
  issueAccessToken,
  issueRefreshToken,
  liveRefreshToken,
  testingSeconds,
} from "./tokens.ts";

/** Answers POST /token for the three grants. */
export async function tokenEndpoint(state: GoogleSimulator, request: Request): Promise<Response> {
  const form = await formOf(request);
  const grantType = form.get("grant_type");
  if (grantType === "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    return projectToken(state, form.get("assertion") ?? "");
  }
  if (!grantType) return oauthError(400, "invalid_request", "Missing required parameter: grant_type");
  const refused = refuseClient(state, request, form);
  if (refused) return refused;
  if (grantType === "authorization_code") return exchangeCode(state, form);
  if (grantType === "refresh_token") return refresh(state, request, form);
  return oauthError(400, "unsupported_grant_type", `Invalid grant_type: ${grantType}`);
}

/** Null for the registered client with its secret. */
function refuseClient(state: GoogleSimulator, request: Request, form: URLSearchParams): Response | null {
  const basic = /^Basic\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  let id = form.get("client_id");
  let secret = form.get("client_secret");
  if (basic !== undefined) {
    const [name = "", ...rest] = safeAtob(basic).split(":");
    id = decodeURIComponent(name);
    secret = decodeURIComponent(rest.join(":"));
  }
  const { clientId, clientSecret } = state.google.options;
  if (id !== clientId) return oauthError(401, "invalid_client", "The OAuth client was not found.");
  return secret === clientSecret ? null : oauthError(401, "invalid_client", "Unauthorized");
}

function safeAtob(value: string): string {
  try {
    return atob(value);
  } catch {
    return "";
  }
}

async function exchangeCode(state: GoogleSimulator, form: URLSearchParams): Promise<Response> {
  const code = state.google.codes.get(form.get("code") ?? "");
  if (!code || code.used || state.clock.now() >= code.expiresAtMs) {
    return oauthError(400, "invalid_grant", "Bad Request");
  }
  if (form.get("redirect_uri") !== code.redirectUri) {
    return oauthError(400, "redirect_uri_mismatch", "Bad Request");
  }
  if (code.challenge) {
    const verifier = form.get("code_verifier");
    if (!verifier) return oauthError(400, "invalid_grant", "Missing code verifier.");
    if ((await challengeOf(verifier, code.challenge.method)) !== code.challenge.value) {
      return oauthError(400, "invalid_grant", "Invalid code verifier.");
    }
  }
  code.used = true;
  const access = issueAccessToken(state, code.providerUserId, code.scopes);
  const refreshToken = code.offline ? issueRefreshToken(state, code.providerUserId, code.scopes) : null;
  return tokenAnswer(state, access, refreshToken, refreshToken);
}

function refresh(state: GoogleSimulator, request: Request, form: URLSearchParams): Response {
  const value = form.get("refresh_token") ?? "";
  const known = state.google.refreshTokens.get(value);
  const token = liveRefreshToken(state, value);
  if (!token) {
    // A token that never was is a "Bad Request" (observed); one that has died was "expired or revoked" (documented).
    return oauthError(
      400,
      "invalid_grant",
      known ? "Token has been expired or revoked." : value === "" ? "Missing refresh_token." : "Bad Request",
    );
  }
  token.lastUsedAtMs = state.clock.now();
  const response = tokenAnswer(
    state,
    issueAccessToken(state, token.providerUserId, token.scopes),
    token,
    null,
  );
  const target = {
    provider: "google-health" as const,
    path: new URL(request.url).pathname,
    providerUserIds: [token.providerUserId],
  };
  if (state.faults.take(["refresh_answer_lost"], target)) response.headers.set(answerLostHeader, "1");
  return response;
}

/** `hanging` is the refresh token that the access token hangs on, `given` the one that the answer shows. */
function tokenAnswer(
  state: GoogleSimulator,
  access: GoogleAccessToken,
  hanging: GoogleRefreshToken | null,
  given: GoogleRefreshToken | null,
): Response {
  const expiresAtMs = hanging?.expiresAtMs ?? null;
  const leftSeconds =
    expiresAtMs === null
      ? undefined
      : Math.min(testingSeconds, Math.floor((expiresAtMs - state.clock.now()) / 1000));
  const answer = {
    access_token: access.token,
    expires_in: accessTokenSeconds,
    refresh_token: given?.token,
    scope: access.scopes.join(" "),
    token_type: "Bearer",
    refresh_token_expires_in: leftSeconds,
  };
  return jsonResponse(200, answer, { "cache-control": "no-store" });
}

/** Answers POST /revoke, with the token in the form or in the query: the whole grant ends, whichever token it was. */
export async function revokeEndpoint(state: GoogleSimulator, request: Request): Promise<Response> {
  const value = (await formOf(request)).get("token") ?? new URL(request.url).searchParams.get("token") ?? "";
  const refreshToken = liveRefreshToken(state, value);
  const access = state.google.accessTokens.get(value);
  const owner = refreshToken?.providerUserId ?? (access && !access.revoked ? access.providerUserId : null);
  if (owner === null || owner === undefined) {
    return oauthError(400, "invalid_token", "Token expired or revoked");
  }
  const account = state.accounts.get(owner);
  if (account && state.google.settings.revokeEndpointPushes) withdrawn(state, account);
  endGrant(state.google, owner);
  return jsonResponse(200, {});
}

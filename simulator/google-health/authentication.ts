// Who calls the API: bearer token, its user, its scopes. One body for no token, one for a token that is wrong, revoked or
// past its time (both as third parties recorded them). Neither names the token.

import { type Account, accountAt } from "../state.ts";
import { errorInfo, googleError } from "./errors.ts";
import { projectScope } from "./scopes.ts";
import type { GoogleAccessToken, GoogleSimulator } from "./state.ts";

const expected =
  "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

export interface Caller {
  account: Account;
  token: GoogleAccessToken;
}

function tokenOf(state: GoogleSimulator, request: Request): GoogleAccessToken | Response {
  const header = request.headers.get("authorization");
  if (header === null) {
    return googleError(401, `Request is missing required authentication credential. ${expected}`, [
      errorInfo("CREDENTIALS_MISSING", "googleapis.com"),
    ]);
  }
  const token = state.google.accessTokens.get(/^Bearer\s+(\S+)$/i.exec(header)?.[1] ?? "");
  if (!token || token.revoked || state.clock.now() >= token.expiresAtMs) return invalidCredentials();
  return token;
}

function invalidCredentials(): Response {
  return googleError(401, `Request had invalid authentication credentials. ${expected}`);
}

/** The user who calls, or the 401 to answer. */
export function authenticateUser(state: GoogleSimulator, request: Request): Caller | Response {
  const token = tokenOf(state, request);
  if (token instanceof Response) return token;
  const account =
    token.providerUserId === null ? undefined : accountAt(state, "google-health", token.providerUserId);
  return account ? { account, token } : invalidCredentials();
}

/** Null for a project's token, else the 401 or 403 to answer: a user's token does not manage subscribers. */
export function refuseProjectCall(state: GoogleSimulator, request: Request): Response | null {
  const token = tokenOf(state, request);
  if (token instanceof Response) return token;
  if (token.providerUserId === null && token.scopes.includes(projectScope)) return null;
  return googleError(403, "Request had insufficient authentication scopes.", [
    errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com"),
  ]);
}

// Who calls the API: bearer token, its user, its scopes. expired_token means well formed and past its time, invalid_token
// everything else; both messages echo the token (observed), so a client must not log them.

import { type AccessToken, type Account, accountOf, type State } from "../state.ts";
import { fitbitError, visit } from "./errors.ts";

export interface Caller {
  account: Account;
  token: AccessToken;
}

/** The caller, or the 401 to answer. Using a token ends the grace of the refresh that issued it. */
export function authenticate(state: State, request: Request): Caller | Response {
  const header = request.headers.get("authorization");
  if (header === null) return fitbitError(401, "invalid_request", "Authorization header required.");
  const value = /^Bearer\s+(\S+)$/i.exec(header)?.[1] ?? "";
  const token = state.accessTokens.get(value);
  const account = token && accountOf(state, token.providerUserId);
  if (!token || token.revoked || !account) {
    return fitbitError(401, "invalid_token", `Access token invalid: ${value}. ${visit}`);
  }
  if (state.clock.now() >= token.expiresAtMs) {
    return fitbitError(401, "expired_token", `Access token expired: ${value}. ${visit}`);
  }
  token.used = true;
  return { account, token };
}

// Google's OAuth 2.0: authorization URL, code exchange, refresh, revoke. Requests and good answers go through oauth4webapi;
// refusals are read here by the name of the error alone, because descriptions vary ("Bad Request" for a bogus token: Google
// Health reference §2.2, observed). One attempt each: single flight and storing are the Durable Object's.

import * as oauth from "oauth4webapi";
import type { ProviderError } from "../errors.ts";
import { readText, timeLimit } from "../http.ts";
import { askForTokens, checkTokens, requestOptions, sendOAuth, type TokenAnswer } from "../oauth-request.ts";
import type { CallContext, Grant, Introspection, ProviderResult, RefreshedTokenSet } from "../port.ts";
import {
  badResponse,
  failed,
  type GoogleHealthApi,
  noAnswer,
  pinnedLanguage,
  transportError,
} from "./call.ts";
import { readErrorBody } from "./error-body.ts";
import { fetchIdentity } from "./identity.ts";
import { tryParseJson } from "./json.ts";
import { parseScopes, requestedScopes, scopeParameter } from "./scopes.ts";

export interface OAuthSettings extends GoogleHealthApi {
  readonly oauthUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Where Google shows its consent page (documented): another host than the token endpoint's. */
const consentPage = "https://accounts.google.com/o/oauth2/v2/auth";
const googleTokenHost = "oauth2.googleapis.com";
/** Access tokens live an hour (documented); used where an answer does not say. */
const defaultLifetimeSeconds = 3599;

/**
 * The page where the user consents. `access_type=offline` and `prompt=consent` because only both together always give a refresh
 * token, also to somebody who consented before. `include_granted_scopes` is never sent: a token that carries scopes of other
 * products was rejected by the Health API in two projects (reference §2.1, third-party).
 */
export function authorizationUrl(
  settings: OAuthSettings,
  request: { readonly state: string; readonly codeChallenge: string; readonly redirectUri: string },
): string {
  const isGoogle = new URL(settings.oauthUrl).host === googleTokenHost;
  const url = new URL(isGoogle ? consentPage : `${settings.oauthUrl}/o/oauth2/v2/auth`);
  url.searchParams.set("client_id", settings.clientId);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("scope", scopeParameter);
  url.searchParams.set("redirect_uri", request.redirectUri);
  url.searchParams.set("state", request.state);
  url.searchParams.set("code_challenge", request.codeChallenge);
  url.searchParams.set("code_challenge_method", "S256");
  url.searchParams.set("access_type", "offline");
  url.searchParams.set("prompt", "consent");
  return url.href;
}

/**
 * Trades a code for tokens and asks whose they are. A code that is wrong, used or too old, and a wrong verifier, are
 * `grant_revoked`. An answer without a refresh token is a `bad_response`: `authorizationUrl` asks for one in the way that always
 * gives one, and a connection without would end within the hour. What `fetchIdentity` fails with fails the grant.
 */
export async function exchangeCode(
  settings: OAuthSettings,
  request: {
    readonly code: string;
    readonly codeVerifier: string;
    readonly redirectUri: string;
    readonly now: number;
  },
): Promise<ProviderResult<Grant>> {
  const { server, client, authentication } = party(settings);
  // The caller has checked and consumed the state already; what is left of the callback is the code.
  const callback = oauth.validateAuthResponse(
    server,
    client,
    new URLSearchParams({ code: request.code }),
    oauth.expectNoState,
  );
  const answer = await askForTokens(
    () =>
      oauth.authorizationCodeGrantRequest(
        server,
        client,
        authentication,
        callback,
        request.redirectUri,
        request.codeVerifier,
        optionsFor(settings),
      ),
    tryParseJson,
  );
  const issued = await tokensOf(answer, request.now, (response) =>
    oauth.processAuthorizationCodeResponse(server, client, response),
  );
  if (!issued.ok) return issued;
  // A grant that does not say what it covers covers what was asked for (RFC 6749 §5.1).
  const tokens = { ...issued.value, scopes: issued.value.scopes ?? requestedScopes };
  if (tokens.refreshToken === null) return wrongShape();
  const identity = await fetchIdentity(settings, { accessToken: tokens.accessToken, now: request.now });
  if (!identity.ok) return identity;
  return { ok: true, value: { tokens, ...identity.value }, rate: null };
}

/**
 * Trades a refresh token, which works again and again. `refreshToken` is null when the answer has none, which is the rule: the
 * stored one stays. `grant_revoked` when it is expired, revoked or pushed out by newer ones.
 */
export async function refresh(
  settings: OAuthSettings,
  request: { readonly refreshToken: string; readonly now: number },
): Promise<ProviderResult<RefreshedTokenSet>> {
  const { server, client, authentication } = party(settings);
  const answer = await askForTokens(
    () =>
      oauth.refreshTokenGrantRequest(
        server,
        client,
        authentication,
        request.refreshToken,
        optionsFor(settings),
      ),
    tryParseJson,
  );
  return await tokensOf(answer, request.now, (response) =>
    oauth.processRefreshTokenResponse(server, client, response),
  );
}

/** Ends the user's whole grant, whichever of its tokens is given. A token that is already dead counts as ended. */
export async function revoke(
  settings: OAuthSettings,
  request: { readonly token: string; readonly signal?: AbortSignal },
): Promise<ProviderResult<null>> {
  const { server, client } = party(settings);
  const response = await sendOAuth(() =>
    oauth.revocationRequest(
      server,
      client,
      holderAuthentication,
      request.token,
      optionsFor(settings, request.signal),
    ),
  );
  if (response === null) return failed(noAnswer());
  if (response.ok) {
    await response.body?.cancel();
    return { ok: true, value: null, rate: null };
  }
  const text = (await readText(response)) ?? "";
  const { oauthError } = readErrorBody(text);
  if (oauthError === "invalid_token" || oauthError === "invalid_grant") {
    return { ok: true, value: null, rate: null };
  }
  // A revocation is never repeated at a set time, so what "now" is does not matter to it.
  return failed({ error: refusedBy(response, text, 0) });
}

/**
 * Asks whether the access token is alive. The Health API has no introspection, so it asks for the identity: an answer is a live
 * token, and so is the refusal that says which scope the token lacks. A dead one answers `unauthorized`, which is not inactive.
 */
export async function introspect(
  settings: OAuthSettings,
  context: CallContext,
): Promise<ProviderResult<Introspection>> {
  const identity = await fetchIdentity(settings, context);
  if (!identity.ok && identity.error.code !== "scope_missing") return identity;
  return { ok: true, value: { active: true }, rate: null };
}

function party(settings: OAuthSettings) {
  const server: oauth.AuthorizationServer = {
    issuer: "https://accounts.google.com",
    token_endpoint: `${settings.oauthUrl}/token`,
    revocation_endpoint: `${settings.oauthUrl}/revoke`,
  };
  const client: oauth.Client = { client_id: settings.clientId };
  return { server, client, authentication: oauth.ClientSecretPost(settings.clientSecret) };
}

/** Google's revocation takes the token alone (documented): who holds it may end it. */
const holderAuthentication: oauth.ClientAuth = () => {};

function optionsFor(settings: OAuthSettings, signal?: AbortSignal) {
  return requestOptions(settings.oauthUrl, pinnedLanguage, timeLimit(settings, signal));
}

async function tokensOf(
  answer: TokenAnswer,
  now: number,
  check: (response: Response) => Promise<oauth.TokenEndpointResponse>,
): Promise<ProviderResult<RefreshedTokenSet>> {
  switch (answer.kind) {
    case "lost":
      return failed(noAnswer());
    case "refused":
      return failed({ error: refusedBy(answer.response, answer.text, now) });
    case "json": {
      const tokens = await checkTokens(answer.text, check);
      return tokens === null ? wrongShape() : { ok: true, value: tokenSet(tokens, now), rate: null };
    }
    default:
      return answer satisfies never;
  }
}

function tokenSet(tokens: oauth.TokenEndpointResponse, now: number): RefreshedTokenSet {
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? null,
    expiresAt: now + (tokens.expires_in ?? defaultLifetimeSeconds) * 1000,
    scopes: tokens.scope === undefined ? null : parseScopes(tokens.scope),
  };
}

/** A refusal by the token or the revocation endpoint, where 401 speaks of this application and never of the user. */
function refusedBy(response: Response, text: string, now: number): ProviderError {
  const transport = transportError(response, text, now);
  if (transport !== null) return transport;
  const { oauthError } = readErrorBody(text);
  if (oauthError === "invalid_grant") {
    return { code: "grant_revoked", message: "The provider no longer accepts this grant. Connect again." };
  }
  if (
    response.status === 401 ||
    oauthError === "invalid_client" ||
    oauthError === "unauthorized_client" ||
    oauthError === "redirect_uri_mismatch"
  ) {
    return { code: "misconfigured", message: "The provider does not accept this application's credentials." };
  }
  return badResponse(`The provider answered with the unexpected status ${response.status}.`);
}

function wrongShape(): Extract<ProviderResult<never>, { ok: false }> {
  return {
    ok: false,
    error: badResponse("The provider's answer lacks what the protocol promises."),
    rate: null,
  };
}

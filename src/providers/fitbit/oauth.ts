// Fitbit's OAuth 2.0: authorization URL, code exchange, refresh, revoke, introspect. Requests and good answers go through
// oauth4webapi; refusals do not, because Fitbit's are not the standard's shape (reference §1.5). One attempt each:
// single flight, repeating after a lost answer and storing the pair are the Durable Object's.

import * as oauth from "oauth4webapi";
import { z } from "zod";
import { asId, type ProviderUserId } from "../../kernel/ids.ts";
import { readText, timeLimit } from "../http.ts";
import { askForTokens, checkTokens, requestOptions, sendOAuth, type TokenAnswer } from "../oauth-request.ts";
import type { CallContext, Grant, Introspection, ProviderResult, RefreshedTokenSet } from "../port.ts";
import {
  badResponse,
  callForJson,
  type FitbitApi,
  failed,
  noAnswer,
  pinnedLanguages,
  refusal,
} from "./call.ts";
import { tryParseJson } from "./json.ts";
import { parseScopes, requestedScopes } from "./scopes.ts";

export interface OAuthSettings extends FitbitApi {
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Access tokens of the code flow live 8 hours (documented); used where an answer does not say. */
const defaultLifetimeSeconds = 28_800;

const userIdShape = z.object({ user_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
// Version 1.1 answers with a boolean, version 1.0 with 1 (reference §1.6, observed).
const introspectionShape = z.object({
  active: z.union([z.boolean(), z.literal([0, 1]).transform((bit) => bit === 1)]),
});

/** The page where the user consents. `redirectUri` must equal a registered one to the letter. */
export function authorizationUrl(
  settings: OAuthSettings,
  request: { readonly state: string; readonly codeChallenge: string; readonly redirectUri: string },
): string {
  const url = new URL(settings.authorizeUrl);
  url.searchParams.set("client_id", settings.clientId);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("scope", requestedScopes.join(" "));
  url.searchParams.set("redirect_uri", request.redirectUri);
  url.searchParams.set("state", request.state);
  url.searchParams.set("code_challenge", request.codeChallenge);
  url.searchParams.set("code_challenge_method", "S256");
  return url.href;
}

/** Trades a code for tokens. A code that is wrong, used or too old, and a wrong verifier, are `grant_revoked`. */
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
  const identity = userIdShape.safeParse(answer.kind === "json" ? answer.json : null);
  if (!identity.success) return wrongShape();
  const providerUserId = asId<ProviderUserId>(identity.data.user_id);
  // A grant that does not say what it covers covers what was asked for (RFC 6749 §5.1).
  const tokens = { ...issued.value, scopes: issued.value.scopes ?? requestedScopes };
  return { ok: true, value: { tokens, providerUserId, formerAccount: null }, rate: null };
}

/**
 * Trades a refresh token, which works once. `grant_revoked` is final only if the caller repeated an answer that was lost;
 * `provider_unavailable` tells by `answerLost` whether the token may be spent, and by `conflict` (409) that another
 * refresh runs at this moment.
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

/** Ends the user's whole grant. A grant that is already dead counts as ended. */
export async function revoke(
  settings: OAuthSettings,
  request: { readonly token: string; readonly signal?: AbortSignal },
): Promise<ProviderResult<null>> {
  const { server, client, authentication } = party(settings);
  const response = await sendOAuth(() =>
    oauth.revocationRequest(
      server,
      client,
      authentication,
      request.token,
      optionsFor(settings, request.signal),
    ),
  );
  if (response === null) return failed(noAnswer());
  // Clients accept 200 and 204 (reference §1.6, from code).
  if (response.ok) return { ok: true, value: null, rate: null };
  // A revocation is never repeated at a set time, so what "now" is does not matter to it.
  const refused = refusal(response, (await readText(response)) ?? "", 0);
  if (refused.errorTypes.has("invalid_grant") || refused.errorTypes.has("invalid_token")) {
    return { ok: true, value: null, rate: null };
  }
  return failed(refused);
}

/** Asks whether the access token is alive. An expired or unknown one answers 401, which is `unauthorized`, not inactive. */
export async function introspect(
  settings: OAuthSettings,
  context: CallContext,
): Promise<ProviderResult<Introspection>> {
  const answer = await callForJson(settings, context, {
    method: "POST",
    path: "/1.1/oauth2/introspect",
    form: new URLSearchParams({ token: context.accessToken }),
  });
  if (!answer.ok) return failed(answer);
  const parsed = introspectionShape.safeParse(answer.json);
  return parsed.success
    ? { ok: true, value: { active: parsed.data.active }, rate: answer.rate }
    : wrongShape();
}

function party(settings: OAuthSettings) {
  const server: oauth.AuthorizationServer = {
    issuer: settings.apiUrl,
    token_endpoint: new URL("/oauth2/token", settings.apiUrl).href,
    revocation_endpoint: new URL("/oauth2/revoke", settings.apiUrl).href,
  };
  const client: oauth.Client = { client_id: settings.clientId };
  return { server, client, authentication: basicAuthentication(settings) };
}

/**
 * `Basic base64(client_id:client_secret)` to the letter, as Fitbit documents it. The library's own follows RFC 6749 §2.3.1
 * and form-encodes both first, which turns "-" into "%2D" and is a different secret to a server that does not decode it.
 */
function basicAuthentication({ clientId, clientSecret }: OAuthSettings): oauth.ClientAuth {
  return (_server, _client, _body, headers) => {
    headers.set("authorization", `Basic ${btoa(`${clientId}:${clientSecret}`)}`);
  };
}

function optionsFor(settings: OAuthSettings, signal?: AbortSignal) {
  return requestOptions(settings.apiUrl, pinnedLanguages, timeLimit(settings, signal));
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
      return failed(refusal(answer.response, answer.text, now));
    case "json": {
      const tokens = await checkTokens(answer.text, check);
      // Every answer brings a refresh token, because the one before it is spent.
      return tokens?.refresh_token === undefined
        ? wrongShape()
        : { ok: true, value: tokenSet(tokens, now), rate: null };
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

function wrongShape(): Extract<ProviderResult<never>, { ok: false }> {
  return {
    ok: false,
    error: badResponse("The provider's answer lacks what the protocol promises."),
    rate: null,
  };
}

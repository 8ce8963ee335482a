import { describe, expect, it } from "vitest";
import { createGoogleHealthProvider } from "../../../../src/providers/google-health/google-health.ts";
import {
  always,
  answering,
  apiError,
  context,
  google,
  identity,
  now,
  oauthError,
  reply,
  settings,
} from "./fake-google.ts";

const scope = (name: string) => `https://www.googleapis.com/auth/googlehealth.${name}`;
const exchange = {
  code: "code-from-the-callback",
  codeVerifier: "0123456789".repeat(5),
  redirectUri: "http://127.0.0.1:8787/oauth/google-health/callback",
  now,
};
const tokens = {
  access_token: "access-1",
  refresh_token: "refresh-1",
  expires_in: 3599,
  scope: `${scope("location.readonly")} openid ${scope("activity_and_fitness.readonly")} ${scope("sleep.readonly")}`,
  token_type: "Bearer",
  refresh_token_expires_in: 604_799,
};
const without = (field: keyof typeof tokens) =>
  Object.fromEntries(Object.entries(tokens).filter(([name]) => name !== field));
const refresh = () => google.refresh({ refreshToken: "refresh-0", now });

/** Google as a whole: tokens from the one address, the identity from the other. */
const granting = (identityStatus: number, identityBody: object, tokenBody: object = tokens) =>
  answering(({ url }) =>
    url.pathname === "/token" ? reply(200, tokenBody) : reply(identityStatus, identityBody),
  );

describe("the consent page", () => {
  const request = { state: "a b&c", codeChallenge: "challenge", redirectUri: exchange.redirectUri };

  it("is Google's own, asked for offline access with PKCE and what activities are made of, and never for scopes of other products", () => {
    const provider = createGoogleHealthProvider({ ...settings, oauthUrl: "https://oauth2.googleapis.com" });
    const url = new URL(provider.authorizationUrl(request));
    expect(url.origin + url.pathname).toBe("https://accounts.google.com/o/oauth2/v2/auth");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "client-of-the-tests",
      response_type: "code",
      scope: [
        "activity_and_fitness.readonly",
        "health_metrics_and_measurements.readonly",
        "location.readonly",
      ]
        .map(scope)
        .join(" "),
      redirect_uri: exchange.redirectUri,
      state: "a b&c",
      code_challenge: "challenge",
      code_challenge_method: "S256",
      access_type: "offline",
      prompt: "consent",
    });
  });

  it("is a simulator's where one stands in for Google, also under a path of its own", () => {
    const provider = createGoogleHealthProvider({ ...settings, oauthUrl: "http://127.0.0.1:8788/google" });
    const url = new URL(provider.authorizationUrl(request));
    expect(url.origin + url.pathname).toBe("http://127.0.0.1:8788/google/o/oauth2/v2/auth");
  });
});

describe("trading a code", () => {
  it("sends the verifier and the application's credentials in the body, then asks whose tokens they are", async () => {
    const sent = granting(200, identity);
    await google.exchangeCode(exchange);
    expect(sent.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      "POST /token",
      "GET /v4/users/me/identity",
    ]);
    expect(sent[0]?.headers.get("authorization")).toBeNull();
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: "authorization_code",
      code: exchange.code,
      code_verifier: exchange.codeVerifier,
      redirect_uri: exchange.redirectUri,
      client_id: "client-of-the-tests",
      client_secret: "secret-of-the-application",
    });
    expect(sent[1]?.headers.get("authorization")).toBe("Bearer access-1");
  });

  it("tells whose account it is and whose it was, and the scopes that were granted of those that are known", async () => {
    granting(200, identity);
    expect(await google.exchangeCode(exchange)).toEqual({
      ok: true,
      rate: null,
      value: {
        providerUserId: "7719265018823345619",
        formerAccount: { provider: "fitbit", providerUserId: "4XKQZ7" },
        tokens: {
          accessToken: "access-1",
          refreshToken: "refresh-1",
          expiresAt: now + 3_599_000,
          scopes: ["activity", "location"],
        },
      },
    });
  });

  it.each(["7", "an-id-of-letters", "a".repeat(63)])(
    "takes the user's id as it is: %s",
    async (healthUserId) => {
      granting(200, { healthUserId });
      expect(await google.exchangeCode(exchange)).toMatchObject({ value: { providerUserId: healthUserId } });
    },
  );

  it.each([
    ["is empty", { ...identity, legacyUserId: "" }],
    ["is absent", { healthUserId: identity.healthUserId }],
    ["is no Fitbit id", { ...identity, legacyUserId: "../4XKQZ7" }],
    ["is a number", { ...identity, legacyUserId: 5 }],
  ])("tells of no former account when the old id %s", async (_name, body) => {
    granting(200, body);
    expect(await google.exchangeCode(exchange)).toMatchObject({ ok: true, value: { formerAccount: null } });
  });

  it.each([
    ["no refresh token, which would end within the hour", without("refresh_token")],
    ["no access token", without("access_token")],
    ["no token type", without("token_type")],
    ["a list", []],
  ])("refuses an answer with %s", async (_name, body) => {
    const sent = granting(200, identity, body);
    expect(await google.exchangeCode(exchange)).toMatchObject({ ok: false, error: { code: "bad_response" } });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ["no user", 200, { legacyUserId: "4XKQZ7" }, { code: "bad_response" }],
    [
      "a user that is a number and has lost its last digits",
      200,
      { healthUserId: 7719265018823345000 },
      { code: "bad_response" },
    ],
    ["a user with a slash", 200, { healthUserId: "1/2" }, { code: "bad_response" }],
    ["a user of 64 characters", 200, { healthUserId: "a".repeat(64) }, { code: "bad_response" }],
    [
      "an account without a profile",
      400,
      apiError(400, "ACCOUNT_NOT_LINKED", { redirect_uri: "https://fitbit.google.com/auth/signup" }),
      { code: "account_not_linked", signUpUrl: "https://fitbit.google.com/auth/signup" },
    ],
    [
      "a grant for locations alone",
      403,
      apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
      { code: "scope_missing" },
    ],
    ["a failure of the server", 500, {}, { code: "provider_unavailable" }],
    ["an API that is not enabled", 403, apiError(403, "SERVICE_DISABLED"), { code: "misconfigured" }],
  ])("is no grant when the identity is refused: %s", async (_name, status, body, error) => {
    granting(status, body);
    expect(await google.exchangeCode(exchange)).toMatchObject({ ok: false, error });
  });

  it("says that a used or wrong code is no grant, without repeating the code", async () => {
    always(400, oauthError("invalid_grant"));
    const result = await google.exchangeCode(exchange);
    expect(result).toMatchObject({ ok: false, error: { code: "grant_revoked" } });
    expect(JSON.stringify(result)).not.toContain("SECRET-TOKEN");
  });

  it("takes the documented lifetime when the answer names none", async () => {
    granting(200, identity, without("expires_in"));
    expect(await google.exchangeCode(exchange)).toMatchObject({
      value: { tokens: { expiresAt: now + 3_599_000 } },
    });
  });
});

describe("one attempt to refresh", () => {
  it("keeps the refresh token where the answer has none, which is the rule", async () => {
    const sent = always(200, { ...without("refresh_token"), access_token: "access-2" });
    expect(await refresh()).toEqual({
      ok: true,
      rate: null,
      value: {
        accessToken: "access-2",
        refreshToken: null,
        expiresAt: now + 3_599_000,
        scopes: ["activity", "location"],
      },
    });
    expect(sent[0]?.url.pathname).toBe("/token");
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-0",
      client_id: "client-of-the-tests",
      client_secret: "secret-of-the-application",
    });
  });

  it("says nothing of the scopes when the answer names none, so that those granted before stand", async () => {
    always(200, without("scope"));
    expect(await refresh()).toMatchObject({ value: { scopes: null } });
  });

  it("replaces the refresh token where the answer has one", async () => {
    always(200, tokens);
    expect(await refresh()).toMatchObject({ value: { refreshToken: "refresh-1" } });
  });

  it.each([
    [
      "expired or revoked",
      400,
      { error: "invalid_grant", error_description: "Token has been expired or revoked." },
    ],
    ["bogus", 400, { error: "invalid_grant", error_description: "Bad Request" }],
    ["refused with 401", 401, { error: "invalid_grant" }],
  ])("knows the end of a grant by the error's name alone: %s", async (_name, status, body) => {
    always(status, body);
    expect(await refresh()).toMatchObject({ ok: false, error: { code: "grant_revoked" } });
  });

  it.each([
    ["503: not carried out", 503, "", { code: "provider_unavailable", answerLost: false }],
    ["502: perhaps carried out", 502, "<html>", { code: "provider_unavailable", answerLost: true }],
    ["a failure that speaks of a grant", 500, oauthError("invalid_grant"), { code: "provider_unavailable" }],
    ["429", 429, "", { code: "rate_limited" }],
    ["wrong credentials of ours", 401, oauthError("invalid_client"), { code: "misconfigured" }],
    ["a client that may not", 400, oauthError("unauthorized_client"), { code: "misconfigured" }],
    [
      "an address that is not registered",
      400,
      oauthError("redirect_uri_mismatch"),
      { code: "misconfigured" },
    ],
    ["401 without a body: it is the application that is not known", 401, "", { code: "misconfigured" }],
    ["403", 403, "", { code: "bad_response" }],
    ["another mistake of ours", 400, oauthError("invalid_request"), { code: "bad_response" }],
    ["a page of the edge", 403, "<html>no</html>", { code: "provider_unavailable", answerLost: false }],
    ["JSON that was cut", 200, '{"access_token":"acc', { code: "provider_unavailable", answerLost: true }],
    ["an empty answer", 200, "", { code: "provider_unavailable", answerLost: true }],
    [
      "a page instead of tokens",
      200,
      "<html>soon</html>",
      { code: "provider_unavailable", answerLost: true },
    ],
  ])("never takes for the end of a grant: %s", async (_name, status, body, error) => {
    always(status, body);
    const result = await refresh();
    expect(result).toMatchObject({ ok: false, error });
    expect(JSON.stringify(result)).not.toContain("SECRET-TOKEN");
  });

  it("says that a lost connection may have been answered", async () => {
    answering(() => Promise.reject(new TypeError("fetch failed")));
    expect(await refresh()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });
});

describe("asking whether a token is alive", () => {
  it.each([
    ["tells whose it is", 200, identity],
    ["tells that it lacks the scope to ask", 403, apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")],
  ])("is answered with yes by an answer that %s", async (_name, status, body) => {
    always(status, body);
    expect(await google.introspect(context)).toEqual({ ok: true, value: { active: true }, rate: null });
  });

  it.each([
    [401, apiError(401, null), "unauthorized"],
    [403, apiError(403, null), "unauthorized"],
    [400, apiError(400, "ACCOUNT_NOT_LINKED"), "account_not_linked"],
    [500, "", "provider_unavailable"],
  ])("is never answered with no: %i is an error of its own", async (status, body, code) => {
    always(status, body);
    expect(await google.introspect(context)).toMatchObject({ ok: false, error: { code } });
  });
});

describe("revoking", () => {
  it.each([
    ["an empty 200", 200, ""],
    ["an empty object", 200, {}],
    ["a token that is dead already", 400, oauthError("invalid_token")],
  ])("is done with %s", async (_name, status, body) => {
    const sent = always(status, body);
    expect(await google.revoke({ token: "refresh-1" })).toMatchObject({ ok: true });
    expect(sent[0]?.url.pathname).toBe("/revoke");
    expect(new URLSearchParams(sent[0]?.body).get("token")).toBe("refresh-1");
    expect(sent[0]?.body).not.toContain("secret-of-the-application");
  });

  it("is not done when the server fails", async () => {
    always(503, "");
    expect(await google.revoke({ token: "t" })).toMatchObject({ error: { code: "provider_unavailable" } });
  });

  it("stops when its caller has waited long enough", async () => {
    answering((_request, signal) =>
      signal?.aborted === true ? Promise.reject(signal.reason) : reply(200, ""),
    );
    const result = await google.revoke({ token: "t", signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ok: false, error: { code: "provider_unavailable" } });
  });
});

describe("subscribing", () => {
  it("costs no call, because the project's one subscriber covers everybody who consents", async () => {
    const sent = always(500, "");
    expect(await google.subscribe(context, "con_a")).toEqual({ ok: true, value: { calls: 0 }, rate: null });
    expect(await google.unsubscribe(context, "con_a")).toEqual({ ok: true, value: { calls: 0 }, rate: null });
    expect(sent).toHaveLength(0);
  });
});

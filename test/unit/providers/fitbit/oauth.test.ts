import { describe, expect, it } from "vitest";
import { createFitbitProvider } from "../../../../src/providers/fitbit/fitbit.ts";
import { always, answering, apiUrl, context, fitbit, fitbitError, now, reply } from "./fake-fitbit.ts";

const exchange = {
  code: "code-from-the-callback",
  codeVerifier: "0123456789".repeat(5),
  redirectUri: "http://127.0.0.1:8787/oauth/fitbit/callback",
  now,
};
const tokens = {
  access_token: "access-1",
  refresh_token: "refresh-1",
  expires_in: 28_800,
  scope: "heartrate sleep activity location",
  token_type: "Bearer",
  user_id: "26FWFL",
};
const refresh = () => fitbit.refresh({ refreshToken: "refresh-0", now });
const without = (field: keyof typeof tokens) =>
  Object.fromEntries(Object.entries(tokens).filter(([name]) => name !== field));

describe("the consent page", () => {
  it("is asked for with PKCE, every scope, and an exact redirect address", () => {
    const url = new URL(
      fitbit.authorizationUrl({
        state: "a b&c",
        codeChallenge: "challenge",
        redirectUri: exchange.redirectUri,
      }),
    );
    expect(url.origin + url.pathname).toBe("https://www.fitbit.com/oauth2/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "23TEST",
      response_type: "code",
      scope: "activity heartrate location profile settings",
      redirect_uri: exchange.redirectUri,
      state: "a b&c",
      code_challenge: "challenge",
      code_challenge_method: "S256",
    });
  });
});

describe("trading a code", () => {
  it("sends the verifier and the application's credentials, and never the secret in the body", async () => {
    const sent = always(200, tokens);
    await fitbit.exchangeCode(exchange);
    expect(sent[0]?.url.pathname).toBe("/oauth2/token");
    expect(sent[0]?.headers.get("authorization")).toBe(`Basic ${btoa("23TEST:secret-of-the-application")}`);
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: "authorization_code",
      code: exchange.code,
      code_verifier: exchange.codeVerifier,
      redirect_uri: exchange.redirectUri,
    });
  });

  it("sends the credentials to the letter, whatever characters they have", async () => {
    const sent = always(200, tokens);
    const credentials = { clientId: "23 TEST+", clientSecret: "a-secret/with:signs%2B" };
    const provider = createFitbitProvider({
      apiUrl,
      authorizeUrl: `${apiUrl}/oauth2/authorize`,
      ...credentials,
    });
    await provider.exchangeCode(exchange);
    await provider.refresh({ refreshToken: "refresh-0", now });
    await provider.revoke({ token: "refresh-0" });
    const basic = `Basic ${btoa("23 TEST+:a-secret/with:signs%2B")}`;
    expect(sent.map(({ headers }) => headers.get("authorization"))).toEqual([basic, basic, basic]);
  });

  it("tells whose account it is, and which scopes were granted, whatever their order", async () => {
    always(200, tokens);
    expect(await fitbit.exchangeCode(exchange)).toEqual({
      ok: true,
      rate: null,
      value: {
        providerUserId: "26FWFL",
        formerAccount: null,
        tokens: {
          accessToken: "access-1",
          refreshToken: "refresh-1",
          expiresAt: now + 28_800_000,
          scopes: ["activity", "heartrate", "location"],
        },
      },
    });
  });

  it.each([
    ["no user", without("user_id")],
    ["no refresh token", without("refresh_token")],
    ["no access token", without("access_token")],
    ["no token type", without("token_type")],
    ["a list", []],
  ])("refuses an answer with %s", async (_name, body) => {
    always(200, body);
    expect(await fitbit.exchangeCode(exchange)).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("says that a used or wrong code is no grant, without repeating the code", async () => {
    always(400, fitbitError("invalid_grant"));
    const result = await fitbit.exchangeCode(exchange);
    expect(result).toMatchObject({ ok: false, error: { code: "grant_revoked" } });
    expect(JSON.stringify(result)).not.toContain("SECRET-TOKEN");
  });
});

describe("one attempt to refresh", () => {
  it("gives the new pair", async () => {
    const sent = always(200, { ...tokens, access_token: "access-2", refresh_token: "refresh-2" });
    const result = await refresh();
    expect(result).toMatchObject({ ok: true, value: { accessToken: "access-2", refreshToken: "refresh-2" } });
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-0",
    });
  });

  it.each([
    ["Fitbit's shape", 400, fitbitError("invalid_grant")],
    ["the standard's shape", 400, { error: "invalid_grant" }],
    ["status 401", 401, fitbitError("invalid_grant")],
  ])("knows the end of a grant in %s", async (_name, status, body) => {
    always(status, body);
    expect(await refresh()).toMatchObject({ ok: false, error: { code: "grant_revoked" } });
  });

  it.each([
    ["503: not carried out", 503, "", { code: "provider_unavailable", answerLost: false }],
    ["502: perhaps carried out", 502, "<html>", { code: "provider_unavailable", answerLost: true }],
    [
      "500: perhaps carried out",
      500,
      fitbitError("request"),
      { code: "provider_unavailable", answerLost: true },
    ],
    ["409: another one runs", 409, "", { code: "provider_unavailable", answerLost: false, conflict: true }],
    ["429", 429, "", { code: "rate_limited" }],
    ["wrong credentials of ours", 401, fitbitError("invalid_client"), { code: "misconfigured" }],
    ["another mistake of ours", 400, fitbitError("invalid_request"), { code: "bad_response" }],
    [
      "JSON that was cut",
      200,
      '{"access_token":"access-2","ref',
      { code: "provider_unavailable", answerLost: true },
    ],
    ["an empty answer", 200, "", { code: "provider_unavailable", answerLost: true }],
    [
      "a page instead of tokens",
      200,
      "<html>soon</html>",
      { code: "provider_unavailable", answerLost: true },
    ],
  ])("never takes for the end of a grant: %s", async (_name, status, body, error) => {
    always(status, body);
    expect(await refresh()).toMatchObject({ ok: false, error });
  });

  it("says that a lost connection may have spent the token", async () => {
    answering(() => Promise.reject(new TypeError("fetch failed")));
    expect(await refresh()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });

  it("says nothing of the scopes when the answer names none, so that those granted before stand", async () => {
    always(200, without("scope"));
    expect(await refresh()).toMatchObject({ value: { scopes: null } });
  });
});

describe("asking whether a token is alive", () => {
  it.each([
    ['{"active":true,"scope":"{ACTIVITY=READ}","exp":1565861634000}', true],
    ['{"active":1,"clientId":{"id":"x"}}', true],
    ['{"active":false}', false],
    ['{"active":0}', false],
  ])("reads %s", async (body, active) => {
    const sent = always(200, body);
    expect(await fitbit.introspect(context)).toMatchObject({ ok: true, value: { active } });
    expect(sent[0]).toMatchObject({ method: "POST", body: "token=token-of-the-user" });
    expect(`${sent[0]?.url.pathname}${sent[0]?.url.search}`).toBe("/1.1/oauth2/introspect");
  });

  it.each(['{"active":"yes"}', "{}", "[]"])("does not take %s for an answer", async (body) => {
    always(200, body);
    expect(await fitbit.introspect(context)).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("does not take an expired token for an inactive one", async () => {
    always(401, fitbitError("expired_token"));
    expect(await fitbit.introspect(context)).toMatchObject({ ok: false, error: { code: "unauthorized" } });
  });
});

describe("revoking", () => {
  it.each([
    ["an empty 200", 200, ""],
    ["204", 204, ""],
    ["a grant that is dead already", 400, fitbitError("invalid_token")],
  ])("is done with %s", async (_name, status, body) => {
    const sent = always(status, body);
    expect(await fitbit.revoke({ token: "refresh-1" })).toMatchObject({ ok: true });
    expect(sent[0]?.url.pathname).toBe("/oauth2/revoke");
    expect(new URLSearchParams(sent[0]?.body).get("token")).toBe("refresh-1");
  });

  it("stops when its caller has waited long enough", async () => {
    answering((_request, signal) =>
      signal?.aborted === true ? Promise.reject(signal.reason) : reply(200, ""),
    );
    const result = await fitbit.revoke({ token: "t", signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ok: false, error: { code: "provider_unavailable" } });
  });
});

// Consent, tokens and their end at the simulated Google: what the documentation promises, and the bodies that people met.

import { createSign, generateKeyPairSync } from "node:crypto";
import * as oauth from "oauth4webapi";
import { describe, expect, test } from "vitest";
import {
  authorize,
  authorizeAddress,
  connect,
  createGoogleWorld,
  decide,
  errorOf,
  everyScope,
  exercises,
  type GoogleWorld,
  googleClient,
  heartRates,
  redirectUri,
  scope,
  startOfTests,
  told,
  url,
} from "./google-harness.ts";

const identity = "/v4/users/me/identity";
const exchange = (world: GoogleWorld, code: string, extra: Record<string, string> = {}) =>
  world.token({ grant_type: "authorization_code", code, redirect_uri: redirectUri, ...extra });
const refresh = (world: GoogleWorld, token: string | undefined) =>
  world.token({ grant_type: "refresh_token", refresh_token: token ?? "" });
const body = async (response: Response) => [response.status, await response.json()] as const;

describe("the consent page", () => {
  const refusals: [what: string, extra: Record<string, string | null>, status: number, code: string][] = [
    ["an unknown client", { client_id: "other" }, 401, "invalid_client"],
    ["an address that is none", { redirect_uri: "nowhere" }, 400, "redirect_uri_mismatch"],
    ["a foreign address", { redirect_uri: "https://evil.test/" }, 400, "redirect_uri_mismatch"],
    ["another response type", { response_type: "token" }, 400, "unsupported_response_type"],
    ["a scope that does not exist", { scope: "https://example.com/all" }, 400, "invalid_scope"],
    ["a scope of before May 2026", { scope: scope.activity.replace(".readonly", "") }, 400, "invalid_scope"],
    ["no scope", { scope: null }, 400, "invalid_request"],
    [
      "a challenge that is too short",
      { code_challenge: "short", code_challenge_method: "S256" },
      400,
      "invalid_request",
    ],
    ["a prompt that does not exist", { prompt: "login" }, 400, "invalid_request"],
  ];
  test.each(refusals)("shows an error and redirects nobody for %s", async (_what, extra, status, code) => {
    const world = createGoogleWorld({ redirectUris: [redirectUri] });
    const response = await world.call("GET", authorizeAddress(everyScope, extra));
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
  });

  test("offers Google accounts and not Fitbit's", async () => {
    const world = createGoogleWorld();
    const fitbit = await world.fitbitAccount();
    const google = await world.account();
    const html = await (await world.call("GET", authorizeAddress())).text();
    expect(html).toContain(google);
    expect(html).not.toContain(`value="${fitbit}"`);
    const fitbitPage = await world.call(
      "GET",
      `/oauth2/authorize?response_type=code&client_id=TEST01&scope=activity&redirect_uri=${encodeURIComponent(redirectUri)}`,
    );
    const fitbitHtml = await fitbitPage.text();
    expect(fitbitHtml).toContain(`value="${fitbit}"`);
    expect(fitbitHtml).not.toContain(google);
  });

  test.each([
    ["cancelled", { decision: "deny" }],
    ["agreed to with nothing ticked", { scopes: [] }],
  ])("sends access_denied and the state back when it is %s", async (_what, answer) => {
    const world = createGoogleWorld();
    const response = await decide(world, authorizeAddress(), { account: await world.account(), ...answer });
    const location = new URL(response.headers.get("location") ?? "");
    expect(response.status).toBe(302);
    expect(Object.fromEntries(location.searchParams)).toEqual({ error: "access_denied", state: "state-1" });
  });

  test("makes a new account for whoever has none", async () => {
    const world = createGoogleWorld();
    const tokens = await connect(world, "new");
    const { users } = await world.control("GET", "/sim/users");
    const [, { healthUserId }] = await body(await world.get(tokens.access_token, identity));
    expect(users).toMatchObject([{ providerUserId: healthUserId, provider: "google-health" }]);
  });
});

describe("the exchange of a code", () => {
  test("works once", async () => {
    const world = createGoogleWorld();
    const code = await authorize(world, await world.account());
    expect((await exchange(world, code)).status).toBe(200);
    expect(await body(await exchange(world, code))).toEqual([
      400,
      { error: "invalid_grant", error_description: "Bad Request" },
    ]);
  });

  test("works for ten minutes", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const code = await authorize(world, account);
    await world.advance(599);
    expect((await exchange(world, code)).status).toBe(200);
    const late = await authorize(world, account);
    await world.advance(600);
    expect(await body(await exchange(world, late))).toMatchObject([400, { error: "invalid_grant" }]);
  });

  test("wants the same redirect address", async () => {
    const world = createGoogleWorld();
    const code = await authorize(world, await world.account());
    const response = await exchange(world, code, { redirect_uri: "https://app.test/other" });
    expect(await body(response)).toMatchObject([400, { error: "redirect_uri_mismatch" }]);
  });

  test.each([
    ["another client", { client_id: "other" }],
    ["a wrong secret", { client_secret: "wrong" }],
  ])("refuses %s with 401", async (_what, extra) => {
    const world = createGoogleWorld();
    const code = await authorize(world, await world.account());
    expect(await body(await exchange(world, code, extra))).toMatchObject([401, { error: "invalid_client" }]);
  });

  test("takes the client's authentication as Basic too", async () => {
    const world = createGoogleWorld();
    const code = await authorize(world, await world.account());
    const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
    const basic = `Basic ${btoa(`${googleClient.clientId}:${googleClient.clientSecret}`)}`;
    expect((await world.form("/token", fields, { authorization: basic })).status).toBe(200);
  });

  test("wants the verifier that belongs to the challenge", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const verifier = oauth.generateRandomCodeVerifier();
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const extra = { code_challenge: challenge, code_challenge_method: "S256" };
    const code = await authorize(world, account, everyScope, extra);
    expect(await body(await exchange(world, code))).toMatchObject([400, { error: "invalid_grant" }]);
    expect(await body(await exchange(world, code, { code_verifier: `${verifier}x` }))).toMatchObject([
      400,
      { error: "invalid_grant" },
    ]);
    expect((await exchange(world, code, { code_verifier: verifier })).status).toBe(200);
  });

  test("says which scopes the user granted, and those alone work", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const response = await decide(world, authorizeAddress(), { account, scopes: [scope.activity] });
    const code = new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const [, tokens] = await body(await exchange(world, code));
    expect(tokens.scope).toBe(scope.activity);
    expect(tokens).not.toHaveProperty("refresh_token_expires_in");
    expect((await world.get(tokens.access_token, exercises)).status).toBe(200);
    expect(await errorOf(await world.get(tokens.access_token, heartRates))).toBe(
      "403 PERMISSION_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    );
  });

  test("hands out a refresh token for offline access on the first consent, later only with prompt=consent", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const without = { prompt: null };
    expect(await connect(world, account, everyScope, { access_type: null })).not.toHaveProperty(
      "refresh_token",
    );
    const other = await world.account();
    expect(await connect(world, other, everyScope, without)).toHaveProperty("refresh_token");
    expect(await connect(world, other, everyScope, without)).not.toHaveProperty("refresh_token");
    expect(await connect(world, other)).toHaveProperty("refresh_token");
  });
});

describe("an access token", () => {
  test("lives 3599 seconds", async () => {
    const world = createGoogleWorld();
    const { access_token } = await connect(world, await world.account());
    await world.advance(3598);
    expect((await world.get(access_token, identity)).status).toBe(200);
    await world.advance(1);
    expect(await errorOf(await world.get(access_token, identity))).toBe("401 UNAUTHENTICATED");
  });

  test("that is missing gets another body than one that is wrong", async () => {
    const world = createGoogleWorld();
    expect(await errorOf(await world.call("GET", identity))).toBe("401 UNAUTHENTICATED CREDENTIALS_MISSING");
    const wrong = await world.get("wrong", identity);
    expect(await wrong.clone().text()).not.toContain('wrong"');
    expect(await errorOf(wrong)).toBe("401 UNAUTHENTICATED");
  });

  test("of one provider is nothing at the other", async () => {
    const world = createGoogleWorld();
    const { access_token } = await connect(world, await world.account());
    expect((await world.get(access_token, "/1/user/-/profile.json")).status).toBe(401);
  });

  test("for location alone does not say who the user is", async () => {
    const world = createGoogleWorld();
    const { access_token } = await connect(world, await world.account(), [scope.location]);
    expect((await world.get(access_token, identity)).status).toBe(403);
  });
});

describe("a refresh", () => {
  test("answers without a refresh token, and the old one goes on working", async () => {
    const world = createGoogleWorld();
    const tokens = await connect(world, await world.account());
    for (let round = 0; round < 3; round++) {
      await world.advance(3600);
      const [status, answer] = await body(await refresh(world, tokens.refresh_token));
      expect(status).toBe(200);
      expect(answer).toEqual({
        access_token: expect.stringMatching(/^ya29\./),
        expires_in: 3599,
        scope: everyScope.join(" "),
        token_type: "Bearer",
      });
      expect((await world.get(answer.access_token, identity)).status).toBe(200);
    }
  });

  test("of a token that never was is a Bad Request, of a dead one expired or revoked", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const tokens = await connect(world, account);
    expect(await body(await refresh(world, "1//0nobody"))).toEqual([
      400,
      { error: "invalid_grant", error_description: "Bad Request" },
    ]);
    await world.control("POST", `/sim/users/${account}/revoke`);
    expect(await body(await refresh(world, tokens.refresh_token))).toEqual([
      400,
      { error: "invalid_grant", error_description: "Token has been expired or revoked." },
    ]);
  });

  test("stops working after six months without use", async () => {
    const world = createGoogleWorld();
    const tokens = await connect(world, await world.account());
    await world.advance(182 * 86_400);
    expect((await refresh(world, tokens.refresh_token)).status).toBe(200);
    await world.advance(184 * 86_400);
    expect((await refresh(world, tokens.refresh_token)).status).toBe(400);
  });

  test("of the oldest of more than a hundred tokens fails without a word before", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const first = await connect(world, account);
    const second = await connect(world, account);
    for (let more = 0; more < 99; more++) await connect(world, account);
    expect((await refresh(world, first.refresh_token)).status).toBe(400);
    expect((await refresh(world, second.refresh_token)).status).toBe(200);
  });

  test("ends after a week while the application is in testing, and the answers say so", async () => {
    const world = createGoogleWorld();
    await world.settings({ testingMode: true });
    const tokens = await connect(world, await world.account());
    expect(tokens.refresh_token_expires_in).toBe(604_799);
    await world.advance(86_400);
    const [, renewed] = await body(await refresh(world, tokens.refresh_token));
    expect(renewed.refresh_token_expires_in).toBe(604_799 - 86_400);
    await world.advance(604_799 - 86_400);
    expect(await body(await refresh(world, tokens.refresh_token))).toMatchObject([
      400,
      { error: "invalid_grant" },
    ]);
  });

  test("whose answer is lost can simply be repeated", async () => {
    const world = createGoogleWorld();
    const tokens = await connect(world, await world.account());
    await world.faults({ fault: "refresh_answer_lost", provider: "google-health", count: 1 });
    await expect(refresh(world, tokens.refresh_token)).rejects.toThrow(TypeError);
    expect((await refresh(world, tokens.refresh_token)).status).toBe(200);
  });
});

describe("a revocation", () => {
  test.each(["access_token", "refresh_token"] as const)("by the %s ends the whole grant", async (which) => {
    const world = createGoogleWorld();
    const account = await world.account();
    const [one, two] = [await connect(world, account), await connect(world, account)];
    expect(await body(await world.form("/revoke", { token: one[which] ?? "" }))).toEqual([200, {}]);
    for (const tokens of [one, two]) {
      expect((await world.get(tokens.access_token, identity)).status).toBe(401);
      expect((await refresh(world, tokens.refresh_token)).status).toBe(400);
    }
    expect(await body(await world.form("/revoke", { token: one[which] ?? "" }))).toMatchObject([
      400,
      { error: "invalid_token" },
    ]);
  });

  test("by the application is followed by DELETE pushes only if the setting says so", async () => {
    for (const revokeEndpointPushes of [false, true]) {
      const world = createGoogleWorld();
      await world.settings({ revokeEndpointPushes });
      const account = await world.account();
      const tokens = await connect(world, account);
      await world.record(account);
      await world.sync(account);
      await world.form("/revoke", { token: tokens.access_token });
      await world.advance(0);
      expect(
        told(world)
          .flat()
          .map((one) => one.operation),
      ).toEqual(revokeEndpointPushes ? ["UPSERT", "DELETE"] : ["UPSERT"]);
    }
  });

  test("leaves a code that was not exchanged yet worth nothing", async () => {
    const world = createGoogleWorld();
    const account = await world.account();
    const code = await authorize(world, account);
    await world.control("POST", `/sim/users/${account}/revoke`);
    expect((await exchange(world, code)).status).toBe(400);
  });
});

describe("a service account", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const serviceAccount = {
    clientEmail: "deploy@project.iam.gserviceaccount.com",
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
  const now = startOfTests / 1000;
  const claims = {
    iss: serviceAccount.clientEmail,
    scope: "https://www.googleapis.com/auth/cloud-platform",
    aud: `${url}/token`,
    iat: now,
    exp: now + 3600,
  };
  const jwt = (payload: object, header: object = { alg: "RS256", typ: "JWT" }) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part(header)}.${part(payload)}`;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(privateKey).toString("base64url")}`;
  };
  const ask = (world: GoogleWorld, assertion: string) =>
    world.form("/token", { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });

  test("gets the project's token for a JWT that it signed", async () => {
    const world = createGoogleWorld({ serviceAccount });
    const [status, answer] = await body(await ask(world, jwt(claims)));
    expect([status, Object.keys(answer)]).toEqual([200, ["access_token", "expires_in", "token_type"]]);
    expect((await world.get(answer.access_token, "/v4/projects/1234567890/subscribers")).status).toBe(200);
    expect((await world.get(answer.access_token, identity)).status).toBe(401);
  });

  test.each([
    [
      "a claim changed after signing",
      jwt(claims).replace(
        /\.[^.]+\./,
        `.${Buffer.from(JSON.stringify({ ...claims, exp: now + 60 })).toString("base64url")}.`,
      ),
    ],
    ["another algorithm", jwt(claims, { alg: "HS256" })],
    ["another audience", jwt({ ...claims, aud: "https://example.com/token" })],
    ["another account", jwt({ ...claims, iss: "other@project.iam.gserviceaccount.com" })],
    ["a life of more than an hour", jwt({ ...claims, exp: now + 3601 })],
    ["a time that is over", jwt({ ...claims, iat: now - 7200, exp: now - 3600 })],
    ["no JWT", "abc"],
  ])("is refused for %s", async (_what, assertion) => {
    const world = createGoogleWorld({ serviceAccount });
    expect(await body(await ask(world, assertion))).toMatchObject([400, { error: "invalid_grant" }]);
  });

  test("is taken at its word where the options name nobody", async () => {
    expect((await ask(createGoogleWorld(), jwt({ ...claims, iss: "any@body.test" }))).status).toBe(200);
  });
});

test("a client of somebody else's, oauth4webapi, goes through the code grant, a refresh and a revocation unchanged", async () => {
  const world = createGoogleWorld();
  const server = {
    issuer: url,
    token_endpoint: `${url}/token`,
    revocation_endpoint: `${url}/revoke`,
  };
  const client = { client_id: googleClient.clientId };
  const authentication = oauth.ClientSecretPost(googleClient.clientSecret);
  const options = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (address: string, init: RequestInit) =>
      world.simulator.fetch(new Request(address, init)),
  };
  const verifier = oauth.generateRandomCodeVerifier();
  const consent = await decide(
    world,
    authorizeAddress(everyScope, {
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }),
    { account: await world.account() },
  );
  const callback = oauth.validateAuthResponse(
    server,
    client,
    new URL(consent.headers.get("location") ?? ""),
    "state-1",
  );
  const granted = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      callback,
      redirectUri,
      verifier,
      options,
    ),
  );
  const refreshed = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(
      server,
      client,
      authentication,
      granted.refresh_token ?? "",
      options,
    ),
  );
  expect((await world.get(refreshed.access_token, identity)).status).toBe(200);
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, refreshed.access_token, options),
  );
  expect((await world.get(granted.access_token, identity)).status).toBe(401);
});

// The token endpoint: codes, PKCE, client authentication, rotation with its grace, introspection, revocation.

import { describe, expect, test } from "vitest";
import {
  allScopes,
  authorize,
  basic,
  clientId,
  createWorld,
  errorOf,
  redirectUri,
  type Tokens,
  token,
  type World,
} from "./harness.ts";

const visit =
  "Visit https://dev.fitbit.com/docs/oauth2 for more information on the Fitbit Web API authorization process.";
// RFC 7636, appendix B.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const exchange = (world: World, code: string, more: Record<string, string> = {}) =>
  token(world, { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...more });
const refresh = (world: World, refreshToken: string) =>
  token(world, { grant_type: "refresh_token", refresh_token: refreshToken });
const tokensOf = async (response: Response) => {
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
};

describe("a code", () => {
  test("gives a pair as Fitbit gives it: 8 hours, 64 hex digits, the user's id, a JWT to look at", async () => {
    const world = createWorld();
    const account = await world.account();
    const tokens = await world.connect(account);
    expect(tokens.expires_in).toBe(28_800);
    expect(tokens.refresh_token).toMatch(/^[0-9a-f]{64}$/);
    expect(tokens.user_id).toBe(account);
    expect(account).toMatch(/^[A-Z0-9]{6}$/);
    expect(new Set(tokens.scope.split(" "))).toEqual(new Set(allScopes));
    const payload = JSON.parse(atob(tokens.access_token.split(".")[1] ?? ""));
    expect(payload).toMatchObject({ sub: account, aud: clientId, iss: "Fitbit", typ: "access_token" });
    expect(payload.exp - payload.iat).toBe(28_800);
  });

  test("works once", async () => {
    const world = createWorld();
    const code = await authorize(world, await world.account());
    expect((await exchange(world, code)).status).toBe(200);
    expect(await errorOf(await exchange(world, code))).toBe(
      `400 invalid_grant Authorization code invalid: ${code} ${visit}`,
    );
  });

  test("works for ten minutes and not a second longer", async () => {
    const world = createWorld();
    const account = await world.account();
    const [early, late] = [await authorize(world, account), await authorize(world, account)];
    await world.advance(599);
    expect((await exchange(world, early)).status).toBe(200);
    await world.advance(1);
    expect((await exchange(world, late)).status).toBe(400);
  });

  test("is refused with another redirect address than it was made for", async () => {
    const world = createWorld();
    const code = await authorize(world, await world.account());
    expect(await errorOf(await exchange(world, code, { redirect_uri: `${redirectUri}?x` }))).toContain(
      "400 invalid_grant Redirect_uri mismatch",
    );
    expect((await exchange(world, code)).status).toBe(200);
  });

  test.each([
    ["S256", challenge, verifier],
    ["plain", verifier, verifier],
    [undefined, verifier, verifier],
  ] as const)("made with a %s challenge wants its verifier", async (method, value, right) => {
    const world = createWorld();
    const extra = { code_challenge: value, ...(method ? { code_challenge_method: method } : {}) };
    const code = await authorize(world, await world.account(), allScopes, extra);
    expect(await errorOf(await exchange(world, code))).toContain("Missing parameters: code_verifier");
    expect(await errorOf(await exchange(world, code, { code_verifier: `${right}x` }))).toContain(
      "400 invalid_grant",
    );
    expect((await exchange(world, code, { code_verifier: right })).status).toBe(200);
  });
});

describe("who may ask", () => {
  const cases: [what: string, authorization: string | null, message: string][] = [
    ["no header", null, "Invalid authorization header format."],
    ["a bearer header", "Bearer x", "Invalid authorization header format."],
    ["a wrong secret", basic(clientId, "wrong"), "Invalid authorization header. Client secret invalid."],
    ["a wrong id", basic("WRONG1"), "Invalid authorization header. Client id invalid."],
  ];
  test.each(cases)(
    "an application with a secret: %s is 401 invalid_client",
    async (_what, authorization, message) => {
      const world = createWorld();
      const code = await authorize(world, await world.account());
      const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
      expect(await errorOf(await token(world, form, { authorization }))).toBe(
        `401 invalid_client ${message} ${visit}`,
      );
    },
  );

  test("an application without a secret names itself in the body and sends no header", async () => {
    const world = createWorld({ applicationType: "client" });
    const code = await authorize(world, await world.account(), allScopes, {
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const form = {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    const none = { authorization: null };
    expect(await errorOf(await token(world, form, none))).toContain("Missing parameters: client_id");
    expect((await token(world, { ...form, client_id: "OTHER1" }, none)).status).toBe(401);
    expect((await token(world, { ...form, client_id: clientId }, none)).status).toBe(200);
  });

  test("missing parameters and an unreadable body are named", async () => {
    const world = createWorld();
    expect(await errorOf(await token(world, {}))).toContain(
      "400 invalid_request Missing parameters: grant_type",
    );
    expect(await errorOf(await token(world, { grant_type: "refresh_token" }))).toContain(
      "Missing parameters: refresh_token",
    );
    const json = await world.call(
      "POST",
      "/oauth2/token",
      { grant_type: "refresh_token" },
      { authorization: basic() },
    );
    expect(await errorOf(json)).toBe("400 invalid_request There was an error reading the request body.");
  });

  test("errors are Fitbit's shape, not RFC 6749's, and echo the token", async () => {
    const body = await (await refresh(createWorld(), "deadbeef")).json();
    expect(body).toEqual({
      errors: [{ errorType: "invalid_grant", message: `Refresh token invalid: deadbeef. ${visit}` }],
      success: false,
    });
  });
});

describe("refreshing", () => {
  test("gives a new pair; the old access token lives on until it expires", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    const second = await tokensOf(await refresh(world, first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    for (const one of [first, second]) {
      expect((await world.get(one.access_token, "/1/user/-/profile.json")).status).toBe(200);
    }
    await world.advance(28_800);
    expect(await errorOf(await world.get(second.access_token, "/1/user/-/profile.json"))).toContain(
      "401 expired_token Access token expired: ",
    );
  });

  test("the same token again within two minutes gives the same answer", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    const answer = await (await refresh(world, first.refresh_token)).text();
    await world.advance(120);
    expect(await (await refresh(world, first.refresh_token)).text()).toBe(answer);
  });

  test("after two minutes the used token is invalid", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    await refresh(world, first.refresh_token);
    await world.advance(121);
    expect(await errorOf(await refresh(world, first.refresh_token))).toContain("400 invalid_grant");
  });

  test.each(["access token", "refresh token"])("using the new %s ends the grace", async (which) => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    const second = await tokensOf(await refresh(world, first.refresh_token));
    if (which === "access token") await world.get(second.access_token, "/1/user/-/profile.json");
    else await refresh(world, second.refresh_token);
    expect((await refresh(world, first.refresh_token)).status).toBe(400);
  });

  test("the grace need not end by use, and old access tokens may die: both are settings", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", {
      refreshGraceEndsOnUse: false,
      oldAccessTokensDieOnRefresh: true,
    });
    const first = await world.connect(await world.account());
    const second = await tokensOf(await refresh(world, first.refresh_token));
    expect((await world.get(second.access_token, "/1/user/-/profile.json")).status).toBe(200);
    expect((await refresh(world, first.refresh_token)).status).toBe(200);
    expect((await world.get(first.access_token, "/1/user/-/profile.json")).status).toBe(401);
  });

  test("a user has one refresh token: consenting again ends the one before", async () => {
    const world = createWorld();
    const account = await world.account();
    const first = await world.connect(account);
    const second = await world.connect(account, ["activity"]);
    expect((await refresh(world, first.refresh_token)).status).toBe(400);
    expect((await tokensOf(await refresh(world, second.refresh_token))).scope).toBe("activity");
  });

  test("an answer that got lost has still used the token up", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    await world.faults({ fault: "refresh_answer_lost", count: 1 });
    await expect(refresh(world, first.refresh_token)).rejects.toThrow(TypeError);
    const again = await tokensOf(await refresh(world, first.refresh_token));
    expect(again.refresh_token).not.toBe(first.refresh_token);
    const { calls } = await world.control("GET", `/sim/calls?providerUserId=${again.user_id}`);
    expect((calls as { status: number }[]).slice(-2).map((call) => call.status)).toEqual([0, 200]);
  });

  test("two refreshers at once can meet a 409, which uses nothing up", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    await world.faults({ fault: "refresh_409", count: 1 });
    expect((await refresh(world, first.refresh_token)).status).toBe(409);
    expect((await refresh(world, first.refresh_token)).status).toBe(200);
  });

  test("a 503 at the token endpoint uses nothing up", async () => {
    const world = createWorld();
    const first = await world.connect(await world.account());
    await world.faults({ fault: "503", path: "/oauth2/token", count: 1 });
    expect((await refresh(world, first.refresh_token)).status).toBe(503);
    expect((await refresh(world, first.refresh_token)).status).toBe(200);
  });
});

describe("introspection", () => {
  const introspect = (world: World, bearer: string, value: string) =>
    token(world, { token: value }, { path: "/1.1/oauth2/introspect", authorization: `Bearer ${bearer}` });

  test("prints scopes as a Java map and times in milliseconds", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account(), ["activity", "heartrate"]);
    const body = await (await introspect(world, tokens.access_token, tokens.access_token)).json();
    expect(body).toMatchObject({
      active: true,
      scope: "{ACTIVITY=READ, HEARTRATE=READ}",
      client_id: clientId,
      user_id: tokens.user_id,
      token_type: "access_token",
    });
    expect(body.exp - body.iat).toBe(28_800_000);
  });

  test("says inactive of an unknown token, 401 to an expired bearer, 400 to a token in the query", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    expect(await (await introspect(world, tokens.access_token, "x")).json()).toEqual({ active: false });
    const inQuery = await token(
      world,
      {},
      { path: "/1.1/oauth2/introspect?token=x", authorization: `Bearer ${tokens.access_token}` },
    );
    expect(inQuery.status).toBe(400);
    await world.advance(28_800);
    expect(await errorOf(await introspect(world, tokens.access_token, "x"))).toContain("401 expired_token");
  });
});

describe("the end of a grant", () => {
  const revoked = async (world: World, tokens: Tokens) => {
    expect(await errorOf(await world.get(tokens.access_token, "/1/user/-/profile.json"))).toContain(
      "401 invalid_token Access token invalid: ",
    );
    expect(await errorOf(await refresh(world, tokens.refresh_token))).toContain("400 invalid_grant");
  };

  test.each(["access_token", "refresh_token"] as const)(
    "revoking the %s ends the whole grant",
    async (which) => {
      const world = createWorld();
      const tokens = await world.connect(await world.account());
      const answer = await token(world, { token: tokens[which] }, { path: "/oauth2/revoke" });
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
      await revoked(world, tokens);
    },
  );

  test("the user can revoke, and can delete the account", async () => {
    const world = createWorld();
    for (const route of ["revoke", "delete-account"]) {
      const account = await world.account();
      const tokens = await world.connect(account);
      await world.control("POST", `/sim/users/${account}/${route}`);
      await revoked(world, tokens);
    }
  });

  test("revoking needs the application's own credentials", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    const answer = await token(
      world,
      { token: tokens.access_token },
      { path: "/oauth2/revoke", authorization: basic(clientId, "wrong") },
    );
    expect(answer.status).toBe(401);
    expect((await world.get(tokens.access_token, "/1/user/-/profile.json")).status).toBe(200);
  });
});

test("a call without a header is told so; the user in the path must be the token's", async () => {
  const world = createWorld();
  const tokens = await world.connect(await world.account());
  expect(await errorOf(await world.call("GET", "/1/user/-/profile.json"))).toBe(
    "401 invalid_request Authorization header required.",
  );
  expect((await world.get(tokens.access_token, `/1/user/${tokens.user_id}/profile.json`)).status).toBe(200);
  expect((await world.get(tokens.access_token, "/1/user/OTHER1/profile.json")).status).toBe(403);
});

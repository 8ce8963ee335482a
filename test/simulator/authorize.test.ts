// The consent page: what it offers, what it refuses on the page, what it redirects with.

import { describe, expect, test } from "vitest";
import { allScopes, authorizeAddress, clientId, createWorld, decide, redirectUri, token } from "./harness.ts";

describe("the consent page", () => {
  test("offers a tick box for each scope asked for, and every simulated account", async () => {
    const world = createWorld();
    const account = await world.account();
    const html = await (await world.call("GET", authorizeAddress(["activity", "heartrate"]))).text();
    expect(
      [...html.matchAll(/type="checkbox" name="scope" value="([^"]+)"/g)].map((match) => match[1]),
    ).toEqual(["activity", "heartrate"]);
    expect(html).toContain(`<option value="${account}">`);
  });

  test("redirects with code and the unchanged state, and ends in #_=_", async () => {
    const world = createWorld();
    const account = await world.account();
    const address = authorizeAddress(allScopes, { state: "a b&c=d/é" });
    const response = await decide(world, address, { account, scopes: allScopes });
    expect(response.status).toBe(302);
    const location = response.headers.get("location") ?? "";
    expect(location).toMatch(/^https:\/\/app\.test\/callback\?code=[0-9a-f]{40}&state=[^#]*#_=_$/);
    expect(new URL(location).searchParams.get("state")).toBe("a b&c=d/é");
  });

  test("a denial comes back as access_denied with the state and without a code", async () => {
    const world = createWorld();
    const account = await world.account();
    const response = await decide(world, authorizeAddress(allScopes), {
      account,
      scopes: [],
      decision: "deny",
    });
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.searchParams.get("error")).toBe("access_denied");
    expect(location.searchParams.get("state")).toBe("state-1");
    expect(location.searchParams.has("code")).toBe(false);
  });

  test("a user who ticks some of the boxes grants only those", async () => {
    const world = createWorld();
    const account = await world.account();
    const response = await decide(world, authorizeAddress(allScopes), {
      account,
      scopes: ["activity", "sleep"],
    });
    const code = new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const answer = await token(world, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    expect(await answer.json()).toMatchObject({ scope: "activity" });
  });

  test("a page without an account offers to make one", async () => {
    const world = createWorld();
    await decide(world, authorizeAddress(allScopes), { account: "new", scopes: allScopes });
    expect((await world.control("GET", "/sim/users")).users).toHaveLength(1);
  });

  test("nobody can consent for an account that does not exist or was deleted", async () => {
    const world = createWorld();
    const account = await world.account();
    await world.control("POST", `/sim/users/${account}/delete-account`);
    for (const name of [account, "NOBODY"]) {
      const response = await decide(world, authorizeAddress(allScopes), { account: name, scopes: allScopes });
      expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    }
  });
});

describe("errors are shown on the page and never redirected", () => {
  const long = "x".repeat(43);
  const cases: [what: string, change: Record<string, string | null>, message: string][] = [
    ["no client id", { client_id: null }, "invalid_request - Missing parameters: client_id"],
    ["a foreign client id", { client_id: "OTHER1" }, "unauthorize_client - Invalid client_id"],
    ["no response type", { response_type: null }, "invalid_request - Missing response_type parameter value"],
    ["an unknown response type", { response_type: "x" }, "unsupported_response_type - Invalid response_type"],
    ["no redirect address", { redirect_uri: null }, "invalid_request - Missing redirect_uri parameter value"],
    [
      "another redirect address",
      { redirect_uri: `${redirectUri}/` },
      "invalid_request - Invalid redirect_uri",
    ],
    ["no scope that exists", { scope: "everything" }, "invalid_request - Missing parameters: scope"],
    ["a short challenge", { code_challenge: "x".repeat(42) }, "length must be between 43 and 128"],
    ["a long challenge", { code_challenge: "x".repeat(129) }, "length must be between 43 and 128"],
    [
      "a challenge with other signs",
      { code_challenge: `${long}+` },
      "The code_challenge parameter is invalid",
    ],
    [
      "an unknown challenge method",
      { code_challenge: long, code_challenge_method: "S512" },
      "Unsupported code_challenge_method",
    ],
    [
      "the implicit grant for an application with a secret",
      { response_type: "token" },
      "unauthorized_client - The client is not authorized to request an access token using this method.",
    ],
  ];
  test.each(cases)("%s", async (_what, change, message) => {
    const world = createWorld({ redirectUris: [redirectUri, "https://app.test/other"] });
    const address = new URL(authorizeAddress(allScopes), "http://fitbit.test");
    for (const [name, value] of Object.entries(change)) {
      if (value === null) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    const response = await world.call("GET", address.href);
    expect(response.status).toBe(400);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.text()).toContain(message);
  });
});

test("the only registered redirect address may be left out, unless prompt is used", async () => {
  const world = createWorld({ redirectUris: [redirectUri] });
  const account = await world.account();
  const address = `/oauth2/authorize?response_type=code&client_id=${clientId}&scope=activity`;
  const response = await decide(world, address, { account, scopes: ["activity"] });
  expect(response.headers.get("location")).toMatch(/^https:\/\/app\.test\/callback\?code=/);
  expect((await world.call("GET", `${address}&prompt=login`)).status).toBe(400);
});

test("an application without a secret may use the implicit grant, and gets its token in the fragment", async () => {
  const world = createWorld({ applicationType: "client" });
  const account = await world.account();
  const address = authorizeAddress(["activity", "profile"], { response_type: "token", expires_in: "604800" });
  const response = await decide(world, address, { account, scopes: ["activity", "profile"] });
  const fragment = new URLSearchParams(new URL(response.headers.get("location") ?? "").hash.slice(1));
  expect(fragment.get("expires_in")).toBe("604800");
  const profile = await world.get(fragment.get("access_token") ?? "", "/1/user/-/profile.json");
  expect(await profile.json()).toMatchObject({ user: { encodedId: account } });
});

// The hourly limit with its headers, and every way in which a call can go wrong.

import { describe, expect, test } from "vitest";
import { createWorld, errorOf, startOfTests, type World } from "./harness.ts";

const profile = "/1/user/-/profile.json";
const limits = (response: Response) =>
  ["limit", "remaining", "reset"].map((name) => Number(response.headers.get(`fitbit-rate-limit-${name}`)));

async function connected(world: World): Promise<{ account: string; bearer: string; refreshToken: string }> {
  const account = await world.account();
  const tokens = await world.connect(account);
  return { account, bearer: tokens.access_token, refreshToken: tokens.refresh_token };
}

describe("the limit", () => {
  test("is 150 calls an hour for each user, and every answer says what is left", async () => {
    const world = createWorld();
    const [one, other] = [await connected(world), await connected(world)];
    expect(limits(await world.get(one.bearer, profile))).toEqual([150, 149, 2400]);
    for (let call = 2; call <= 150; call++) await world.get(one.bearer, profile);
    const refused = await world.get(one.bearer, profile);
    expect(refused.headers.get("retry-after")).toBe("2400");
    expect(limits(refused)).toEqual([150, 0, 2400]);
    expect(await errorOf(refused)).toBe("429 system Too Many Requests");
    expect((await world.get(other.bearer, profile)).status).toBe(200);
  });

  test("starts again at the top of the hour, or a little later where the setting says so", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { requestsPerHour: 2, hourResetDelaySeconds: 7 });
    const { bearer } = await connected(world);
    const statuses = async (calls: number) => {
      const all: number[] = [];
      for (let call = 0; call < calls; call++) all.push((await world.get(bearer, profile)).status);
      return all;
    };
    expect(await statuses(3)).toEqual([200, 200, 429]);
    await world.advance(Math.ceil((Date.parse("2026-06-10T11:00:00Z") - startOfTests) / 1000) + 6);
    expect(await statuses(1)).toEqual([429]);
    await world.advance(1);
    expect(await statuses(3)).toEqual([200, 200, 429]);
  });

  test("is not touched by the token endpoint or by calls that are not let in", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    await world.call("GET", profile);
    await world.get("wrong", profile);
    expect(limits(await world.get(bearer, profile))[1]).toBe(149);
  });

  test("can be reported as it was ten calls ago", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    for (let call = 0; call < 20; call++) await world.get(bearer, profile);
    await world.faults({ fault: "rate_limit_lag", count: 1 });
    expect(limits(await world.get(bearer, profile))[1]).toBe(139);
    expect(limits(await world.get(bearer, profile))[1]).toBe(128);
  });

  test("is answered with or without headers, in Fitbit's shape or in Google's", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    await world.faults(
      { fault: "429", count: 1 },
      { fault: "429_without_headers", count: 1 },
      { fault: "429_google_shape", count: 1 },
    );
    const full = await world.get(bearer, profile);
    expect([full.status, full.headers.get("retry-after"), ...limits(full)]).toEqual([
      429,
      "2400",
      150,
      0,
      2400,
    ]);
    const bare = await world.get(bearer, profile);
    expect([
      bare.status,
      bare.headers.get("retry-after"),
      bare.headers.get("fitbit-rate-limit-reset"),
    ]).toEqual([429, null, null]);
    const google = await world.get(bearer, profile);
    expect([google.status, await google.json()]).toEqual([
      429,
      { error: { code: 429, message: "Resource has been exhausted." } },
    ]);
  });
});

describe("a provider in trouble", () => {
  test.each([
    ["500", 500, "application/json"],
    ["503", 503, "application/json"],
    ["html", 502, "text/html"],
    ["maintenance", 502, "text/html"],
  ])("%s", async (fault, status, type) => {
    const world = createWorld();
    const { bearer } = await connected(world);
    await world.faults({ fault, count: 1 });
    const response = await world.get(bearer, profile);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      status,
      expect.stringContaining(type),
    ]);
    expect((await world.get(bearer, profile)).status).toBe(200);
  });

  test("everything is gone: API, tokens and consent answer 410", async () => {
    const world = createWorld();
    const { bearer, refreshToken } = await connected(world);
    await world.faults({ fault: "gone" });
    expect((await world.get(bearer, profile)).status).toBe(410);
    expect((await world.call("POST", "/oauth2/token")).status).toBe(410);
    expect((await world.call("GET", "/oauth2/authorize")).status).toBe(410);
    expect(refreshToken).toHaveLength(64);
    expect((await world.call("GET", "/sim/clock")).status).toBe(200);
  });

  test("the connection drops before the work, or after it", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    const subscription = "/1/user/-/activities/apiSubscriptions/a-1.json";
    const headers = { authorization: `Bearer ${bearer}` };
    await world.faults({ fault: "network_error", count: 1 });
    await expect(world.call("POST", subscription, undefined, headers)).rejects.toThrow(TypeError);
    await world.faults({ fault: "answer_lost", count: 1 });
    await expect(world.call("POST", subscription, undefined, headers)).rejects.toThrow(TypeError);
    expect((await world.call("POST", subscription, undefined, headers)).status).toBe(200);
  });

  test("a 502 can hide that the work was done", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    const headers = { authorization: `Bearer ${bearer}` };
    const subscription = "/1/user/-/activities/apiSubscriptions/a-1.json";
    await world.call("POST", subscription, undefined, headers);
    await world.faults({ fault: "502_after_work", count: 1 });
    expect((await world.call("DELETE", subscription, undefined, headers)).status).toBe(502);
    expect((await world.call("DELETE", subscription, undefined, headers)).status).toBe(404);
  });

  test.each(["slow", "slow_answer"])(
    "%s makes a caller wait, and lets one who gives up go",
    async (fault) => {
      const world = createWorld();
      const { bearer } = await connected(world);
      await world.faults({ fault, delaySeconds: 0.05, count: 1 }, { fault, delaySeconds: 60 });
      const started = performance.now();
      expect((await world.get(bearer, profile)).status).toBe(200);
      expect(performance.now() - started).toBeGreaterThan(45);
      const request = new Request(`http://fitbit.test${profile}`, {
        headers: { authorization: `Bearer ${bearer}` },
        signal: AbortSignal.timeout(20),
      });
      await expect(world.simulator.fetch(request)).rejects.toThrow();
      expect(performance.now() - started).toBeLessThan(5000);
    },
  );
});

describe("aiming a fault", () => {
  test("by path: a part of path and query", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    await world.faults({ fault: "500", path: "devices" });
    expect((await world.get(bearer, profile)).status).toBe(200);
    expect((await world.get(bearer, "/1/user/-/devices.json")).status).toBe(500);
  });

  test("by user", async () => {
    const world = createWorld();
    const [hit, spared] = [await connected(world), await connected(world)];
    await world.faults({ fault: "503", providerUserId: hit.account });
    expect((await world.get(hit.bearer, profile)).status).toBe(503);
    expect((await world.get(spared.bearer, profile)).status).toBe(200);
  });

  test("by count, and until it is replaced without one", async () => {
    const world = createWorld();
    const { bearer } = await connected(world);
    await world.faults({ fault: "500", count: 2 });
    const status = async () => (await world.get(bearer, profile)).status;
    expect([await status(), await status(), await status()]).toEqual([500, 500, 200]);
    await world.faults({ fault: "503" });
    expect([await status(), await status()]).toEqual([503, 503]);
    await world.faults();
    expect(await status()).toBe(200);
  });

  test("without a path it does not hit the token endpoint, with one it does", async () => {
    const world = createWorld();
    await world.faults({ fault: "500" });
    expect((await world.call("POST", "/oauth2/token")).status).toBe(400);
    await world.faults({ fault: "500", path: "/oauth2/token" });
    expect((await world.call("POST", "/oauth2/token")).status).toBe(500);
  });
});

test("every call is on record, with its query, its status and whose it was", async () => {
  const world = createWorld();
  const { account, bearer } = await connected(world);
  await world.get(bearer, `${profile}?a=b`);
  await world.advance(60);
  await world.get("wrong", profile);
  const { calls } = await world.control("GET", "/sim/calls");
  expect((calls as Record<string, unknown>[]).slice(-2)).toEqual([
    {
      at: "2026-06-10T10:20:00.000Z",
      method: "GET",
      path: `${profile}?a=b`,
      status: 200,
      providerUserId: account,
    },
    { at: "2026-06-10T10:21:00.000Z", method: "GET", path: profile, status: 401, providerUserId: null },
  ]);
  const mine = (await world.control("GET", `/sim/calls?providerUserId=${account}`)).calls as {
    path: string;
  }[];
  expect(mine.map((call) => call.path)).toEqual(["/oauth2/authorize", "/oauth2/token", `${profile}?a=b`]);
});

// What goes wrong at the simulated Google, and what of it is Fitbit's alone: faults by provider, the quota, the record of
// calls, and what the control API refuses.

import { describe, expect, test } from "vitest";
import { createSimulator } from "../../simulator/simulator.ts";
import simulatorWorker from "../../simulator/worker.ts";
import { connectFitbit } from "./google-fitbit.ts";
import {
  authorizeAddress,
  connect,
  createGoogleWorld,
  type ErrorBody,
  errorOf,
  exercises,
  googleClient,
  heartRates,
  page,
  url,
} from "./google-harness.ts";
import { clientId, clientSecret, subscriberUrl } from "./harness.ts";

const identity = "/v4/users/me/identity";
const keyset = "/googlehealthapi/webhooks/webhooks_public_keyset.json";

async function connected() {
  const world = createGoogleWorld();
  const account = await world.account();
  const { access_token: bearer, refresh_token: refreshToken = "" } = await connect(world, account);
  return { world, account, bearer, refreshToken };
}

describe("a fault", () => {
  const answers: [fault: string, error: string][] = [
    ["429", "429 RESOURCE_EXHAUSTED RATE_LIMIT_EXCEEDED"],
    ["429_without_headers", "429 RESOURCE_EXHAUSTED RATE_LIMIT_EXCEEDED"],
    ["500", "500 INTERNAL"],
    ["503", "503 UNAVAILABLE"],
    ["gone", "410 UNIMPLEMENTED"],
    ["account_not_linked", "400 FAILED_PRECONDITION ACCOUNT_NOT_LINKED"],
    ["service_disabled", "403 PERMISSION_DENIED SERVICE_DISABLED"],
    ["permission_denied", "403 PERMISSION_DENIED"],
  ];
  test.each(answers)("%s answers in Google's envelope: %s", async (fault, error) => {
    const { world, bearer } = await connected();
    await world.faults({ fault, count: 1 });
    expect(await errorOf(await world.get(bearer, identity))).toBe(error);
    expect((await world.get(bearer, identity)).status).toBe(200);
  });

  test("account_not_linked tells where to sign up", async () => {
    const { world, bearer } = await connected();
    await world.faults({ fault: "account_not_linked" });
    const { error } = (await (await world.get(bearer, identity)).json()) as ErrorBody;
    expect(error.details?.[0]?.metadata).toEqual({ redirect_uri: "https://fitbit.google.com/auth/signup" });
  });

  test.each(["html", "maintenance", "502_after_work"])(
    "%s is a page of Google's front end",
    async (fault) => {
      const { world, bearer } = await connected();
      await world.faults({ fault });
      const response = await world.get(bearer, identity);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        502,
        "text/html; charset=UTF-8",
      ]);
    },
  );

  test.each(["network_error", "answer_lost"])("%s drops the connection", async (fault) => {
    const { world, bearer } = await connected();
    await world.faults({ fault, count: 1 });
    await expect(world.get(bearer, identity)).rejects.toThrow(TypeError);
    expect((await world.get(bearer, identity)).status).toBe(200);
  });

  test("cut brings half a body", async () => {
    const { world, bearer } = await connected();
    const whole = await (await world.get(bearer, identity)).text();
    await world.faults({ fault: "cut", count: 1 });
    const half = await (await world.get(bearer, identity)).text();
    expect(half.length).toBe(Math.floor(whole.length / 2));
  });

  test.each(["slow", "slow_answer"])("%s makes the answer wait", async (fault) => {
    const { world, bearer } = await connected();
    await world.faults({ fault, delaySeconds: 0.05 });
    const started = performance.now();
    expect((await world.get(bearer, identity)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(40);
  });

  test("without a path spares OAuth and the key set; with one it does not; gone spares nothing", async () => {
    const { world, bearer, refreshToken } = await connected();
    const statuses = async () => [
      (await world.get(bearer, identity)).status,
      (await world.token({ grant_type: "refresh_token", refresh_token: refreshToken })).status,
      (await world.call("GET", authorizeAddress())).status,
      (await world.call("GET", keyset)).status,
    ];
    await world.faults({ fault: "503" });
    expect(await statuses()).toEqual([503, 200, 200, 200]);
    await world.faults({ fault: "503", path: "/token" });
    expect(await statuses()).toEqual([200, 503, 200, 200]);
    await world.faults({ fault: "503", path: "keyset" });
    expect(await statuses()).toEqual([200, 200, 200, 503]);
    await world.faults({ fault: "gone" });
    expect(await statuses()).toEqual([410, 410, 410, 410]);
  });

  test("of one provider does not hit the other: 410 everywhere at Fitbit while Google answers", async () => {
    const { world, bearer } = await connected();
    const fitbit = await world.fitbitAccount();
    const fitbitBearer = await connectFitbit(world, fitbit, ["activity", "profile"]);
    const statuses = async () => [
      (await world.get(bearer, identity)).status,
      (await world.get(fitbitBearer, "/1/user/-/profile.json")).status,
      (await world.form("/oauth2/token", {})).status,
    ];
    await world.faults({ fault: "gone", provider: "fitbit" });
    expect(await statuses()).toEqual([200, 410, 410]);
    await world.faults({ fault: "gone", provider: "google-health" });
    expect((await statuses()).slice(0, 2)).toEqual([410, 200]);
    await world.faults({ fault: "account_not_linked" });
    expect((await statuses()).slice(0, 2)).toEqual([400, 200]);
  });

  test("can be aimed at one account", async () => {
    const { world, account, bearer } = await connected();
    const { access_token: other } = await connect(world, await world.account());
    await world.faults({ fault: "500", providerUserId: account });
    expect([(await world.get(bearer, identity)).status, (await world.get(other, identity)).status]).toEqual([
      500, 200,
    ]);
  });

  test.each([
    ["list_empty", {}],
    ["list_without_key", { nextPageToken: "" }],
  ])("%s makes the list %j", async (fault, answer) => {
    const { world, account, bearer } = await connected();
    await world.record(account);
    await world.sync(account);
    await world.faults({ fault });
    expect(await page(world, bearer, exercises)).toEqual(answer);
  });

  test.each([
    ["list_shifted", 29],
    ["list_repeated", 31],
  ])("%s makes 30 rows %i over two pages", async (fault, rows) => {
    const { world, account, bearer } = await connected();
    for (let count = 0; count < 30; count++) await world.record(account, { durationSeconds: 60 + count });
    await world.sync(account);
    await world.faults({ fault });
    const first = await page(world, bearer, exercises);
    const second = await page(world, bearer, `${exercises}?pageToken=${first.nextPageToken}`);
    expect((first.dataPoints?.length ?? 0) + (second.dataPoints?.length ?? 0)).toBe(rows);
  });
});

describe("the quota", () => {
  test("is 300 calls a minute for each user, and says when to come back only if the setting says so", async () => {
    const { world, bearer } = await connected();
    const { access_token: other } = await connect(world, await world.account());
    for (let call = 0; call < 300; call++) expect((await world.get(bearer, identity)).status).toBe(200);
    const refused = await world.get(bearer, identity);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, null]);
    expect((await refused.json()).error.message).toContain("project_number:1234567890");
    expect((await world.get(other, identity)).status).toBe(200);
    await world.settings({ retryAfter: true });
    expect((await world.get(bearer, identity)).headers.get("retry-after")).toBe("60");
    await world.advance(60);
    expect((await world.get(bearer, identity)).status).toBe(200);
  });

  test("is not spent by calls without a valid token", async () => {
    const { world, bearer } = await connected();
    await world.settings({ requestsPerMinute: 1 });
    await world.get("wrong", identity);
    expect((await world.get(bearer, identity)).status).toBe(200);
    expect((await world.get(bearer, identity)).status).toBe(429);
  });
});

test("every call is on record with its query, its status and the health user it was about", async () => {
  const { world, account, bearer, refreshToken } = await connected();
  await world.get(bearer, `${heartRates}?pageSize=7`);
  await world.token({ grant_type: "refresh_token", refresh_token: refreshToken });
  const { calls } = await world.control("GET", `/sim/calls?providerUserId=${account}`);
  expect(
    (calls as { method: string; path: string; status: number }[]).map(
      (one) => `${one.method} ${one.path} ${one.status}`,
    ),
  ).toEqual([
    "POST /o/oauth2/v2/auth 302",
    "POST /token 200",
    `GET ${heartRates}?pageSize=7 200`,
    "POST /token 200",
  ]);
});

describe("the control API", () => {
  test.each([
    [
      "a Fitbit account with a Fitbit account before it",
      "/sim/users",
      { legacyUserId: "ABC123" },
      "legacyUserId",
    ],
    ["a copy of nothing", "/sim/users/ID/activities", { copyOf: "" }, "copyOf"],
    [
      "a shift of half a millisecond",
      "/sim/users/ID/activities",
      { copyShiftMilliseconds: 0.5 },
      "copyShiftMilliseconds",
    ],
    ["a push of data that is none", "/sim/notifications", [{ data: 1 }], "0.data"],
    ["a push without a date", "/sim/notifications", [{ collectionType: "activities" }], "0.date"],
  ])("refuses %s", async (_what, path, body, where) => {
    const { world, account } = await connected();
    const response = await world.call("POST", path.replace("ID", account), body);
    expect(response.status).toBe(400);
    expect((await response.json()).where).toBe(where);
  });

  test("does not find a copy of an activity that is not there, nor an activity by the other provider's id", async () => {
    const world = createGoogleWorld();
    const fitbit = await world.fitbitAccount();
    const google = await world.account({ legacyUserId: fitbit });
    const atFitbit = await world.record(fitbit);
    expect((await world.call("POST", `/sim/users/${google}/activities`, { copyOf: "1" })).status).toBe(404);
    expect((await world.call("PATCH", `/sim/users/${google}/activities/${atFitbit}`, {})).status).toBe(404);
  });

  test("refuses to make a copy of what is recorded already", async () => {
    const { world, account } = await connected();
    const id = await world.record(account);
    const response = await world.call("PATCH", `/sim/users/${account}/activities/${id}`, { copyOf: id });
    expect(response.status).toBe(400);
  });

  test("refuses a setting that does not exist and leaves the rest as it is", async () => {
    const world = createGoogleWorld();
    expect((await world.call("PUT", "/sim/settings", { google: { colour: "red" } })).status).toBe(400);
    await world.settings({ testingMode: true });
    expect((await world.control("GET", "/sim/settings")).google).toMatchObject({
      testingMode: true,
      batchSize: 99,
    });
  });

  test("forgets accounts, tokens and faults at a reset, and keeps the preset subscriber", async () => {
    const { world, bearer } = await connected();
    await world.faults({ fault: "500" });
    await world.control("POST", "/sim/reset");
    expect((await world.get(bearer, identity)).status).toBe(401);
    expect((await world.control("GET", "/sim/users")).users).toEqual([]);
    const account = await world.account();
    await connect(world, account);
    await world.record(account);
    await world.sync(account);
    expect(world.pushes).toHaveLength(1);
  });

  test("describes a Google account with its activities under Google's ids", async () => {
    const world = createGoogleWorld();
    const fitbit = await world.fitbitAccount();
    const google = await world.account({ legacyUserId: fitbit });
    const id = await world.record(google);
    expect(await world.control("GET", `/sim/users/${google}`)).toMatchObject({
      provider: "google-health",
      legacyUserId: fitbit,
      activities: [{ activityId: id, synced: false }],
    });
  });
});

describe("without its options", () => {
  const off = createSimulator({ url, fitbit: { clientId, clientSecret, subscriberUrl } });
  test.each([identity, "/o/oauth2/v2/auth", keyset])("Google's path %s is 404", async (path) => {
    expect((await off.fetch(new Request(`${url}${path}`))).status).toBe(404);
  });

  test("no Google account can be made, and Google's own control routes are 404", async () => {
    const post = (path: string, body: object) =>
      off.fetch(new Request(`${url}${path}`, { method: "POST", body: JSON.stringify(body) }));
    expect((await post("/sim/users", { provider: "google-health" })).status).toBe(400);
    expect((await post("/sim/google/rotate-keys", {})).status).toBe(404);
    expect((await post("/sim/google/verify-subscriber", {})).status).toBe(404);
  });
});

test("as a Worker of its own, the environment switches the Google side on", async () => {
  const environment = {
    SIMULATOR_PUBLIC_URL: url,
    FITBIT_CLIENT_ID: clientId,
    FITBIT_CLIENT_SECRET: clientSecret,
    FITBIT_SUBSCRIBER_URL: subscriberUrl,
    GOOGLE_CLIENT_ID: googleClient.clientId,
    GOOGLE_CLIENT_SECRET: googleClient.clientSecret,
  };
  const response = await simulatorWorker.fetch(new Request(`${url}${authorizeAddress()}`), environment);
  expect(response.status).toBe(200);
});

// The control API: what it refuses and where, the clock, and that everything follows from the seed.

import { describe, expect, test } from "vitest";
import { createSimulator } from "../../simulator/simulator.ts";
import simulatorWorker from "../../simulator/worker.ts";
import { clientId, clientSecret, createWorld, listPath, subscriberUrl, url } from "./harness.ts";

describe("wrong input is answered with what is wrong and where", () => {
  const cases: [what: string, method: string, path: string, body: unknown, where: string][] = [
    ["an unknown provider", "POST", "/sim/users", { provider: "other" }, "provider"],
    ["an unknown zone", "POST", "/sim/users", { timezone: "Mars/Olympus" }, "timezone"],
    ["a field that does not exist", "POST", "/sim/users", { name: "x" }, "body"],
    [
      "a start without offset",
      "POST",
      "/sim/users/ID/activities",
      { startTime: "2026-06-01T10:00:00" },
      "startTime",
    ],
    [
      "a start in the future",
      "POST",
      "/sim/users/ID/activities",
      { startTime: "2026-06-10T10:21:00Z" },
      "startTime",
    ],
    ["no duration", "POST", "/sim/users/ID/activities", { durationSeconds: 0 }, "durationSeconds"],
    [
      "a pause longer than all",
      "POST",
      "/sim/users/ID/activities",
      { durationSeconds: 9, pauseSeconds: 9 },
      "pauseSeconds",
    ],
    ["half a lap", "POST", "/sim/users/ID/activities", { laps: 1.5 }, "laps"],
    ["a fault that does not exist", "PUT", "/sim/faults", [{ fault: "418" }], "0.fault"],
    ["a fault that is no list", "PUT", "/sim/faults", { fault: "500" }, "body"],
    ["a clock running backwards", "POST", "/sim/clock", { advanceSeconds: -1 }, "advanceSeconds"],
    ["no clock at all", "POST", "/sim/clock", {}, "advanceSeconds"],
    ["a date that is none", "POST", "/sim/users/ID/sync", { dates: ["tomorrow"] }, "dates.0"],
    ["a setting that does not exist", "PUT", "/sim/settings", { colour: "red" }, "body"],
  ];
  test.each(cases)("%s", async (_what, method, path, body, where) => {
    const world = createWorld();
    const account = await world.account();
    const response = await world.call(method, path.replace("ID", account), body);
    expect(response.status).toBe(400);
    const answer = (await response.json()) as { error: string; where: string };
    expect(answer.where).toBe(where);
    expect(answer.error).toContain(where === "body" ? "" : where);
  });

  test("a body that is not JSON", async () => {
    const world = createWorld();
    const response = await world.simulator.fetch(
      new Request(`${url}/sim/users`, { method: "POST", body: "{" }),
    );
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: "The body is not JSON.", where: "body" },
    ]);
  });

  test("what does not exist is 404", async () => {
    const world = createWorld();
    const account = await world.account();
    for (const [method, path] of [
      ["POST", "/sim/users/NOBODY/sync"],
      ["PATCH", `/sim/users/${account}/activities/1`],
      ["DELETE", `/sim/users/${account}/activities/1`],
      ["GET", "/sim/users/NOBODY"],
      ["GET", "/sim/weather"],
    ] as const) {
      expect((await world.call(method, path, method === "PATCH" ? {} : undefined)).status).toBe(404);
    }
  });
});

describe("the clock", () => {
  test("says the time and how far it is ahead, and moves", async () => {
    const world = createWorld();
    expect(await world.control("GET", "/sim/clock")).toEqual({
      now: "2026-06-10T10:20:00.000Z",
      offsetSeconds: 0,
    });
    expect(await world.control("POST", "/sim/clock", { advanceSeconds: 86_400 })).toEqual({
      now: "2026-06-11T10:20:00.000Z",
      offsetSeconds: 86_400,
    });
    expect(world.simulator.now()).toBe(Date.parse("2026-06-11T10:20:00Z"));
  });

  test("reading it sends nothing, moving it by nothing sends what is due", async () => {
    let real = Date.parse("2026-06-10T10:20:00Z");
    const pushed: string[] = [];
    const simulator = createSimulator({
      url,
      realNow: () => real,
      deliver: async (request) => {
        pushed.push(request.url);
        return new Response(null, { status: 500 });
      },
      fitbit: { clientId, clientSecret, subscriberUrl },
    });
    const call = (method: string, path: string, body?: unknown) =>
      simulator.fetch(new Request(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) }));
    await call("POST", "/sim/notifications", [
      { collectionType: "activities", date: "2026-06-10", ownerId: "X", subscriptionId: "1" },
    ]);
    real += 61_000;
    await call("GET", "/sim/clock");
    expect(pushed).toHaveLength(1);
    await call("POST", "/sim/clock", { advanceSeconds: 0 });
    expect(pushed).toHaveLength(2);
  });
});

describe("determinism", () => {
  const story = async (seed: number) => {
    const world = createWorld({}, seed);
    const account = await world.account();
    const tokens = await world.connect(account);
    const activityId = await world.record(account, { gps: true, durationSeconds: 300 });
    await world.sync(account);
    const list = await (await world.get(tokens.access_token, listPath())).text();
    const tcx = await (await world.get(tokens.access_token, `/1/user/-/activities/${activityId}.tcx`)).text();
    return JSON.stringify([account, tokens, activityId, list, tcx]);
  };

  test("the same seed tells the same story to the last byte", async () => {
    expect(await story(3)).toBe(await story(3));
  });

  test("another seed tells another", async () => {
    const [one, other] = [JSON.parse(await story(3)), JSON.parse(await story(4))];
    for (const index of [0, 2, 4]) expect(one[index]).not.toBe(other[index]);
    expect(one[1].refresh_token).not.toBe(other[1].refresh_token);
  });

  test("a reset forgets everything", async () => {
    const world = createWorld();
    const account = await world.account();
    await world.faults({ fault: "500" });
    await world.advance(60);
    expect((await world.call("POST", "/sim/reset")).status).toBe(204);
    expect(await world.control("GET", "/sim/users")).toEqual({ users: [] });
    expect(await world.control("GET", "/sim/faults")).toEqual({ faults: [] });
    expect(await world.control("GET", "/sim/clock")).toMatchObject({ offsetSeconds: 0 });
    expect(await world.account()).toBe(account);
  });
});

test("an account says what it has, and what only the watch has yet", async () => {
  const world = createWorld();
  const account = await world.account({ displayName: "Ada", timezone: "UTC" });
  const activityId = await world.record(account, {
    name: "Swim",
    startTime: "2026-06-01T10:00:00Z",
    durationSeconds: 60,
  });
  expect(await world.control("GET", `/sim/users/${account}`)).toMatchObject({
    displayName: "Ada",
    activities: [{ activityId, name: "Swim", startTime: "2026-06-01T10:00:00.000Z", synced: false }],
  });
  expect((await world.sync(account)).activityIds).toEqual([activityId]);
  expect(await world.control("GET", `/sim/users/${account}`)).toMatchObject({
    activities: [{ synced: true }],
  });
});

test("the page at / names the accounts and escapes what people called themselves", async () => {
  const world = createWorld();
  await world.account({ displayName: "<b>Ada</b>" });
  const html = await (await world.call("GET", "/")).text();
  expect(html).toContain("&lt;b&gt;Ada");
  expect(html).not.toContain("<b>Ada");
});

test("it runs as a Worker of its own, with its settings from the environment", async () => {
  const environment = {
    SIMULATOR_PUBLIC_URL: "https://simulator.test/",
    FITBIT_CLIENT_ID: clientId,
    FITBIT_CLIENT_SECRET: clientSecret,
    FITBIT_SUBSCRIBER_URL: subscriberUrl,
    FITBIT_REDIRECT_URIS: "https://app.test/one,https://app.test/two",
  };
  const call = (path: string) =>
    simulatorWorker.fetch(new Request(`https://simulator.test${path}`), environment);
  const consent = `/oauth2/authorize?response_type=code&client_id=${clientId}&scope=activity&redirect_uri=`;
  expect((await call(`${consent}https://app.test/two`)).status).toBe(200);
  expect((await call(`${consent}https://app.test/three`)).status).toBe(400);
});

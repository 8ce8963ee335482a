// Pushes: what they say, how they are signed, and everything that can happen to one on its way.

import { describe, expect, test } from "vitest";
import { sign } from "../../simulator/fitbit/deliveries.ts";
import { clientSecret, createWorld, subscriberUrl, type World } from "./harness.ts";

interface Notification {
  collectionType: string;
  date: string;
  ownerId: string;
  subscriptionId: string;
}

const sent = (world: World) => world.pushes.map((push) => JSON.parse(push.body) as Notification[]);

async function subscribed(world: World, fields: Record<string, unknown> = {}): Promise<string> {
  const account = await world.account(fields);
  const tokens = await world.connect(account);
  for (const collection of ["activities", "userRevokedAccess"]) {
    const path = `/1/user/-/${collection}/apiSubscriptions/${account}-${collection}.json`;
    await world.call("POST", path, undefined, { authorization: `Bearer ${tokens.access_token}` });
  }
  return account;
}

describe("a push", () => {
  test("is signed over its exact bytes with the secret and an ampersand", async () => {
    const world = createWorld();
    await world.sync(await subscribed(world));
    const push = world.pushes[0];
    expect(push?.signature).toBe(await sign(push?.body ?? "", clientSecret));
  });

  test("has the signature that other implementations compute", async () => {
    const body =
      '[{"collectionType":"foods","date":"2010-03-01","ownerId":"228S74","ownerType":"user","subscriptionId":"1234"},{"collectionType":"foods","date":"2010-03-02","ownerId":"228S74","ownerType":"user","subscriptionId":"1234"},{"collectionType":"activities","date":"2010-03-01","ownerId":"184X36","ownerType":"user","subscriptionId":"2345"}]';
    expect(await sign(body, "123ab4567c890d123e4567f8abcdef9a")).toBe("zK4bUdOLyEgdpgGvs5/avGL/I8E=");
  });

  test("names each local date since the last sync, and those of what the sync brought", async () => {
    const world = createWorld();
    const account = await subscribed(world, { timezone: "Pacific/Auckland" });
    await world.sync(account);
    await world.advance(2 * 86_400);
    await world.record(account, { startTime: "2026-05-01T23:50:00+12:00", durationSeconds: 1200 });
    await world.sync(account);
    expect(sent(world)[0]?.map((one) => one.date)).toEqual(["2026-06-10"]);
    expect(sent(world)[1]?.map((one) => one.date)).toEqual([
      "2026-05-01",
      "2026-05-02",
      "2026-06-10",
      "2026-06-11",
      "2026-06-12",
    ]);
  });

  test("can hold several users and dates", async () => {
    const world = createWorld();
    const users = [await subscribed(world), await subscribed(world)];
    await world.control("POST", "/sim/sync", { providerUserIds: users, dates: ["2026-06-01", "2026-06-02"] });
    expect(sent(world)).toHaveLength(1);
    expect(sent(world)[0]?.map((one) => `${one.ownerId} ${one.date}`)).toEqual(
      users.flatMap((user) => [`${user} 2026-06-01`, `${user} 2026-06-02`]),
    );
  });

  test("can be about a collection that nobody subscribed to", async () => {
    const world = createWorld();
    await world.sync(await subscribed(world), { collections: ["activities", "moonPhase"] });
    expect(sent(world)[0]?.map((one) => one.collectionType)).toEqual(["activities", "moonPhase"]);
  });

  test("is cut into batches of the size set", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { batchSize: 2 });
    await world.sync(await subscribed(world), { dates: ["2026-06-01", "2026-06-02", "2026-06-03"] });
    expect(sent(world).map((one) => one.length)).toEqual([2, 1]);
  });

  test("does not go out to somebody who did not subscribe", async () => {
    const world = createWorld();
    const account = await world.account();
    await world.connect(account);
    await world.sync(account);
    expect(world.pushes).toEqual([]);
  });
});

describe("an edit in the cloud", () => {
  test("is told at once, with the old date and the new", async () => {
    const world = createWorld();
    const account = await subscribed(world, { timezone: "UTC" });
    const activityId = await world.record(account, { startTime: "2026-06-01T10:00:00Z" });
    await world.sync(account);
    await world.control("PATCH", `/sim/users/${account}/activities/${activityId}`, {
      startTime: "2026-06-03T10:00:00Z",
    });
    expect(sent(world)[1]?.map((one) => one.date)).toEqual(["2026-06-01", "2026-06-03"]);
    await world.call("DELETE", `/sim/users/${account}/activities/${activityId}`);
    expect(sent(world)[2]?.map((one) => one.date)).toEqual(["2026-06-03"]);
  });

  test("of something that only the watch has is told by the sync", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    const activityId = await world.record(account);
    await world.control("PATCH", `/sim/users/${account}/activities/${activityId}`, { name: "Walk" });
    expect(world.pushes).toEqual([]);
  });
});

describe("the end of an account", () => {
  test("a revocation is told once", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.control("POST", `/sim/users/${account}/revoke`);
    expect(sent(world)).toEqual([
      [
        {
          collectionType: "userRevokedAccess",
          date: "2026-06-10",
          ownerId: account,
          ownerType: "user",
          subscriptionId: `${account}-userRevokedAccess`,
        },
      ],
    ]);
    await world.control("POST", `/sim/users/${account}/revoke`);
    await world.sync(account);
    expect(world.pushes).toHaveLength(1);
  });

  test("a revocation is told once even to an application with two subscribers", async () => {
    const world = createWorld();
    const account = await world.account();
    const { access_token: bearer } = await world.connect(account);
    for (const subscriber of ["1", "2"]) {
      const path = `/1/user/-/userRevokedAccess/apiSubscriptions/revoked-${subscriber}.json`;
      const created = await world.call("POST", path, undefined, {
        authorization: `Bearer ${bearer}`,
        "x-fitbit-subscriber-id": subscriber,
      });
      expect(created.status).toBe(201);
    }
    await world.control("POST", `/sim/users/${account}/revoke`);
    expect(sent(world)).toHaveLength(1);
    expect(sent(world)[0]).toHaveLength(1);
  });

  test("a deletion is told once per subscription, under ids that are not the subscriber's", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.control("POST", `/sim/users/${account}/delete-account`);
    const told = sent(world)[0] ?? [];
    expect(told.map((one) => one.collectionType)).toEqual(["deleteUser", "deleteUser"]);
    for (const one of told) {
      expect(one.ownerId).toBe(account);
      expect(one.subscriptionId).toMatch(/^3\d{8}$/);
    }
    expect((await world.call("POST", `/sim/users/${account}/sync`)).status).toBe(404);
  });
});

describe("a subscriber that does not answer 204", () => {
  test("gets the push again when the clock has moved far enough, a bounded number of times", async () => {
    const world = createWorld();
    world.subscriber.answer = () => new Response(null, { status: 500 });
    await world.sync(await subscribed(world));
    expect(world.pushes).toHaveLength(1);
    await world.advance(59);
    expect(world.pushes).toHaveLength(1);
    await world.advance(1);
    expect(world.pushes).toHaveLength(2);
    for (let hour = 0; hour < 10; hour++) await world.advance(7200);
    expect(world.pushes).toHaveLength(5);
    expect(new Set(world.pushes.map((push) => push.body)).size).toBe(1);
    const { deliveries } = await world.control("GET", "/sim/deliveries");
    expect(
      (deliveries as { status: number; attempt: number }[]).map((one) => [one.attempt, one.status]),
    ).toEqual([
      [1, 500],
      [2, 500],
      [3, 500],
      [4, 500],
      [5, 500],
    ]);
  });

  test("is left alone once it has answered 204", async () => {
    const world = createWorld();
    let calls = 0;
    world.subscriber.answer = () => new Response(null, { status: ++calls === 1 ? 503 : 204 });
    await world.sync(await subscribed(world));
    await world.advance(86_400);
    await world.advance(86_400);
    expect(calls).toBe(2);
  });

  test("has five seconds, or what the setting says; then the push counts as failed", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { deliveryTimeoutSeconds: 0.05 });
    world.subscriber.answer = () => new Promise(() => {});
    await world.sync(await subscribed(world));
    const { deliveries, queued } = await world.control("GET", "/sim/deliveries");
    expect(deliveries).toMatchObject([{ status: null, error: "timeout" }]);
    expect(queued).toHaveLength(1);
    expect((await world.control("GET", "/sim/settings")).retryAfterSeconds).toEqual([60, 300, 1800, 7200]);
  });

  test("that cannot be reached at all is tried again too", async () => {
    const world = createWorld();
    world.subscriber.answer = () => Promise.reject(new TypeError("unreachable"));
    await world.sync(await subscribed(world));
    const { deliveries, queued } = await world.control("GET", "/sim/deliveries");
    expect(deliveries).toMatchObject([{ status: null, error: "unreachable" }]);
    expect(queued).toMatchObject([{ attempt: 2 }]);
  });

  test("is switched off after the number of failures set, and on again by passing the verification", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { disableAfterFailures: 2, retryAfterSeconds: [] });
    const account = await subscribed(world);
    world.subscriber.answer = () => new Response(null, { status: 500 });
    for (let sync = 0; sync < 3; sync++) await world.sync(account);
    expect(world.pushes).toHaveLength(2);
    world.subscriber.answer = (request) =>
      new Response(null, { status: new URL(request.url).searchParams.get("verify") === "right" ? 204 : 404 });
    expect(await world.control("POST", "/sim/verify-subscriber")).toMatchObject({ verified: false });
    const code = String(new URL(world.pushes[2]?.url ?? "").searchParams.get("verify"));
    world.subscriber.answer = (request) =>
      new Response(null, { status: new URL(request.url).searchParams.get("verify") === code ? 204 : 404 });
    expect(await world.control("POST", "/sim/verify-subscriber")).toMatchObject({ verified: true });
    const before = world.pushes.length;
    await world.sync(account);
    expect(world.pushes).toHaveLength(before + 1);
  });
});

test("only failures in a row switch a subscriber off", async () => {
  const world = createWorld();
  await world.control("PUT", "/sim/settings", { disableAfterFailures: 2, retryAfterSeconds: [] });
  const account = await subscribed(world);
  for (const status of [500, 204, 500, 204, 500]) {
    world.subscriber.answer = () => new Response(null, { status });
    await world.sync(account);
  }
  expect(await world.control("GET", "/sim/deliveries")).toMatchObject({
    subscriber: { enabled: true, failuresInARow: 1 },
  });
});

describe("verifying the subscriber", () => {
  test("asks once with the code and once with another, and wants 204 and 404", async () => {
    const world = createWorld({ verificationCode: "the-code" });
    world.subscriber.answer = (request) =>
      new Response(null, { status: request.url.endsWith("verify=the-code") ? 204 : 404 });
    expect(await world.control("POST", "/sim/verify-subscriber")).toEqual({
      verified: true,
      correctCode: { status: 204, expected: 204 },
      incorrectCode: { status: 404, expected: 404 },
    });
    expect(world.pushes.map((push) => [push.method, push.url])).toEqual([
      ["GET", `${subscriberUrl}?verify=the-code`],
      ["GET", expect.not.stringMatching(/verify=the-code$/)],
    ]);
  });

  test("fails a subscriber that says 204 to everything", async () => {
    const world = createWorld();
    expect(await world.control("POST", "/sim/verify-subscriber")).toMatchObject({ verified: false });
  });

  test("can be made a condition of being pushed", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { requireVerification: true });
    await world.sync(await subscribed(world));
    expect(world.pushes).toEqual([]);
  });
});

describe("what can happen to a push", () => {
  const one = { dates: ["2026-06-01"] };
  const two = { dates: ["2026-06-02"] };
  const dates = (world: World) => sent(world).map((push) => push.map((element) => element.date).join());

  test("it comes twice", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "duplicate", count: 1 });
    await world.sync(account, one);
    await world.sync(account, two);
    expect(dates(world)).toEqual(["2026-06-01", "2026-06-01", "2026-06-02"]);
  });

  test("it is lost", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "lose", count: 1 });
    await world.sync(account, one);
    await world.sync(account, two);
    await world.advance(86_400);
    expect(dates(world)).toEqual(["2026-06-02"]);
    const { deliveries } = await world.control("GET", "/sim/deliveries");
    expect(deliveries).toMatchObject([{ status: null, error: "lost" }, { status: 204 }]);
  });

  test("it is late", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "delay", delaySeconds: 600, count: 1 });
    await world.sync(account, one);
    await world.sync(account, two);
    await world.advance(600);
    expect(dates(world)).toEqual(["2026-06-02", "2026-06-01"]);
  });

  test("a delay without a count holds every push up once", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "delay", delaySeconds: 600 });
    await world.sync(account, one);
    await world.sync(account, two);
    expect(world.pushes).toEqual([]);
    await world.advance(600);
    expect(dates(world)).toEqual(["2026-06-01", "2026-06-02"]);
  });

  test("it is overtaken by the next one", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "reorder", count: 1 });
    await world.sync(account, one);
    await world.sync(account, two);
    expect(dates(world)).toEqual(["2026-06-02"]);
    await world.advance(60);
    expect(dates(world)).toEqual(["2026-06-02", "2026-06-01"]);
  });

  test("it is forged", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    await world.faults({ fault: "bad_signature", count: 1 });
    await world.sync(account);
    const push = world.pushes[0];
    expect(push?.signature).not.toBe(await sign(push?.body ?? "", clientSecret));
  });

  test("it is replayed: a push that nothing caused can be sent", async () => {
    const world = createWorld();
    const account = await subscribed(world);
    const replay = {
      collectionType: "userRevokedAccess",
      date: "2026-01-01",
      ownerId: account,
      ownerType: "user",
      subscriptionId: "old",
    };
    await world.control("POST", "/sim/notifications", [replay]);
    expect(sent(world)).toEqual([[replay]]);
  });

  test("only the named user's pushes are hit", async () => {
    const world = createWorld();
    const [hit, spared] = [await subscribed(world), await subscribed(world)];
    await world.faults({ fault: "lose", providerUserId: hit });
    await world.sync(hit);
    await world.sync(spared);
    expect(
      sent(world)
        .flat()
        .map((element) => element.ownerId),
    ).toEqual([spared]);
  });
});

// Subscriptions: who may make which, what a second one meets, and when they end.

import { describe, expect, test } from "vitest";
import { allScopes, createWorld, errorOf, token, type World } from "./harness.ts";

const subscribe = (world: World, bearer: string, path: string, headers: Record<string, string> = {}) =>
  world.call("POST", `/1/user/-/${path}.json`, undefined, {
    authorization: `Bearer ${bearer}`,
    "content-length": "0",
    ...headers,
  });
const listed = async (world: World, bearer: string, path = "apiSubscriptions") => {
  const body = (await (await world.get(bearer, `/1/user/-/${path}.json`)).json()) as {
    apiSubscriptions: { subscriptionId: string }[];
  };
  return body.apiSubscriptions.map((one) => one.subscriptionId);
};

describe("creating", () => {
  test("answers 201 the first time and 200 for the same again", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    const first = await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({
      collectionType: "activities",
      ownerId: tokens.user_id,
      ownerType: "user",
      subscriberId: "1",
      subscriptionId: "a-1",
    });
    expect((await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1")).status).toBe(200);
    expect(await listed(world, tokens.access_token)).toEqual(["a-1"]);
  });

  test("answers 409 for the same stream under another id", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
    const conflict = await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-2");
    expect(conflict.status).toBe(409);
    expect(await conflict.json()).toMatchObject({ subscriptionId: "a-1" });
  });

  test("answers 409 for an id that another stream or another user has", async () => {
    const world = createWorld();
    const one = await world.connect(await world.account());
    const other = await world.connect(await world.account());
    await subscribe(world, one.access_token, "activities/apiSubscriptions/a-1");
    expect((await subscribe(world, one.access_token, "userRevokedAccess/apiSubscriptions/a-1")).status).toBe(
      409,
    );
    expect((await subscribe(world, other.access_token, "activities/apiSubscriptions/a-1")).status).toBe(409);
    expect((await subscribe(world, other.access_token, "activities/apiSubscriptions/a-2")).status).toBe(201);
  });

  test("a 409 can be forced, and its body can be an error instead of a subscription", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    await world.control("PUT", "/sim/settings", { subscriptionConflictBody: "error" });
    await world.faults({ fault: "subscribe_409", count: 1 });
    const forced = await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
    expect(await errorOf(forced)).toContain("409 request");
    expect((await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1")).status).toBe(201);
    const real = await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-2");
    expect(await errorOf(real)).toContain("409 request");
  });

  test("takes an id of 50 characters and refuses one of 51", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    const at = (length: number) => `activities/apiSubscriptions/${"i".repeat(length)}`;
    expect(await errorOf(await subscribe(world, tokens.access_token, at(51)))).toContain("400 validation");
    expect((await subscribe(world, tokens.access_token, at(50))).status).toBe(201);
  });

  test("goes to the subscriber that the header names", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account());
    const answer = await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1", {
      "x-fitbit-subscriber-id": "team-2",
    });
    expect(await answer.json()).toMatchObject({ subscriberId: "team-2" });
  });

  test("wants a Content-Length where the option says so", async () => {
    const world = createWorld({ requireContentLength: true });
    const tokens = await world.connect(await world.account());
    const bare = await world.call("POST", "/1/user/-/activities/apiSubscriptions/a-1.json", undefined, {
      authorization: `Bearer ${tokens.access_token}`,
    });
    expect(bare.status).toBe(411);
    expect((await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1")).status).toBe(201);
  });

  test("needs the scope of the collection; a revocation needs none", async () => {
    const world = createWorld();
    const tokens = await world.connect(await world.account(), ["profile"]);
    expect(
      await errorOf(await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1")),
    ).toContain("403 insufficient_scope This application does not have permission to access activity data.");
    expect((await subscribe(world, tokens.access_token, "apiSubscriptions/all")).status).toBe(403);
    expect(
      (await subscribe(world, tokens.access_token, "userRevokedAccess/apiSubscriptions/r-1")).status,
    ).toBe(201);
    expect((await subscribe(world, tokens.access_token, "dreams/apiSubscriptions/d-1")).status).toBe(404);
  });
});

test("the list is of one collection or of all", async () => {
  const world = createWorld();
  const tokens = await world.connect(await world.account());
  await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
  await subscribe(world, tokens.access_token, "userRevokedAccess/apiSubscriptions/r-1");
  expect(await listed(world, tokens.access_token)).toEqual(["a-1", "r-1"]);
  expect(await listed(world, tokens.access_token, "activities/apiSubscriptions")).toEqual(["a-1"]);
});

test("deleting answers 204 once and 404 after that", async () => {
  const world = createWorld();
  const tokens = await world.connect(await world.account());
  await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
  const remove = () =>
    world.call("DELETE", "/1/user/-/activities/apiSubscriptions/a-1.json", undefined, {
      authorization: `Bearer ${tokens.access_token}`,
    });
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(404);
  expect(await listed(world, tokens.access_token)).toEqual([]);
});

test("subscriptions to everything and to one collection are told twice", async () => {
  const world = createWorld();
  const account = await world.account();
  const tokens = await world.connect(account, [...allScopes, "nutrition", "sleep", "weight"]);
  await subscribe(world, tokens.access_token, "apiSubscriptions/all");
  await subscribe(world, tokens.access_token, "activities/apiSubscriptions/act");
  await world.sync(account);
  const sent = JSON.parse(world.pushes[0]?.body ?? "[]") as {
    subscriptionId: string;
    collectionType: string;
  }[];
  expect(sent.map((one) => one.subscriptionId).sort()).toEqual(["act", "all"]);
  expect(new Set(sent.map((one) => one.collectionType))).toEqual(new Set(["activities"]));
});

test.each(["by the application", "by the user"])("revoking %s deletes the subscriptions", async (by) => {
  const world = createWorld();
  const account = await world.account();
  const tokens = await world.connect(account);
  await subscribe(world, tokens.access_token, "activities/apiSubscriptions/a-1");
  if (by === "by the user") await world.control("POST", `/sim/users/${account}/revoke`);
  else await token(world, { token: tokens.refresh_token }, { path: "/oauth2/revoke" });
  const again = await world.connect(account);
  expect(await listed(world, again.access_token)).toEqual([]);
});

// The whole way of a client through the simulator in one go; each part has its own file with the details.

import { expect, test } from "vitest";
import { createWorld, listPath, subscriberUrl } from "./harness.ts";

test("a client connects, is pushed when the watch syncs, and reads activity, route and heart rate", async () => {
  const world = createWorld();
  const account = await world.account({ timezone: "America/Los_Angeles", age: 40 });
  const tokens = await world.connect(account);
  expect(tokens).toMatchObject({ user_id: account, token_type: "Bearer", expires_in: 28_800 });

  const created = await world.call("POST", "/1/user/-/activities/apiSubscriptions/one-act.json", undefined, {
    authorization: `Bearer ${tokens.access_token}`,
    "content-length": "0",
  });
  expect(created.status).toBe(201);

  const activityId = await world.record(account, { name: "Run", durationSeconds: 1200, gps: true, laps: 2 });
  expect(activityId).toMatch(/^\d{19}$/);
  expect(await (await world.get(tokens.access_token, listPath())).json()).toMatchObject({ activities: [] });

  await world.sync(account);
  expect(world.pushes).toHaveLength(1);
  expect(world.pushes[0]?.url).toBe(subscriberUrl);
  expect(JSON.parse(world.pushes[0]?.body ?? "")).toEqual([
    {
      collectionType: "activities",
      date: "2026-06-10",
      ownerId: account,
      ownerType: "user",
      subscriptionId: "one-act",
    },
  ]);

  const list = await (await world.get(tokens.access_token, listPath())).text();
  expect(list).toContain(`"logId":${activityId},`);
  const entry = JSON.parse(list).activities[0];
  expect(entry).toMatchObject({ activityName: "Run", duration: 1_200_000, logType: "tracker" });

  const tcx = await (await world.get(tokens.access_token, new URL(entry.tcxLink).pathname)).text();
  expect(tcx.match(/<Lap /g)).toHaveLength(2);
  expect(tcx.match(/<Trackpoint>/g)).toHaveLength(1201);

  const heart = await (await world.get(tokens.access_token, new URL(entry.heartRateLink).pathname)).json();
  expect(heart["activities-heart-intraday"].dataset.length).toBeGreaterThan(400);

  const { calls } = await world.control("GET", `/sim/calls?providerUserId=${account}`);
  expect((calls as { path: string }[]).map((call) => call.path)).toContain(new URL(entry.tcxLink).pathname);
});

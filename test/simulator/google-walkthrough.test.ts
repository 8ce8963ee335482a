// The whole way of a client through the Google side in one go; each part has its own file with the details.

import { expect, test } from "vitest";
import {
  connect,
  createGoogleWorld,
  type DataPoint,
  everyRow,
  exercises,
  filtered,
  googleSubscriberUrl,
  heartRates,
  page,
  type Sample,
  told,
  webhookSecret,
} from "./google-harness.ts";

test("a client connects, is pushed when the watch syncs, and reads exercise, route and heart rate", async () => {
  const world = createGoogleWorld();
  const account = await world.account({ timezone: "America/Los_Angeles", age: 40 });
  expect(account).toMatch(/^\d{19}$/);
  const tokens = await connect(world, account);
  expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 3599 });
  const bearer = tokens.access_token;

  const identity = await (await world.get(bearer, "/v4/users/me/identity")).json();
  expect(identity).toEqual({ name: "users/me/identity", healthUserId: account });

  const id = await world.record(account, { name: "Run", durationSeconds: 1200, gps: true, laps: 2 });
  expect(id).toMatch(/^\d{19}$/);
  expect(await page(world, bearer, exercises)).toEqual({});

  await world.sync(account);
  expect(world.pushes).toHaveLength(1);
  expect(world.pushes[0]?.url).toBe(googleSubscriberUrl);
  expect(world.pushes[0]?.headers.get("authorization")).toBe(webhookSecret);
  expect(told(world)[0]).toMatchObject([
    {
      version: "1",
      healthUserId: account,
      operation: "UPSERT",
      dataType: "exercise",
      intervals: [
        {
          physicalTimeInterval: { startTime: "2026-06-10T10:00:00Z", endTime: "2026-06-10T10:20:00Z" },
          civilIso8601TimeInterval: { startTime: "2026-06-10T03:00:00", endTime: "2026-06-10T03:20:00" },
        },
      ],
    },
  ]);

  const filter =
    'exercise.interval.civil_start_time >= "2026-06-09" AND exercise.interval.civil_start_time < "2026-06-11"';
  const { dataPoints } = await page<DataPoint>(world, bearer, filtered(exercises, filter));
  expect(dataPoints?.[0]).toMatchObject({
    name: `users/${account}/dataTypes/exercise/dataPoints/${id}`,
    exercise: { exerciseType: "RUNNING", displayName: "Run", activeDuration: "1200s" },
  });

  const tcx = await (await world.get(bearer, `${exercises}/${id}:exportExerciseTcx?alt=media`)).text();
  expect(tcx.match(/<Lap /g)).toHaveLength(2);
  expect(tcx.match(/<Trackpoint>/g)).toHaveLength(1201);

  const during =
    'heart_rate.sample_time.physical_time >= "2026-06-10T10:00:00Z" AND heart_rate.sample_time.physical_time < "2026-06-10T10:20:01Z"';
  const samples = await everyRow<Sample>(world, bearer, filtered(heartRates, during));
  expect(samples.length).toBeGreaterThan(240);

  const { calls } = await world.control("GET", `/sim/calls?providerUserId=${account}`);
  expect((calls as { path: string }[]).map((call) => call.path)).toContain("/v4/users/me/identity");
});

// The activity list: paging, filters, units, and which fields are there for which kind of activity.

import { describe, expect, test } from "vitest";
import { createWorld, errorOf, listPath, type World } from "./harness.ts";

type Entry = Record<string, unknown>;

async function connected(world: World, fields: Record<string, unknown> = {}, scopes?: readonly string[]) {
  const account = await world.account(fields);
  const { access_token: bearer } = await world.connect(account, scopes);
  const list = async (path = listPath(), headers: Record<string, string> = {}) => {
    const response = await world.get(bearer, path, headers);
    return (await response.json()) as { activities: Entry[]; pagination: Record<string, unknown> };
  };
  const entryOf = async (recipe: Record<string, unknown>, headers: Record<string, string> = {}) => {
    const activityId = await world.record(account, recipe);
    await world.sync(account);
    const response = await world.get(bearer, `/1/user/-/activities/${activityId}.json`, headers);
    return ((await response.json()) as { activityLog: Entry }).activityLog;
  };
  return { account, bearer, list, entryOf };
}

/** Records activities an hour apart and syncs them. */
async function fill(world: World, account: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const startTime = new Date(Date.parse("2026-06-01T06:00:00Z") + index * 3_600_000).toISOString();
    ids.push(await world.record(account, { name: "Walk", startTime, durationSeconds: 600 }));
  }
  await world.sync(account);
  return ids;
}

const logIds = (text: string) => [...text.matchAll(/"logId":(\d+)/g)].map((match) => match[1]);

describe("log ids", () => {
  test("have 19 digits, are bare integers, and neighbours are the same number to a double", async () => {
    const world = createWorld();
    const { account, bearer } = await connected(world);
    const ids = await fill(world, account, 20);
    const text = await (await world.get(bearer, listPath())).text();
    expect(logIds(text)).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^\d{19}$/);
    expect(new Set(ids).size).toBe(20);
    expect(new Set(ids.map(Number)).size).toBeLessThan(3);
  });
});

describe("paging", () => {
  test("follows pagination.next to every row once, and ends with an empty string", async () => {
    const world = createWorld();
    const { account, bearer } = await connected(world);
    const ids = await fill(world, account, 7);
    const seen: (string | undefined)[] = [];
    let next = listPath("2026-06-01", 3);
    let pages = 0;
    while (next !== "") {
      const text = await (await world.get(bearer, next)).text();
      seen.push(...logIds(text));
      next = JSON.parse(text).pagination.next;
      pages += 1;
    }
    expect([pages, seen]).toEqual([3, ids]);
  });

  test("writes the next address as Fitbit does", async () => {
    const world = createWorld();
    const { account, list } = await connected(world);
    await fill(world, account, 3);
    const path = "/1/user/-/activities/list.json?offset=0&limit=2&sort=asc&afterDate=2026-06-01T00:00:00";
    expect((await list(path)).pagination).toEqual({
      afterDate: "2026-06-01T00:00:00",
      limit: 2,
      next: "http://fitbit.test/1/user/-/activities/list.json?offset=2&limit=2&sort=asc&afterDate=2026-06-01T00%3A00%3A00",
      offset: 0,
      previous: "",
      sort: "asc",
    });
  });

  test("rows shift when an earlier one is deleted between two pages", async () => {
    const world = createWorld();
    const { account, bearer, list } = await connected(world);
    const ids = await fill(world, account, 4);
    const first = await list(listPath("2026-06-01", 2));
    await world.call("DELETE", `/sim/users/${account}/activities/${ids[0]}`);
    const second = await (await world.get(bearer, String(first.pagination.next))).text();
    expect(logIds(second)).toEqual([ids[3]]);
  });

  test.each([
    ["list_shifted", [3]],
    ["list_repeated", [1, 2]],
  ] as const)("%s does the same to the second page without a deletion", async (fault, rows) => {
    const world = createWorld();
    const { account, bearer, list } = await connected(world);
    const ids = await fill(world, account, 4);
    await world.faults({ fault, count: 1 });
    const first = await list(listPath("2026-06-01", 2));
    const second = await (await world.get(bearer, String(first.pagination.next))).text();
    expect(logIds(second)).toEqual(rows.map((row) => ids[row]));
  });

  test("newest first with beforeDate, which leaves that moment out", async () => {
    const world = createWorld();
    const { account, bearer } = await connected(world, { timezone: "UTC" });
    const ids = await fill(world, account, 4);
    const path = "/1/user/-/activities/list.json?beforeDate=2026-06-01T08:00:00&sort=desc&limit=10&offset=0";
    expect(logIds(await (await world.get(bearer, path)).text())).toEqual([ids[1], ids[0]]);
  });
});

describe("the filter", () => {
  test("is the start in the activity's own local time, and includes the day's midnight", async () => {
    const world = createWorld();
    const { account, bearer } = await connected(world, { timezone: "Asia/Tokyo" });
    const midnight = await world.record(account, {
      startTime: "2026-06-02T00:00:00+09:00",
      durationSeconds: 60,
    });
    const elsewhere = await world.record(account, {
      startTime: "2026-06-01T23:00:00-10:00",
      durationSeconds: 60,
    });
    await world.sync(account);
    const ids = async (afterDate: string) =>
      logIds(await (await world.get(bearer, listPath(afterDate))).text());
    expect(await ids("2026-06-02")).toEqual([midnight]);
    expect(await ids("2026-06-01")).toEqual([midnight, elsewhere]);
    expect(await ids("2026-06-02T00:00:01")).toEqual([]);
  });

  const bad: [what: string, query: string, message: string][] = [
    ["neither date", "sort=asc&limit=1&offset=0", "beforeDate or afterDate is required"],
    [
      "an empty afterDate beside beforeDate",
      "afterDate=&beforeDate=2026-01-01&sort=desc&limit=1&offset=0",
      "Invalid",
    ],
    ["a date with a zone", "afterDate=2026-01-01T00:00:00Z&sort=asc&limit=1&offset=0", "Invalid date"],
    ["no sort", "afterDate=2026-01-01&limit=1&offset=0", "sort"],
    ["no limit", "afterDate=2026-01-01&sort=asc&offset=0", "limit"],
    ["a limit over 100", "afterDate=2026-01-01&sort=asc&limit=101&offset=0", "limit"],
    ["no offset", "afterDate=2026-01-01&sort=asc&limit=1", "offset"],
  ];
  test.each(bad)("refuses %s", async (_what, query, message) => {
    const world = createWorld();
    const { bearer } = await connected(world);
    const response = await world.get(bearer, `/1/user/-/activities/list.json?${query}`);
    const body = await response.clone().json();
    expect(await errorOf(response)).toMatch(/^400 validation /);
    expect(body.errors[0].message).toContain(message);
    expect(body).not.toHaveProperty("success");
  });

  test("needs the scope activity", async () => {
    const world = createWorld();
    const { bearer } = await connected(world, {}, ["heartrate"]);
    expect(await errorOf(await world.get(bearer, listPath()))).toContain("403 insufficient_scope");
  });
});

describe("an empty list", () => {
  test("can be the truth, a lie, or a missing key", async () => {
    const world = createWorld();
    const { account, list } = await connected(world);
    expect(await list()).toMatchObject({ activities: [], pagination: { next: "" } });
    await fill(world, account, 1);
    await world.faults({ fault: "list_empty", count: 1 }, { fault: "list_without_key", count: 1 });
    expect(await list()).not.toHaveProperty("activities");
    expect((await list()).activities).toHaveLength(1);
    await world.faults({ fault: "list_empty", count: 1 });
    expect((await list()).activities).toEqual([]);
  });
});

describe("fields by kind", () => {
  test("a GPS run with a pause: pace, speed and distance agree with one another", async () => {
    const { entryOf } = await connected(createWorld(), { device: "Surge" });
    const entry = await entryOf({
      name: "Run",
      durationSeconds: 2103,
      pauseSeconds: 269,
      gps: true,
      distanceMeters: 5502.559,
    });
    expect(entry).toMatchObject({
      activityTypeId: 90009,
      duration: 2_103_000,
      activeDuration: 1_834_000,
      distance: 5.502559,
      distanceUnit: "Kilometer",
      hasGps: true,
      source: { name: "Surge", type: "tracker" },
    });
    expect(entry.pace).toBeCloseTo(333.2995, 3);
    expect(entry.speed).toBeCloseTo(10.8011, 3);
    expect(entry.steps).toBeGreaterThan(1000);
    expect((entry.heartRateZones as unknown[]).length).toBe(4);
    expect((entry.activityLevel as { minutes: number }[]).reduce((sum, one) => sum + one.minutes, 0)).toBe(
      30,
    );
  });

  test("positions from the phone: hasGps is false although the TCX has them", async () => {
    const { entryOf } = await connected(createWorld(), { device: "Inspire 3" });
    expect(await entryOf({ name: "Run", gps: true })).toMatchObject({
      hasGps: false,
      distanceUnit: "Kilometer",
    });
  });

  test("a ride has no steps and no pace", async () => {
    const { entryOf } = await connected(createWorld());
    const entry = await entryOf({ name: "Outdoor Bike", gps: true });
    expect(entry).toMatchObject({ activityTypeId: 1071 });
    expect(entry).not.toHaveProperty("steps");
    expect(entry).not.toHaveProperty("pace");
    expect(entry).toHaveProperty("speed");
  });

  test("an auto-detected walk has no source and no distance", async () => {
    const { entryOf } = await connected(createWorld());
    const entry = await entryOf({ name: "Walk", logType: "auto_detected" });
    expect(entry).toMatchObject({ activityTypeId: 90013, logType: "auto_detected" });
    for (const absent of ["source", "distance", "distanceUnit", "speed", "pace"])
      expect(entry).not.toHaveProperty(absent);
    expect(entry).toHaveProperty("tcxLink");
  });

  test("a manual entry has no heart rate and says what was typed in", async () => {
    const { entryOf } = await connected(createWorld());
    const entry = await entryOf({ name: "Yoga", logType: "manual", distanceMeters: 10 });
    expect(entry.manualValuesSpecified).toEqual({ calories: false, distance: true, steps: false });
    for (const absent of [
      "averageHeartRate",
      "heartRateZones",
      "heartRateLink",
      "activeZoneMinutes",
      "hasGps",
    ]) {
      expect(entry).not.toHaveProperty(absent);
    }
  });

  test("a run with the phone alone comes from the app", async () => {
    const { entryOf } = await connected(createWorld());
    const entry = await entryOf({ name: "Run", logType: "mobile_run", gps: true, heartRate: false });
    expect(entry).toMatchObject({ source: { type: "app", name: "Fitbit for iPhone" }, hasGps: true });
    expect(entry).not.toHaveProperty("averageHeartRate");
  });

  test("a swim counts its lengths", async () => {
    const { entryOf } = await connected(createWorld());
    const entry = await entryOf({ name: "Swim", distanceMeters: 1000, poolLengthMeters: 25 });
    expect(entry).toMatchObject({
      activityTypeId: 90024,
      swimLengths: 40,
      poolLength: 25,
      poolLengthUnit: "Meter",
    });
    expect(entry).not.toHaveProperty("steps");
  });

  test("elevation comes in floors of 3.048 m", async () => {
    const { entryOf } = await connected(createWorld());
    const { elevationGain } = await entryOf({ name: "Hike", gps: true });
    expect(Number(elevationGain) / 3.048).toBeCloseTo(Math.round(Number(elevationGain) / 3.048), 6);
  });
});

describe("time", () => {
  test("an offset of zero is written Z, any other with sign, and links carry local time", async () => {
    const { entryOf } = await connected(createWorld());
    expect((await entryOf({ startTime: "2026-06-01T10:00:00Z" })).startTime).toBe("2026-06-01T10:00:00.000Z");
    const entry = await entryOf({ startTime: "2026-06-01T04:14:05+05:30", durationSeconds: 1800 });
    expect(entry.startTime).toBe("2026-06-01T04:14:05.000+05:30");
    expect(entry.heartRateLink).toMatch(
      /heart\/date\/2026-06-01\/2026-06-01\/1sec\/time\/04:14:05\/04:44:05\.json$/,
    );
    expect(entry.caloriesLink).toMatch(/\/1min\/time\/4:14\/4:44\.json$/);
  });

  test("without a start the workout ended just now, in the profile's zone", async () => {
    const { entryOf } = await connected(createWorld(), { timezone: "America/New_York" });
    expect((await entryOf({ durationSeconds: 1200 })).startTime).toBe("2026-06-10T06:00:00.000-04:00");
  });
});

describe("units and language", () => {
  test("en_US means miles and feet; anything else is metric", async () => {
    const world = createWorld();
    const { account, list } = await connected(world);
    await world.record(account, {
      name: "Run",
      gps: true,
      distanceMeters: 1609.344,
      elevationGainMeters: 3.048,
    });
    await world.sync(account);
    const [miles] = (await list(listPath(), { "accept-language": "en_US" })).activities;
    expect(miles).toMatchObject({ distance: 1, distanceUnit: "Mile", elevationGain: 10 });
    const [metric] = (await list(listPath(), { "accept-language": "de_DE" })).activities;
    expect(metric).toMatchObject({ distance: 1.609344, distanceUnit: "Kilometer", elevationGain: 3.048 });
  });

  test("names follow Accept-Locale, ids do not, and a title of the user's own stays", async () => {
    const { entryOf } = await connected(createWorld());
    const german = { "accept-locale": "de_DE" };
    expect(await entryOf({ name: "Run" }, german)).toMatchObject({
      activityName: "Laufen",
      activityTypeId: 90009,
    });
    expect(await entryOf({ name: "Morning run" }, german)).toMatchObject({ activityName: "Morning run" });
  });
});

describe("edits and deletions", () => {
  test("an edit shows at once, moves lastModified and keeps the originals", async () => {
    const world = createWorld();
    const { account, list } = await connected(world, { timezone: "UTC" });
    const activityId = await world.record(account, {
      startTime: "2026-06-01T10:00:00Z",
      durationSeconds: 600,
    });
    await world.sync(account);
    const [before] = (await list()).activities;
    await world.advance(3600);
    await world.control("PATCH", `/sim/users/${account}/activities/${activityId}`, {
      name: "Morning run",
      startTime: "2026-06-01T11:00:00Z",
      durationSeconds: 900,
    });
    const [after] = (await list()).activities;
    expect(after).toMatchObject({
      activityName: "Morning run",
      activityTypeId: 90009,
      startTime: "2026-06-01T11:00:00.000Z",
      originalStartTime: "2026-06-01T10:00:00.000Z",
      duration: 900_000,
      originalDuration: 600_000,
    });
    expect(Date.parse(String(after?.lastModified))).toBeGreaterThan(Date.parse(String(before?.lastModified)));
  });

  test("a title that names no sport leaves the sport alone", async () => {
    const world = createWorld();
    const { account, list } = await connected(world);
    const activityId = await world.record(account, { name: "Run" });
    await world.sync(account);
    await world.control("PATCH", `/sim/users/${account}/activities/${activityId}`, { name: "With Ana" });
    expect((await list()).activities[0]).toMatchObject({ activityName: "With Ana", activityTypeId: 90009 });
  });

  test("a deleted log is simply gone, from the list and by its id", async () => {
    const world = createWorld();
    const { account, bearer, list } = await connected(world);
    const [activityId] = await fill(world, account, 1);
    await world.call("DELETE", `/sim/users/${account}/activities/${activityId}`);
    expect((await list()).activities).toEqual([]);
    expect(await errorOf(await world.get(bearer, `/1/user/-/activities/${activityId}.json`))).toContain(
      "404 not_found",
    );
    expect((await world.get(bearer, `/1.1/user/-/activities/${activityId}.json`)).status).toBe(404);
  });
});

test("profile and devices say zone, offset now, and the last sync in local time", async () => {
  const world = createWorld();
  const { account, bearer } = await connected(world, {
    timezone: "America/Los_Angeles",
    age: 41,
    device: "Sense 2",
  });
  await world.sync(account);
  expect(await (await world.get(bearer, "/1/user/-/profile.json")).json()).toMatchObject({
    user: { encodedId: account, timezone: "America/Los_Angeles", offsetFromUTCMillis: -25_200_000, age: 41 },
  });
  expect(await (await world.get(bearer, "/1/user/-/devices.json")).json()).toMatchObject([
    { deviceVersion: "Sense 2", lastSyncTime: "2026-06-10T03:20:00.000", type: "TRACKER" },
  ]);
});

test("merged logs leave one that spans them, under the id of the earliest", async () => {
  const world = createWorld();
  const { account, bearer, list } = await connected(world, { timezone: "UTC" });
  const part = (startTime: string) =>
    world.record(account, { name: "Walk", startTime, durationSeconds: 600, gps: true, distanceMeters: 800 });
  const later = await part("2026-06-01T10:15:00Z");
  const first = await part("2026-06-01T10:00:00Z");
  await world.sync(account);
  await world.control("POST", `/sim/users/${account}/merge`, { activityIds: [later, first] });
  const { activities } = await list();
  expect(activities).toMatchObject([
    {
      startTime: "2026-06-01T10:00:00.000Z",
      duration: 1_500_000,
      originalDuration: 600_000,
      activeDuration: 1_200_000,
      distance: 1.6,
    },
  ]);
  expect((await world.get(bearer, `/1/user/-/activities/${first}.json`)).status).toBe(200);
  expect((await world.get(bearer, `/1/user/-/activities/${later}.json`)).status).toBe(404);
});

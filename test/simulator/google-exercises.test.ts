// Exercises of the simulated Google: the list and its quirks, the filter, the session under way, the copy from another
// platform, and the person who has a Fitbit account too.

import { describe, expect, test } from "vitest";
import { allScopes, connectFitbit, listPath } from "./google-fitbit.ts";
import {
  connect,
  createGoogleWorld,
  type DataPoint,
  type ErrorBody,
  errorOf,
  everyRow,
  everyScope,
  exercises,
  filtered,
  type GoogleWorld,
  page,
  scope,
  told,
} from "./google-harness.ts";

const member = "exercise.interval.civil_start_time";

async function connected(fields: Record<string, unknown> = {}) {
  const world = createGoogleWorld();
  const account = await world.account({ timezone: "Europe/Berlin", ...fields });
  const { access_token: bearer } = await connect(world, account);
  return { world, account, bearer };
}

/** Workouts of ten minutes, an hour apart, the newest at `last`; their ids, newest first. */
async function many(world: GoogleWorld, account: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let hours = count; hours > 0; hours--) {
    const startTime = new Date(Date.parse("2026-06-10T10:00:00Z") - hours * 3_600_000).toISOString();
    ids.unshift(await world.record(account, { startTime, durationSeconds: 600 }));
  }
  await world.sync(account);
  return ids;
}
const idOf = (row: DataPoint) => row.name.split("/").at(-1);
async function only(world: GoogleWorld, bearer: string): Promise<DataPoint> {
  const { dataPoints } = await page<DataPoint>(world, bearer, exercises);
  const [row] = dataPoints ?? [];
  if (!row || dataPoints?.length !== 1) throw new Error(`${dataPoints?.length} rows`);
  return row;
}

describe("the list", () => {
  test("needs the activity scope", async () => {
    const world = createGoogleWorld();
    const { access_token } = await connect(world, await world.account(), [scope.heartRate]);
    expect(await errorOf(await world.get(access_token, exercises))).toBe(
      "403 PERMISSION_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    );
  });

  test("gives 25 a page whatever is asked for, newest first, and an opaque token until the end", async () => {
    const { world, account, bearer } = await connected();
    const ids = await many(world, account, 60);
    for (const size of ["", "?pageSize=1000", "?pageSize=0"]) {
      const first = await page<DataPoint>(world, bearer, `${exercises}${size}`);
      expect(first.dataPoints?.map(idOf)).toEqual(ids.slice(0, 25));
      expect(first.nextPageToken).not.toContain("25");
    }
    expect((await everyRow<DataPoint>(world, bearer, exercises)).map(idOf)).toEqual(ids);
    expect((await page<DataPoint>(world, bearer, `${exercises}?pageSize=10`)).dataPoints).toHaveLength(10);
  });

  test("ends with a page that has no token, or is empty if the setting says so", async () => {
    const { world, account, bearer } = await connected();
    await many(world, account, 25);
    expect(await page(world, bearer, exercises)).not.toHaveProperty("nextPageToken");
    await world.settings({ emptyLastPage: true });
    const { nextPageToken } = await page(world, bearer, exercises);
    expect(await page(world, bearer, `${exercises}?pageToken=${nextPageToken}`)).toEqual({});
  });

  test("takes a page token for the question it belongs to and no other", async () => {
    const { world, account, bearer } = await connected();
    await many(world, account, 30);
    const { nextPageToken } = await page(world, bearer, exercises);
    const other = filtered(exercises, `${member} >= "2026-01-01"`, `&pageToken=${nextPageToken}`);
    expect((await world.get(bearer, other)).status).toBe(400);
    expect((await world.get(bearer, `${exercises}?pageToken=rubbish`)).status).toBe(400);
  });

  test("knows a workout only after the sync", async () => {
    const { world, account, bearer } = await connected();
    const id = await world.record(account);
    expect(await page(world, bearer, exercises)).toEqual({});
    expect((await world.get(bearer, `${exercises}/${id}`)).status).toBe(404);
    await world.sync(account);
    expect(idOf(await only(world, bearer))).toBe(id);
    expect(await (await world.get(bearer, `${exercises}/${id}`)).json()).toEqual(await only(world, bearer));
  });

  test.each([
    [
      "a data type that does not exist",
      "/v4/users/me/dataTypes/jumping/dataPoints",
      "INVALID_PARENT_DATA_TYPE_COLLECTION",
    ],
    ["a roll-up of exercises", `${exercises}:rollUp`, "UNSUPPORTED_DATA_TYPE_ACTION"],
  ])("refuses %s", async (_what, path, reason) => {
    const { world, bearer } = await connected();
    expect(await errorOf(await world.get(bearer, path))).toBe(`400 INVALID_ARGUMENT ${reason}`);
  });
});

describe("the filter", () => {
  test("compares the wall clock of the start, from inclusive, to exclusive, a bare date as its midnight", async () => {
    const { world, account, bearer } = await connected();
    // 23:30 of the 8th in Tokyo, which is the afternoon of the 8th in UTC; 00:00 of the 9th in Berlin.
    const tokyo = await world.record(account, { startTime: "2026-06-08T23:30:00+09:00" });
    const midnight = await world.record(account, { startTime: "2026-06-09T00:00:00+02:00" });
    await world.sync(account);
    const ids = async (filter: string) =>
      (await everyRow<DataPoint>(world, bearer, filtered(exercises, filter))).map(idOf);
    expect(await ids(`${member} >= "2026-06-09"`)).toEqual([midnight]);
    expect(await ids(`${member} < "2026-06-09"`)).toEqual([tokyo]);
    expect(await ids(`${member} >= "2026-06-08T23:30:00" AND ${member} < "2026-06-09T00:00:00"`)).toEqual([
      tokyo,
    ]);
    expect(await ids(`${member} >= "2026-06-08T23:30:01" AND ${member} < "2026-06-09T00:00:01"`)).toEqual([
      midnight,
    ]);
  });

  const wrong: [filter: string, reasons: string, columns: number[]][] = [
    ['exercise.interval.start_time >= "2026-06-09"', "DATA_TYPE_MEMBER", [1]],
    [
      'exercise.update_time >= "2026-06-09" AND exercise.create_time < "2026-06-10"',
      "DATA_TYPE_MEMBER,DATA_TYPE_MEMBER",
      [1, 42],
    ],
    [`${member} >= "2026-06-09T00:00:00Z"`, "CIVIL_DATE_TIME_FORMAT", [1]],
    [`${member} >= "2026-06-31x"`, "CIVIL_DATE_TIME_FORMAT", [1]],
    [`${member} <= "2026-06-09"`, "RESTRICTION_COMPARATOR", [1]],
    [`${member} > "2026-06-09"`, "RESTRICTION_COMPARATOR", [1]],
    [`${member} >= "2026-06-09" OR ${member} < "2026-06-10"`, "SYNTAX", [52]],
    [`${member} >= "2026-06-09" AND`, "MISSING_TOKEN", [55]],
    ["yesterday", "SYNTAX", [1]],
  ];
  test.each(wrong)("%s is refused with its reasons and columns", async (filter, reasons, columns) => {
    const { world, bearer } = await connected();
    const response = await world.get(bearer, filtered(exercises, filter));
    const { error } = (await response.json()) as ErrorBody;
    const full = reasons.split(",").map((reason) => `INVALID_DATA_POINT_FILTER_${reason}`);
    expect(error).toMatchObject({
      code: 400,
      status: "INVALID_ARGUMENT",
      message: `Invalid data point filter: ${full.join(", ")}.`,
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "INVALID_DATA_POINT_FILTER",
          domain: "health.googleapis.com",
          metadata: { detailedReasons: full.join(",") },
        },
        { "@type": "type.googleapis.com/google.rpc.BadRequest" },
      ],
    });
    const where = error.details?.[1]?.fieldViolations?.map(
      (one) => /line 1, column (\d+)/.exec(one.description)?.[1],
    );
    expect(where).toEqual(columns.map(String));
  });
});

describe("a data point", () => {
  test("of a run with GPS carries what Google tells, as proto3 JSON writes it", async () => {
    const { world, account, bearer } = await connected({ device: "Sense 2" });
    await world.record(account, {
      startTime: "2026-06-10T11:00:00.250+02:00",
      durationSeconds: 1500.5,
      pauseSeconds: 100,
      gps: true,
      laps: 2,
      distanceMeters: 3210.987,
      steps: 3000,
      calories: 250,
      elevationGainMeters: 24.384,
    });
    await world.sync(account);
    const row = await only(world, bearer);
    expect(row.dataSource).toEqual({
      recordingMethod: "ACTIVELY_MEASURED",
      device: { formFactor: "WATCH", displayName: "Sense 2" },
      platform: "FITBIT",
    });
    expect(row.exercise.interval).toEqual({
      startTime: "2026-06-10T09:00:00.250Z",
      startUtcOffset: "7200s",
      endTime: "2026-06-10T09:25:00.750Z",
      endUtcOffset: "7200s",
    });
    expect(row.exercise).toMatchObject({
      exerciseType: "RUNNING",
      displayName: "Run",
      activeDuration: "1400.5s",
      exerciseMetadata: { hasGps: true },
      metricsSummary: {
        caloriesKcal: 250,
        distanceMillimeters: 3_210_987,
        steps: "3000",
        averageHeartRateBeatsPerMinute: expect.stringMatching(/^\d+$/),
        elevationGainMillimeters: 24_384,
        activeZoneMinutes: expect.stringMatching(/^\d+$/),
        heartRateZoneDurations: { lightTime: expect.stringMatching(/^\d+s$/) },
      },
    });
    expect(row.exercise.splits).toHaveLength(3);
    expect(row.exercise.splitSummaries).toHaveLength(2);
    expect(row.exercise.exerciseEvents?.map((one) => one.exerciseEventType)).toEqual([
      "START",
      "PAUSE",
      "RESUME",
      "STOP",
    ]);
    expect(row.exercise.updateTime).toMatch(/^2026-06-10T10:20:00\.000\d{3}Z$/);
  });

  test("without GPS has empty metadata, by hand no events and no device worn", async () => {
    const { world, account, bearer } = await connected();
    await world.record(account, { name: "Weights", logType: "manual" });
    await world.sync(account);
    const row = await only(world, bearer);
    expect(row.exercise.exerciseMetadata).toEqual({});
    expect(row.exercise).not.toHaveProperty("exerciseEvents");
    expect(row.exercise.metricsSummary).not.toHaveProperty("averageHeartRateBeatsPerMinute");
    expect(row.dataSource).toMatchObject({ recordingMethod: "MANUAL", device: { formFactor: "PHONE" } });
  });

  test.each([
    ["Run", "RUNNING"],
    ["Swim", "SWIMMING"],
    ["Outdoor Bike", "OUTDOOR_BIKE"],
    ["Tennis", "TENNIS"],
    ["Morning run", "RUNNING"],
    ["Quidditch", "OTHER"],
  ])("called %s is of the type %s", async (name, exerciseType) => {
    const { world, account, bearer } = await connected();
    await world.record(account, { name });
    await world.sync(account);
    expect((await only(world, bearer)).exercise).toMatchObject({ exerciseType, displayName: name });
  });

  test("says word for word what it was recorded to say", async () => {
    const { world, account, bearer } = await connected();
    const wanted = { exerciseType: "MOON_WALK", displayName: "ランニング" };
    await world.record(account, { ...wanted, recordingMethod: "PASSIVELY_MEASURED" });
    await world.sync(account);
    const row = await only(world, bearer);
    expect(row.exercise).toMatchObject(wanted);
    expect(row.dataSource.recordingMethod).toBe("PASSIVELY_MEASURED");
  });

  test("keeps its id and gets a later updateTime when it is edited", async () => {
    const { world, account, bearer } = await connected();
    const id = await world.record(account);
    await world.sync(account);
    const before = await only(world, bearer);
    await world.control("PATCH", `/sim/users/${account}/activities/${id}`, { name: "Walk" });
    const after = await only(world, bearer);
    expect([after.name, after.exercise.exerciseType]).toEqual([before.name, "WALKING"]);
    expect(after.exercise.updateTime > before.exercise.updateTime).toBe(true);
  });

  test.each([
    [{ gps: true, hasGps: false }, {}],
    [{ gps: false, hasGps: true }, { hasGps: true }],
  ])("recorded as %j says so of its route, whatever the route is", async (fields, metadata) => {
    const { world, account, bearer } = await connected();
    await world.record(account, fields);
    await world.sync(account);
    expect((await only(world, bearer)).exercise.exerciseMetadata).toEqual(metadata);
  });

  test("whose numbers are broken says NaN", async () => {
    const { world, account, bearer } = await connected();
    await world.record(account, { gps: true });
    await world.sync(account);
    await world.faults({ fault: "nan" });
    expect((await only(world, bearer)).exercise.metricsSummary).toMatchObject({
      distanceMillimeters: "NaN",
      caloriesKcal: "NaN",
    });
  });
});

describe("a session under way", () => {
  test("is listed with the clock as its end and without STOP, until it is ended", async () => {
    const { world, account, bearer } = await connected();
    const id = await world.record(account, { durationSeconds: 600, inProgress: true, gps: true });
    await world.sync(account);
    const first = await only(world, bearer);
    await world.advance(120);
    const second = await only(world, bearer);
    expect([first, second].map((row) => row.exercise.interval.endTime)).toEqual([
      "2026-06-10T10:20:00Z",
      "2026-06-10T10:22:00Z",
    ]);
    expect(second.exercise.updateTime > first.exercise.updateTime).toBe(true);
    expect(second.exercise.exerciseEvents?.map((one) => one.exerciseEventType)).toEqual(["START"]);
    expect(Number(second.exercise.metricsSummary.distanceMillimeters)).toBeGreaterThan(
      Number(first.exercise.metricsSummary.distanceMillimeters),
    );
    await world.control("PATCH", `/sim/users/${account}/activities/${id}`, { inProgress: false });
    await world.advance(1800);
    const ended = await only(world, bearer);
    expect(ended.exercise.interval.endTime).toBe("2026-06-10T10:22:00Z");
    expect(ended.exercise.exerciseEvents?.at(-1)).toMatchObject({
      exerciseEventType: "STOP",
      eventTime: "2026-06-10T10:22:00Z",
    });
  });

  test("ends with the duration that it is given", async () => {
    const { world, account, bearer } = await connected();
    const id = await world.record(account, { durationSeconds: 600, inProgress: true });
    await world.sync(account);
    await world.control("PATCH", `/sim/users/${account}/activities/${id}`, { durationSeconds: 900 });
    expect((await only(world, bearer)).exercise).toMatchObject({
      activeDuration: "900s",
      interval: { endTime: "2026-06-10T10:25:00Z" },
    });
  });

  test("is not at Fitbit before it has ended", async () => {
    const { world, fitbit, google, fitbitBearer } = await person();
    const id = await world.record(google, { inProgress: true });
    await world.sync(fitbit);
    const rows = async () => (await (await world.get(fitbitBearer, listPath())).json()).activities.length;
    expect(await rows()).toBe(0);
    await world.control("PATCH", `/sim/users/${google}/activities/${id}`, { inProgress: false });
    expect(await rows()).toBe(1);
  });
});

describe("a copy from another platform", () => {
  test("is the same workout under its own id and source, as many milliseconds off as wanted", async () => {
    const { world, account, bearer } = await connected();
    const original = await world.record(account, { gps: true, durationSeconds: 900 });
    const same = await world.record(account, { copyOf: original });
    const off = await world.record(account, {
      copyOf: original,
      copyShiftMilliseconds: 761,
      platform: "HEALTH_KIT",
    });
    await world.sync(account);
    const rows = await everyRow<DataPoint>(world, bearer, exercises);
    const row = (id: string) => rows.find((one) => idOf(one) === id);
    expect(row(same)?.exercise.interval).toEqual(row(original)?.exercise.interval);
    expect(row(same)?.dataSource).toMatchObject({ platform: "HEALTH_CONNECT", recordingMethod: "UNKNOWN" });
    expect(row(off)?.exercise.interval.startTime).toBe("2026-06-10T10:05:00.761Z");
    expect(row(off)?.dataSource.platform).toBe("HEALTH_KIT");
    const tcx = async (id: string) =>
      (await (await world.get(bearer, `${exercises}/${id}:exportExerciseTcx?alt=media`)).text()).replace(
        /<Id>.*/,
        "",
      );
    expect(await tcx(same)).toBe(await tcx(original));
  });

  test("is left out where sources are reconciled, and so is the source", async () => {
    const { world, account, bearer } = await connected();
    const original = await world.record(account);
    await world.record(account, { copyOf: original });
    const manual = await world.record(account, { logType: "manual", startTime: "2026-06-09T10:00:00Z" });
    await world.sync(account);
    const family = async (name: string) => {
      const path = `${exercises}:reconcile?dataSourceFamily=users/me/dataSourceFamilies/${name}`;
      const { dataPoints } = await page<{ dataPointName: string; dataSource?: object }>(world, bearer, path);
      expect(dataPoints?.some((row) => row.dataSource !== undefined)).toBe(false);
      return dataPoints?.map((row) => row.dataPointName.split("/").at(-1));
    };
    expect(await family("all-sources")).toEqual([original, manual]);
    expect(await family("google-wearables")).toEqual([original]);
    const unknown = `${exercises}:reconcile?dataSourceFamily=users/me/dataSourceFamilies/mine`;
    expect(await errorOf(await world.get(bearer, unknown))).toContain(
      "INVALID_DATA_POINT_DATA_SOURCE_FAMILY",
    );
  });
});

/** Somebody with a Fitbit account and a Google account, both connected. */
async function person() {
  const world = createGoogleWorld();
  const fitbit = await world.fitbitAccount({ timezone: "Europe/Berlin", age: 44 });
  const google = await world.account({ legacyUserId: fitbit });
  const fitbitBearer = await connectFitbit(world, fitbit, allScopes);
  const { access_token: bearer } = await connect(world, google, everyScope);
  return { world, fitbit, google, fitbitBearer, bearer };
}

describe("a person with accounts at both", () => {
  test("is known at Google by the Fitbit id", async () => {
    const { world, fitbit, google, bearer } = await person();
    expect(await (await world.get(bearer, "/v4/users/me/identity")).json()).toEqual({
      name: "users/me/identity",
      legacyUserId: fitbit,
      healthUserId: google,
    });
  });

  test("has one account at Google, and only of a Fitbit account that exists", async () => {
    const { world, fitbit } = await person();
    for (const legacyUserId of [fitbit, "NOBODY"]) {
      const response = await world.call("POST", "/sim/users", { provider: "google-health", legacyUserId });
      expect([response.status, (await response.json()).where]).toEqual([400, "legacyUserId"]);
    }
  });

  test("sees an activity recorded for either at both, under two ids, alike to the second", async () => {
    const { world, fitbit, google, fitbitBearer, bearer } = await person();
    const atGoogle = await world.record(google, { gps: true, durationSeconds: 600, laps: 3 });
    const { activityIds } = await world.sync(fitbit);
    const [atFitbit] = activityIds as string[];
    expect(atFitbit).not.toBe(atGoogle);
    const entry = (await (await world.get(fitbitBearer, listPath())).json()).activities[0];
    const row = await only(world, bearer);
    expect(idOf(row)).toBe(atGoogle);
    expect(Date.parse(entry.startTime)).toBe(Date.parse(row.exercise.interval.startTime));
    const fitbitTcx = await (await world.get(fitbitBearer, `/1/user/-/activities/${atFitbit}.tcx`)).text();
    const googleTcx = await (
      await world.get(bearer, `${exercises}/${atGoogle}:exportExerciseTcx?alt=media`)
    ).text();
    expect(googleTcx).toBe(fitbitTcx);
    expect((await world.get(bearer, `${exercises}/${atFitbit}`)).status).toBe(404);
  });

  test("has one device, whose last sync both clouds know", async () => {
    const { world, fitbit, bearer } = await person();
    await world.advance(600);
    await world.sync(fitbit);
    const { pairedDevices } = await (await world.get(bearer, "/v4/users/me/pairedDevices")).json();
    expect(pairedDevices[0].lastSyncTime).toBe("2026-06-10T10:30:00Z");
  });

  test("is pushed by both at a sync, an edit and a deletion, whichever account they were asked of", async () => {
    const { world, fitbit, google, fitbitBearer } = await person();
    await world.call("POST", "/1/user/-/activities/apiSubscriptions/a1.json", undefined, {
      authorization: `Bearer ${fitbitBearer}`,
      "content-length": "0",
    });
    const id = await world.record(fitbit);
    await world.sync(google);
    await world.control("PATCH", `/sim/users/${fitbit}/activities/${id}`, { name: "Walk" });
    await world.control("DELETE", `/sim/users/${fitbit}/activities/${id}`);
    const { deliveries } = await world.control("GET", "/sim/deliveries");
    expect((deliveries as { provider: string }[]).map((one) => one.provider)).toEqual(
      [0, 1, 2].flatMap(() => ["fitbit", "google-health"]),
    );
    expect(
      told(world)
        .flat()
        .map((one) => one.operation),
    ).toEqual(["UPSERT", "UPSERT", "DELETE"]);
  });

  test("keeps at Google what is there when the Fitbit account is deleted", async () => {
    const { world, fitbit, google, bearer } = await person();
    await world.record(fitbit);
    await world.sync(google);
    await world.control("POST", `/sim/users/${fitbit}/delete-account`);
    await only(world, bearer);
  });

  test("has no copy of another platform's at Fitbit", async () => {
    const { world, google, fitbitBearer } = await person();
    const original = await world.record(google);
    await world.record(google, { copyOf: original });
    await world.sync(google);
    expect((await (await world.get(fitbitBearer, listPath())).json()).activities).toHaveLength(1);
  });
});

test("joining logs leaves one exercise, and tells of the one that is gone", async () => {
  const { world, account, bearer } = await connected();
  const [late = "", early = ""] = await many(world, account, 2);
  world.pushes.length = 0;
  const { activityId } = await world.control("POST", `/sim/users/${account}/merge`, {
    activityIds: [late, early],
  });
  expect(activityId).toBe(early);
  expect(idOf(await only(world, bearer))).toBe(early);
  expect(
    told(world)
      .flat()
      .map((one) => one.operation)
      .sort(),
  ).toEqual(["DELETE", "UPSERT"]);
});

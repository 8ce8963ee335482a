// Routes and heart rate of the simulated Google: TCX export with its two scopes and its ways to have nothing, samples and
// their pages, roll-ups, the bounds of the zones.

import { describe, expect, test } from "vitest";
import { connectFitbit } from "./google-fitbit.ts";
import {
  connect,
  createGoogleWorld,
  errorOf,
  everyRow,
  everyScope,
  exercises,
  filtered,
  type GoogleWorld,
  heartRates,
  page,
  type Sample,
  scope,
} from "./google-harness.ts";

async function recorded(fields: Record<string, unknown> = {}, account: Record<string, unknown> = {}) {
  const world = createGoogleWorld();
  const owner = await world.account(account);
  const { access_token: bearer } = await connect(world, owner);
  const id = await world.record(owner, { durationSeconds: 1200, ...fields });
  await world.sync(owner);
  return { world, owner, bearer, id };
}
const tcxPath = (id: string, query = "?alt=media") => `${exercises}/${id}:exportExerciseTcx${query}`;
const physical = "heart_rate.sample_time.physical_time";
const within = (from: string, to: string) =>
  filtered(heartRates, `${physical} >= "${from}" AND ${physical} < "${to}"`, "&pageSize=10000");
const during = within("2026-06-10T10:00:00Z", "2026-06-10T10:20:01Z");
const timeOf = (row: Sample) => Date.parse(row.heartRate.sampleTime.physicalTime);

describe("the TCX export", () => {
  test.each([[scope.activity], [scope.location]])(
    "needs two scopes; %s alone is refused",
    async (...scopes) => {
      const { world, owner, id } = await recorded({ gps: true });
      const { access_token } = await connect(world, owner, scopes);
      expect(await errorOf(await world.get(access_token, tcxPath(id)))).toBe(
        "403 PERMISSION_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT",
      );
    },
  );

  test("is raw with alt=media, in an envelope without, and always in one if the setting says so", async () => {
    const { world, bearer, id } = await recorded({ gps: true });
    const raw = await (await world.get(bearer, tcxPath(id))).text();
    expect(raw).toMatch(/^<\?xml /);
    expect(await (await world.get(bearer, tcxPath(id, ""))).json()).toEqual({ tcxData: raw });
    await world.settings({ tcxEnvelope: true });
    expect(await (await world.get(bearer, tcxPath(id))).json()).toEqual({ tcxData: raw });
  });

  test("of a session without route is 404, or 200 with nothing; partialData brings points without position", async () => {
    const { world, bearer, id } = await recorded({ gps: false });
    expect(await errorOf(await world.get(bearer, tcxPath(id)))).toBe("404 NOT_FOUND RESOURCE_NOT_FOUND");
    const partial = await (await world.get(bearer, tcxPath(id, "?alt=media&partialData=true"))).text();
    expect(partial.match(/<Trackpoint>/g)).toHaveLength(21);
    expect(partial).toContain("<HeartRateBpm>");
    expect(partial).not.toContain("<Position>");
    await world.settings({ tcxWithoutGps: "empty" });
    const empty = await world.get(bearer, tcxPath(id));
    expect([empty.status, await empty.text()]).toEqual([200, ""]);
    expect(await (await world.get(bearer, tcxPath(id, ""))).json()).toEqual({ tcxData: "" });
  });

  test("of a log written by hand is 404 whatever is asked for", async () => {
    const { world, bearer, id } = await recorded({ logType: "manual" });
    expect((await world.get(bearer, tcxPath(id, "?alt=media&partialData=true"))).status).toBe(404);
  });

  test("is nowhere for an escaped colon, an unknown id or another's activity", async () => {
    const { world, bearer, id } = await recorded({ gps: true });
    expect((await world.get(bearer, tcxPath(id).replace(":export", "%3Aexport"))).status).toBe(404);
    expect((await world.get(bearer, tcxPath("1"))).status).toBe(404);
    const { access_token: other } = await connect(world, await world.account());
    expect((await world.get(other, tcxPath(id))).status).toBe(404);
  });

  test("hands an uploaded file on byte for byte", async () => {
    const { world, owner, bearer } = await recorded();
    const file = `<?xml version="1.0"?><TrainingCenterDatabase><Activities><Activity Sport="Running"><Id>2026-06-01T10:00:00Z</Id><Lap StartTime="2026-06-01T10:00:00Z"><Track><Trackpoint><Time>2026-06-01T10:00:00Z</Time><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint></Track></Lap></Activity></Activities></TrainingCenterDatabase>`;
    const answer = await world.simulator.fetch(
      new Request(`http://fitbit.test/sim/users/${owner}/activities`, {
        method: "POST",
        headers: { "content-type": "application/vnd.garmin.tcx+xml" },
        body: file,
      }),
    );
    const { activityId } = (await answer.json()) as { activityId: string };
    await world.sync(owner);
    expect(await (await world.get(bearer, tcxPath(activityId))).text()).toBe(file);
  });

  test.each([
    ["tcx_204", 204],
    ["tcx_400", 400],
    ["tcx_403", 403],
    ["tcx_404", 404],
    ["tcx_empty", 200],
    ["late_tcx", 404],
  ])("answers as the fault %s says, once", async (fault, status) => {
    const { world, bearer, id } = await recorded({ gps: true });
    await world.faults({ fault, count: 1 });
    const first = await world.get(bearer, tcxPath(id));
    expect([first.status, (await first.text()).includes("<Lap")]).toEqual([status, false]);
    expect(await (await world.get(bearer, tcxPath(id))).text()).toContain("<Lap");
  });

  test("comes late for as long as the fault says, counted from the sync", async () => {
    const { world, bearer, id } = await recorded({ gps: true });
    await world.faults({ fault: "late_tcx", delaySeconds: 90 });
    await world.advance(89);
    expect((await world.get(bearer, tcxPath(id))).status).toBe(404);
    await world.advance(1);
    expect((await world.get(bearer, tcxPath(id))).status).toBe(200);
  });
});

describe("heart rate", () => {
  test("needs its own scope", async () => {
    const { world, owner } = await recorded();
    const { access_token } = await connect(world, owner, [scope.activity, scope.location]);
    expect((await world.get(access_token, heartRates)).status).toBe(403);
  });

  test("comes newest first, a sample in 2 to 6 s from start to end, in UTC with the wall clock beside it", async () => {
    const { world, bearer } = await recorded({}, { timezone: "America/New_York" });
    const rows = await everyRow<Sample>(world, bearer, during);
    const times = rows.map(timeOf);
    expect(times).toEqual([...times].sort((left, right) => right - left));
    const gaps = times.slice(1).map((time, index) => (times[index] ?? 0) - time);
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([
      2000,
      expect.toSatisfy((gap: number) => gap <= 6000),
    ]);
    expect(times.at(-1)).toBe(Date.parse("2026-06-10T10:00:00Z"));
    expect(times[0]).toBeGreaterThan(Date.parse("2026-06-10T10:19:50Z"));
    expect(rows.at(-1)?.heartRate).toEqual({
      sampleTime: {
        physicalTime: "2026-06-10T10:00:00Z",
        utcOffset: "-14400s",
        civilTime: { date: { year: 2026, month: 6, day: 10 }, time: { hours: 6 } },
      },
      beatsPerMinute: expect.stringMatching(/^\d{2,3}$/),
      metadata: { sensorLocation: "WRIST" },
    });
  });

  test("includes the first instant of a window and not the last", async () => {
    const { world, bearer } = await recorded();
    const start = "2026-06-10T10:00:00Z";
    const second =
      (await everyRow<Sample>(world, bearer, during)).at(-2)?.heartRate.sampleTime.physicalTime ?? "";
    expect(await everyRow(world, bearer, within(start, second))).toHaveLength(1);
    expect(await everyRow(world, bearer, within(start, start))).toEqual([]);
    expect(await everyRow(world, bearer, within(start, "2026-06-10T10:00:01Z"))).toHaveLength(1);
  });

  test("can be asked for by the wall clock, and by no other member", async () => {
    const { world, bearer } = await recorded({}, { timezone: "Asia/Tokyo" });
    const civil = filtered(
      heartRates,
      'heart_rate.sample_time.civil_time >= "2026-06-10T19:10:00"',
      "&pageSize=10000",
    );
    const rows = await everyRow<Sample>(world, bearer, civil);
    expect(Math.min(...rows.map(timeOf))).toBeGreaterThanOrEqual(Date.parse("2026-06-10T10:10:00Z"));
    expect(rows.length).toBeGreaterThan(100);
    const kebab = filtered(heartRates, 'heart-rate.sample_time.physical_time >= "2026-06-10T10:00:00Z"');
    expect(await errorOf(await world.get(bearer, kebab))).toBe(
      "400 INVALID_ARGUMENT INVALID_DATA_POINT_FILTER",
    );
  });

  test("comes 50 a page without a size, at most 10000, and as the settings say", async () => {
    const { world, bearer } = await recorded({ durationSeconds: 36_000 });
    const size = async (query: string) =>
      (await page(world, bearer, `${heartRates}${query}`)).dataPoints?.length;
    expect(await size("")).toBe(50);
    expect(await size("?pageSize=700")).toBe(700);
    expect(await size("?pageSize=20000")).toBe(10_000);
    await world.settings({ heartRateDefaultPageSize: 1440 });
    expect(await size("")).toBe(1440);
    await world.settings({ heartRatePageSizeIgnored: true });
    expect(await size("?pageSize=10000")).toBe(1440);
    const all = await everyRow<Sample>(world, bearer, heartRates);
    expect(new Set(all.map(timeOf)).size).toBe(all.length);
    const last = await page(world, bearer, within("2026-06-10T10:19:00Z", "2026-06-10T10:20:01Z"));
    expect(last.nextPageToken).toBe("");
  });

  test("is some of what Fitbit has by second for the same workout, beat for beat", async () => {
    const world = createGoogleWorld();
    const fitbit = await world.fitbitAccount({ timezone: "UTC", wornAllDay: true });
    const google = await world.account({ legacyUserId: fitbit });
    const fitbitBearer = await connectFitbit(world, fitbit, ["activity", "heartrate"]);
    const { access_token: bearer } = await connect(world, google);
    await world.record(google, { durationSeconds: 1200 });
    await world.sync(google);
    const path = "/1/user/-/activities/heart/date/2026-06-10/1d/1sec/time/09:00:00/10:20:00.json";
    const answer = await (await world.get(fitbitBearer, path)).json();
    const bySecond = new Map<string, number>(
      answer["activities-heart-intraday"].dataset.map((one: { time: string; value: number }) => [
        one.time,
        one.value,
      ]),
    );
    const rows = await everyRow<Sample>(
      world,
      bearer,
      within("2026-06-10T09:00:00Z", "2026-06-10T10:20:01Z"),
    );
    expect(rows.length).toBeGreaterThan(600);
    for (const row of rows) {
      const time = row.heartRate.sampleTime.physicalTime.slice(11, 19);
      expect([time, row.heartRate.beatsPerMinute]).toEqual([time, String(bySecond.get(time))]);
    }
  });

  test("of a copy from another platform stands beside the watch's for the same seconds", async () => {
    const { world, owner, bearer, id } = await recorded();
    await world.record(owner, { copyOf: id });
    await world.sync(owner);
    const rows = await everyRow<Sample>(world, bearer, during);
    const platforms = rows.slice(0, 2).map((row) => row.dataSource.platform);
    expect(new Set(platforms)).toEqual(new Set(["FITBIT", "HEALTH_CONNECT"]));
    expect(new Set(rows.map(timeOf)).size).toBe(rows.length / 2);
    // Two straps on one wearer: near one another, never the same.
    const beats = (platform: string) =>
      Number(rows.find((row) => row.dataSource.platform === platform)?.heartRate.beatsPerMinute);
    expect(beats("HEALTH_CONNECT") - beats("FITBIT")).toBe(2);
  });

  test("grows while a session is under way", async () => {
    const { world, bearer } = await recorded({ inProgress: true });
    const before = await everyRow(world, bearer, `${heartRates}?pageSize=10000`);
    await world.advance(300);
    const after = await everyRow(world, bearer, `${heartRates}?pageSize=10000`);
    expect(after.length).toBeGreaterThan(before.length + 40);
    expect(after.slice(-before.length)).toEqual(before);
  });

  test.each([
    ["intraday_403", 403],
    ["intraday_missing", 200],
    ["late_heart_rate", 200],
  ])("answers as the fault %s says, with nothing", async (fault, status) => {
    const { world, bearer } = await recorded();
    await world.faults({ fault });
    const response = await world.get(bearer, during);
    expect(response.status).toBe(status);
    expect(await response.json()).not.toHaveProperty("dataPoints");
  });
});

describe("a roll-up", () => {
  const ask = (world: GoogleWorld, bearer: string, body: object) =>
    world.call("POST", `${heartRates}:rollUp`, body, { authorization: `Bearer ${bearer}` });
  const range = { startTime: "2026-06-10T10:00:00Z", endTime: "2026-06-10T10:20:01Z" };

  test("tells lowest, average and highest of each window that has samples", async () => {
    const { world, bearer } = await recorded({ heartRateUntilSeconds: 300 });
    const { rollupDataPoints } = await (await ask(world, bearer, { range, windowSize: "60s" })).json();
    expect(rollupDataPoints).toHaveLength(5);
    const whole = await (await ask(world, bearer, { range, windowSize: "1201s" })).json();
    const beats = (await everyRow<Sample>(world, bearer, during)).map((row) =>
      Number(row.heartRate.beatsPerMinute),
    );
    expect(whole.rollupDataPoints).toEqual([
      {
        startTime: range.startTime,
        endTime: range.endTime,
        heartRate: {
          beatsPerMinuteAvg: expect.closeTo(beats.reduce((sum, one) => sum + one, 0) / beats.length, 6),
          beatsPerMinuteMax: Math.max(...beats),
          beatsPerMinuteMin: Math.min(...beats),
        },
      },
    ]);
  });

  test.each([
    [
      "a range of more than 14 days",
      { range: { ...range, startTime: "2026-05-20T10:00:00Z" }, windowSize: "60s" },
      "INVALID_ROLLUP_QUERY_DURATION",
    ],
    ["a window of no time", { range, windowSize: "0s" }, "INVALID_ROLLUP_QUERY_DURATION"],
    [
      "a range that ends before it starts",
      { range: { startTime: range.endTime, endTime: range.startTime }, windowSize: "60s" },
      "INVALID_TIME_RANGE",
    ],
    ["no body", {}, "INVALID_TIME_RANGE"],
  ])("of %s is refused", async (_what, body, reason) => {
    const { world, bearer } = await recorded();
    expect(await errorOf(await ask(world, bearer, body))).toBe(`400 INVALID_ARGUMENT ${reason}`);
  });
});

test("the bounds of the zones are there for each day, in Google's words and the person's age", async () => {
  const { world, bearer } = await recorded({}, { age: 40 });
  const path = "/v4/users/me/dataTypes/daily-heart-rate-zones/dataPoints";
  const filter = 'daily_heart_rate_zones.date >= "2026-06-09" AND daily_heart_rate_zones.date < "2026-06-11"';
  const { dataPoints } = await page<{ dailyHeartRateZones: { date: object; heartRateZones: object[] } }>(
    world,
    bearer,
    filtered(path, filter),
  );
  expect(dataPoints?.map((row) => row.dailyHeartRateZones.date)).toEqual([
    { year: 2026, month: 6, day: 10 },
    { year: 2026, month: 6, day: 9 },
  ]);
  expect(dataPoints?.[0]?.dailyHeartRateZones.heartRateZones).toEqual([
    { heartRateZoneType: "LIGHT", minBeatsPerMinute: "30", maxBeatsPerMinute: "90" },
    { heartRateZoneType: "MODERATE", minBeatsPerMinute: "90", maxBeatsPerMinute: "126" },
    { heartRateZoneType: "VIGOROUS", minBeatsPerMinute: "126", maxBeatsPerMinute: "153" },
    { heartRateZoneType: "PEAK", minBeatsPerMinute: "153", maxBeatsPerMinute: "220" },
  ]);
});

test("settings, profile and devices answer for their own scopes only", async () => {
  const { world, owner, bearer } = await recorded(
    {},
    { timezone: "Asia/Kolkata", age: 31, device: "Charge 6" },
  );
  const read = async (path: string) => (await world.get(bearer, `/v4/users/me/${path}`)).json();
  expect(await read("settings")).toMatchObject({ timeZone: "Asia/Kolkata", utcOffset: "19800s" });
  expect(await read("profile")).toMatchObject({
    age: 31,
    membershipStartDate: { year: 2026, month: 6, day: 10 },
  });
  expect((await read("pairedDevices")).pairedDevices[0]).toMatchObject({
    deviceVersion: "Charge 6",
    lastSyncTime: "2026-06-10T10:20:00Z",
  });
  for (const [path, lacking] of [
    ["settings", scope.settings],
    ["pairedDevices", scope.settings],
    ["profile", scope.profile],
  ] as const) {
    const { access_token } = await connect(
      world,
      owner,
      everyScope.filter((one) => one !== lacking),
    );
    expect((await world.get(access_token, `/v4/users/me/${path}`)).status).toBe(403);
  }
});

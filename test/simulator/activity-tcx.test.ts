// The TCX endpoint: the layout of genuine exports, what is there without GPS, and uploaded files byte for byte.

import { describe, expect, test } from "vitest";
import { createWorld, errorOf, listPath, type World } from "./harness.ts";

async function withActivity(
  world: World,
  recipe: Record<string, unknown>,
  fields: Record<string, unknown> = {},
  scopes?: readonly string[],
) {
  const account = await world.account(fields);
  const { access_token: bearer } = await world.connect(account, scopes);
  const activityId = await world.record(account, recipe);
  await world.sync(account);
  const tcx = (query = "") => world.get(bearer, `/1/user/-/activities/${activityId}.tcx${query}`);
  return { account, bearer, activityId, tcx };
}

const count = (text: string, part: string) => text.split(part).length - 1;
const times = (text: string) => [...text.matchAll(/<Time>([^<]+)</g)].map((match) => match[1] ?? "");

describe("a GPS activity", () => {
  test("is laid out as genuine exports are", async () => {
    const { tcx } = await withActivity(
      createWorld(),
      {
        name: "Run",
        startTime: "2026-06-01T12:31:16+02:00",
        durationSeconds: 120,
        gps: true,
        distanceMeters: 400,
      },
      { device: "Surge" },
    );
    const response = await tcx();
    expect(response.headers.get("content-type")).toContain("application/vnd.garmin.tcx+xml");
    const lines = (await response.text()).split("\n");
    expect(lines.slice(0, 13)).toEqual([
      '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
      '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">',
      "    <Activities>",
      '        <Activity Sport="Running">',
      "            <Id>2026-06-01T12:31:16.000+02:00</Id>",
      '            <Lap StartTime="2026-06-01T12:31:16.000+02:00">',
      "                <TotalTimeSeconds>120.0</TotalTimeSeconds>",
      "                <DistanceMeters>400.0</DistanceMeters>",
      expect.stringMatching(/^ {16}<Calories>\d+<\/Calories>$/),
      "                <Intensity>Active</Intensity>",
      "                <TriggerMethod>Manual</TriggerMethod>",
      "                <Track>",
      "                    <Trackpoint>",
    ]);
    expect(lines).toContain("                <Name>Fitbit Surge</Name>");
    expect(lines.at(-1)).toBe("");
  });

  test("has a point a second, whose distance ends at the activity's and never runs backwards", async () => {
    const { tcx } = await withActivity(createWorld(), {
      durationSeconds: 600,
      gps: true,
      distanceMeters: 1800,
    });
    const text = await (await tcx()).text();
    expect(times(text)).toHaveLength(601);
    const track = text.slice(text.indexOf("<Track>"));
    const distances = [...track.matchAll(/<DistanceMeters>([^<]+)</g)].map((match) => Number(match[1]));
    expect(distances[0]).toBe(0);
    expect(distances.at(-1)).toBe(1800);
    for (const [index, meters] of distances.entries())
      expect(meters).toBeGreaterThanOrEqual(distances[index - 1] ?? 0);
  });

  test("runs where its distance says: the way between positions adds up", async () => {
    const { tcx } = await withActivity(createWorld(), {
      durationSeconds: 900,
      gps: true,
      distanceMeters: 3000,
    });
    const text = await (await tcx()).text();
    const degrees = (name: string) =>
      [...text.matchAll(new RegExp(`<${name}>([^<]+)<`, "g"))].map(
        (match) => (Number(match[1]) * Math.PI) / 180,
      );
    const [latitudes, longitudes] = [degrees("LatitudeDegrees"), degrees("LongitudeDegrees")];
    let meters = 0;
    for (let index = 1; index < latitudes.length; index++) {
      const [from, to] = [latitudes[index - 1] ?? 0, latitudes[index] ?? 0];
      const across = ((longitudes[index] ?? 0) - (longitudes[index - 1] ?? 0)) * Math.cos((from + to) / 2);
      meters += 6_371_000 * Math.hypot(to - from, across);
    }
    expect(meters).toBeGreaterThan(2850);
    expect(meters).toBeLessThan(3150);
  });

  test("has as many laps as asked for, one after the other", async () => {
    const { tcx } = await withActivity(createWorld(), { durationSeconds: 900, gps: true, laps: 3 });
    const text = await (await tcx()).text();
    expect([count(text, "<Lap "), count(text, "<Track>"), count(text, "<TotalTimeSeconds>300.0<")]).toEqual([
      3, 3, 3,
    ]);
    const order = times(text).map((time) => Date.parse(time));
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(new Set(order).size).toBe(901);
  });

  test("has no points in its pause", async () => {
    const { tcx } = await withActivity(createWorld(), { durationSeconds: 600, pauseSeconds: 120, gps: true });
    const order = times(await (await tcx()).text()).map((time) => Date.parse(time) / 1000);
    const gaps = order.slice(1).map((second, index) => second - (order[index] ?? 0));
    expect(gaps.filter((gap) => gap !== 1)).toEqual([120]);
  });

  test("has heart rate where the watch saw one", async () => {
    const world = createWorld();
    const bpm = async (recipe: Record<string, unknown>) => {
      const { tcx } = await withActivity(world, { durationSeconds: 600, gps: true, ...recipe });
      return count(await (await tcx()).text(), "<HeartRateBpm>");
    };
    expect(await bpm({})).toBe(601);
    expect(await bpm({ heartRate: false })).toBe(0);
    expect(await bpm({ heartRateUntilSeconds: 300 })).toBe(300);
  });

  test("is the same every time it is asked for", async () => {
    const { tcx } = await withActivity(createWorld(), { durationSeconds: 300, gps: true });
    expect(await (await tcx()).text()).toBe(await (await tcx()).text());
  });

  test("writes a zero offset as Z, and changes its offset within the file when the clocks change", async () => {
    const world = createWorld();
    const zulu = await withActivity(world, {
      startTime: "2026-01-10T10:00:00Z",
      gps: true,
      durationSeconds: 60,
    });
    expect(times(await (await zulu.tcx()).text())[0]).toBe("2026-01-10T10:00:00.000Z");
    const autumn = await withActivity(
      world,
      { startTime: "2025-10-26T02:50:00+02:00", durationSeconds: 1200, gps: true },
      { timezone: "Europe/Berlin" },
    );
    const written = times(await (await autumn.tcx()).text());
    expect([written[599], written[600], written.at(-1)]).toEqual([
      "2025-10-26T02:59:59.000+02:00",
      "2025-10-26T02:00:00.000+01:00",
      "2025-10-26T02:10:00.000+01:00",
    ]);
    const abroad = await withActivity(
      world,
      { startTime: "2025-10-26T09:50:00+09:00", durationSeconds: 1200, gps: true },
      { timezone: "Europe/Berlin" },
    );
    expect(times(await (await abroad.tcx()).text()).at(-1)).toBe("2025-10-26T10:10:00.000+09:00");
  });
});

describe("an activity without GPS", () => {
  const recipe = { name: "Treadmill", durationSeconds: 600 };

  test("has an activity without laps", async () => {
    const { tcx } = await withActivity(createWorld(), recipe);
    const text = await (await tcx()).text();
    expect(text).toContain('<Activity Sport="Running">');
    expect(text).toContain("<Creator ");
    expect(text).not.toContain("<Lap");
  });

  test("has a point a minute with heart rate when partial TCX is asked for", async () => {
    const { tcx } = await withActivity(createWorld(), recipe);
    const text = await (await tcx("?includePartialTCX=true")).text();
    expect([count(text, "<Trackpoint>"), count(text, "<HeartRateBpm>"), count(text, "<Position>")]).toEqual([
      11, 11, 0,
    ]);
    expect(count(await (await tcx("?includePartialTCX=false")).text(), "<Trackpoint>")).toBe(0);
  });

  test("is empty even then for an application without intraday access, where the setting says so", async () => {
    const world = createWorld();
    await world.control("PUT", "/sim/settings", { intradayAccess: false, partialTcxNeedsIntraday: true });
    const { tcx } = await withActivity(world, recipe);
    expect(await (await tcx("?includePartialTCX=true")).text()).not.toContain("<Lap");
  });

  test("typed in by hand has nothing to show", async () => {
    const { tcx } = await withActivity(createWorld(), { ...recipe, logType: "manual" });
    expect(await (await tcx("?includePartialTCX=true")).text()).not.toContain("<Lap");
  });
});

describe("what can go wrong", () => {
  test.each([["activity"], ["location"]])("without the scope %s it is refused", async (scope) => {
    const scopes = ["activity", "location", "heartrate"].filter((one) => one !== scope);
    const { tcx } = await withActivity(createWorld(), { gps: true }, {}, scopes);
    expect(await errorOf(await tcx())).toContain(
      `403 insufficient_scope This application does not have permission to access ${scope} data.`,
    );
  });

  test.each([
    ["tcx_204", 204],
    ["tcx_400", 400],
    ["tcx_403", 403],
    ["tcx_404", 404],
  ])("%s", async (fault, status) => {
    const world = createWorld();
    const { tcx } = await withActivity(world, { gps: true, durationSeconds: 60 });
    await world.faults({ fault, count: 1 });
    expect((await tcx()).status).toBe(status);
    expect((await tcx()).status).toBe(200);
  });

  test("500, aimed at the path", async () => {
    const world = createWorld();
    const { bearer, tcx } = await withActivity(world, { gps: true, durationSeconds: 60 });
    await world.faults({ fault: "500", path: ".tcx" });
    expect((await tcx()).status).toBe(500);
    expect((await world.get(bearer, listPath())).status).toBe(200);
  });

  test("it comes without laps although there was GPS", async () => {
    const world = createWorld();
    const { tcx } = await withActivity(world, { gps: true, durationSeconds: 60 });
    await world.faults({ fault: "tcx_empty", count: 1 });
    expect(await (await tcx()).text()).not.toContain("<Lap");
    expect(await (await tcx()).text()).toContain("<Lap");
  });

  test("it is empty until some time after the sync", async () => {
    const world = createWorld();
    await world.faults({ fault: "late_tcx", delaySeconds: 300 });
    const { tcx } = await withActivity(world, { gps: true, durationSeconds: 60 });
    expect(await (await tcx()).text()).not.toContain("<Lap");
    await world.advance(300);
    expect(await (await tcx()).text()).toContain("<Lap");
  });

  test("it is cut in the middle, with or without the connection breaking", async () => {
    const world = createWorld();
    const { tcx } = await withActivity(world, { gps: true, durationSeconds: 60 });
    const whole = await (await tcx()).text();
    await world.faults({ fault: "cut", count: 1 }, { fault: "cut_connection" });
    const half = await (await tcx()).text();
    expect(half).toBe(whole.slice(0, half.length));
    expect(half.length).toBe(Math.floor(whole.length / 2));
    await expect((await tcx()).text()).rejects.toThrow();
  });

  test("an unknown log is 404", async () => {
    const world = createWorld();
    const { bearer } = await withActivity(world, { gps: true });
    expect((await world.get(bearer, "/1/user/-/activities/123.tcx")).status).toBe(404);
    expect((await world.get(bearer, "/1/user/-/activities/abc.tcx")).status).toBe(404);
  });
});

describe("an uploaded file", () => {
  const file = `\uFEFF <?xml version="1.0"?>\r\n<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>
<Activity Sport="Biking"><Id>2025-12-27T15:43:49.000+01:00</Id><Lap StartTime="2025-12-27T15:43:49.000+01:00">
<TotalTimeSeconds>2283.0</TotalTimeSeconds><DistanceMeters>6839.970000000001</DistanceMeters><Calories>221</Calories><Track>
<Trackpoint><Time>2025-12-27T15:59:36.000+01:00</Time><Position><LatitudeDegrees>47.1</LatitudeDegrees><LongitudeDegrees>8.1</LongitudeDegrees></Position><DistanceMeters>2604.0</DistanceMeters><HeartRateBpm><Value>121</Value></HeartRateBpm></Trackpoint>
<Trackpoint><Time>2025-12-27T15:59:37.571+01:00</Time><HeartRateBpm><Value>122</Value></HeartRateBpm></Trackpoint>
<Trackpoint><Time>2025-12-27T15:59:38.000+01:00</Time></Trackpoint>
</Track></Lap></Activity></Activities></TrainingCenterDatabase>`;
  const upload = (world: World, account: string, body: BodyInit, query = "") =>
    world.simulator.fetch(
      new Request(`http://fitbit.test/sim/users/${account}/activities${query}`, {
        method: "POST",
        headers: { "content-type": "application/vnd.garmin.tcx+xml" },
        body,
      }),
    );

  test("is served byte for byte, listed with its own start, length and distance, and its heart rate by second", async () => {
    const world = createWorld();
    const account = await world.account();
    const { access_token: bearer } = await world.connect(account);
    const bytes = new TextEncoder().encode(file);
    const created = await upload(world, account, bytes);
    expect(created.status).toBe(201);
    const { activityId } = (await created.json()) as { activityId: string };
    await world.sync(account);
    const [entry] = (await (await world.get(bearer, listPath("2025-01-01"))).json()).activities;
    expect(entry).toMatchObject({
      activityTypeId: 1071,
      startTime: "2025-12-27T15:43:49.000+01:00",
      duration: 2_283_000,
      distance: 6.83997,
      calories: 221,
    });
    const served = await (await world.get(bearer, `/1/user/-/activities/${activityId}.tcx`)).arrayBuffer();
    expect(new Uint8Array(served)).toEqual(bytes);
    const heart = await (await world.get(bearer, new URL(entry.heartRateLink).pathname)).json();
    expect(heart["activities-heart-intraday"].dataset).toEqual([
      { time: "15:59:36", value: 121 },
      { time: "15:59:37", value: 122 },
    ]);
  });

  test("without heart rate has none anywhere", async () => {
    const world = createWorld();
    const account = await world.account();
    const { access_token: bearer } = await world.connect(account);
    await upload(world, account, file.replaceAll(/<HeartRateBpm>.*?<\/HeartRateBpm>/g, ""), "?name=Gravel");
    await world.sync(account);
    const [entry] = (await (await world.get(bearer, listPath("2025-01-01"))).json()).activities;
    expect(entry.activityName).toBe("Gravel");
    expect(entry).not.toHaveProperty("averageHeartRate");
    expect(entry).not.toHaveProperty("heartRateLink");
    const day = "/1/user/-/activities/heart/date/2025-12-27/1d/1sec.json";
    expect((await (await world.get(bearer, day)).json())["activities-heart-intraday"].dataset).toEqual([]);
  });

  test("without any time is refused", async () => {
    const world = createWorld();
    const account = await world.account();
    expect((await upload(world, account, "<TrainingCenterDatabase/>")).status).toBe(400);
  });
});

// Heart rate by second: both shapes, every form of the address, zones and midnight, and what is refused.

import { describe, expect, test } from "vitest";
import { createWorld, errorOf, type World } from "./harness.ts";

interface Answer {
  "activities-heart": Record<string, unknown>[];
  "activities-heart-intraday"?: {
    dataset: { time: string; value: number }[];
    datasetInterval: number;
    datasetType: string;
  };
}

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
  const ask = (rest: string) => world.get(bearer, `/1/user/-/activities/heart/date/${rest}`);
  const read = async (rest: string) => (await (await ask(rest)).json()) as Answer;
  const times = async (rest: string) =>
    (await read(rest))["activities-heart-intraday"]?.dataset.map((point) => point.time) ?? [];
  return { account, activityId, ask, read, times };
}

const morning = { startTime: "2026-06-01T10:00:00+02:00", durationSeconds: 1800 };
const berlin = { timezone: "Europe/Berlin" };

describe("the answer", () => {
  test("for a whole day is nested, and its points are irregular, 1 to 5 s apart", async () => {
    const { read } = await withActivity(createWorld(), morning, berlin);
    const answer = await read("2026-06-01/1d/1sec.json");
    expect(answer["activities-heart"][0]).toMatchObject({
      dateTime: "2026-06-01",
      value: { customHeartRateZones: [] },
    });
    const intraday = answer["activities-heart-intraday"];
    expect(intraday).toMatchObject({ datasetInterval: 1, datasetType: "second" });
    const seconds = (intraday?.dataset ?? []).map(({ time }) => Date.parse(`2026-06-01T${time}Z`) / 1000);
    const steps = new Set(seconds.slice(1).map((second, index) => second - (seconds[index] ?? 0)));
    expect([...steps].sort()).toEqual([1, 2, 3, 4, 5]);
    for (const { value } of intraday?.dataset ?? []) {
      expect(value).toBeGreaterThan(60);
      expect(value).toBeLessThan(186);
    }
  });

  test("for a window is flat, with the average as text", async () => {
    const { read } = await withActivity(createWorld(), morning, berlin);
    const answer = await read("2026-06-01/1d/1sec/time/10:00:00/10:10:00.json");
    const [summary] = answer["activities-heart"];
    expect(summary).toMatchObject({ dateTime: "2026-06-01", customHeartRateZones: [] });
    expect(summary?.value).toMatch(/^\d+\.\d\d$/);
    expect(summary).not.toHaveProperty("restingHeartRate");
  });

  test("for a day without readings is an empty dataset", async () => {
    const { times } = await withActivity(createWorld(), { ...morning, heartRate: false }, berlin);
    expect(await times("2026-06-01/1d/1sec.json")).toEqual([]);
  });

  test("by the minute averages and leaves empty minutes out", async () => {
    const { read } = await withActivity(createWorld(), { ...morning, heartRateUntilSeconds: 600 }, berlin);
    for (const [detail, interval, points] of [
      ["1min", 1, 10],
      ["5min", 5, 2],
      ["15min", 15, 1],
    ] as const) {
      const intraday = (await read(`2026-06-01/1d/${detail}.json`))["activities-heart-intraday"];
      expect(intraday).toMatchObject({ datasetInterval: interval, datasetType: "minute" });
      expect(intraday?.dataset).toHaveLength(points);
    }
  });
});

describe("the address", () => {
  test("may name a window by minute or second, both ends included", async () => {
    const { times } = await withActivity(createWorld(), morning, berlin);
    const all = await times("2026-06-01/1d/1sec.json");
    const window = (from: string, to: string) => all.filter((time) => time >= from && time <= to);
    expect(await times("2026-06-01/1d/1sec/time/10:05/10:06.json")).toEqual(window("10:05:00", "10:06:00"));
    const [, second = ""] = all;
    expect(await times(`2026-06-01/1d/1sec/time/${second}/${second}.json`)).toEqual([second]);
    expect(await times("2026-06-01/2026-06-01/1sec/time/10:05:00/10:06:00.json")).toEqual(
      window("10:05:00", "10:06:00"),
    );
  });

  test("may say today", async () => {
    const { times } = await withActivity(createWorld(), { durationSeconds: 600 }, berlin);
    expect((await times("today/1d/1sec.json")).length).toBeGreaterThan(100);
    expect((await times("today/today/1sec.json")).length).toBeGreaterThan(100);
  });

  test("crosses midnight with a start and an end date", async () => {
    const night = { startTime: "2026-06-01T23:50:00+02:00", durationSeconds: 1200 };
    const { times } = await withActivity(createWorld(), night, berlin);
    const both = await times("2026-06-01/2026-06-02/1sec/time/23:50:00/00:10:00.json");
    const before = await times("2026-06-01/1d/1sec.json");
    const after = await times("2026-06-02/1d/1sec.json");
    expect(both).toEqual([...before, ...after]);
    expect(before[0]).toBe("23:50:00");
    expect(after[0]?.startsWith("00:00:0")).toBe(true);
  });

  const refused: [what: string, rest: string, status: number][] = [
    ["an end before the start", "2026-06-01/1d/1sec/time/10:00/09:00.json", 400],
    ["more than 24 hours", "2026-06-01/2026-06-02/1sec/time/10:00/10:00:01.json", 400],
    ["two whole days", "2026-06-01/2026-06-02/1sec.json", 400],
    ["an unknown detail", "2026-06-01/1d/2sec.json", 400],
    ["a date that is none", "2026-13-01/1d/1sec.json", 400],
    ["a time that is none", "2026-06-01/1d/1sec/time/24:00/25:00.json", 400],
    ["another zone than UTC", "2026-06-01/1d/1sec.json?timezone=Europe/Berlin", 400],
    ["half a window", "2026-06-01/1d/1sec/time/10:00.json", 404],
  ];
  test.each(refused)("refuses %s", async (_what, rest, status) => {
    const { ask } = await withActivity(createWorld(), morning, berlin);
    expect((await ask(rest)).status).toBe(status);
  });

  test("allows exactly 24 hours", async () => {
    const { ask } = await withActivity(createWorld(), morning, berlin);
    expect((await ask("2026-06-01/2026-06-02/1sec/time/10:00/10:00.json")).status).toBe(200);
  });
});

describe("time", () => {
  test("is local to the exercise; timezone=UTC turns question and answer", async () => {
    const elsewhere = { startTime: "2026-06-01T10:00:00+09:00", durationSeconds: 600 };
    const { times } = await withActivity(createWorld(), elsewhere, berlin);
    expect((await times("2026-06-01/1d/1sec.json"))[0]).toBe("10:00:00");
    expect((await times("2026-06-01/1d/1sec.json?timezone=UTC"))[0]).toBe("01:00:00");
    expect(await times("2026-06-01/1d/1sec/time/10:00/10:10.json?timezone=UTC")).toEqual([]);
    expect((await times("2026-06-01/1d/1sec/time/01:00/01:10.json?timezone=UTC")).length).toBeGreaterThan(
      100,
    );
  });

  test("the parameter can be ignored", async () => {
    const world = createWorld();
    const { times } = await withActivity(world, morning, berlin);
    await world.faults({ fault: "timezone_ignored" });
    expect((await times("2026-06-01/1d/1sec.json?timezone=UTC"))[0]).toBe("10:00:00");
  });

  test("stays with the offset of the start when the clocks change during the exercise; UTC is right anyway", async () => {
    for (const [startTime, utc, local] of [
      ["2026-03-29T01:50:00+01:00", ["00:50", "01:10"], ["01:50", "02:10"]],
      ["2025-10-26T02:50:00+02:00", ["00:50", "01:10"], ["02:50", "03:10"]],
    ] as const) {
      const { times } = await withActivity(createWorld(), { startTime, durationSeconds: 1200 }, berlin);
      const date = startTime.slice(0, 10);
      const inUtc = await times(`${date}/1d/1sec.json?timezone=UTC`);
      const inLocal = await times(`${date}/1d/1sec.json`);
      expect([inUtc[0]?.slice(0, 5), inLocal[0]?.slice(0, 5)]).toEqual([utc[0], local[0]]);
      expect([(inUtc.at(-1) ?? "~") <= `${utc[1]}:00`, (inLocal.at(-1) ?? "~") <= `${local[1]}:00`]).toEqual([
        true,
        true,
      ]);
      expect(inUtc).toHaveLength(inLocal.length);
    }
  });
});

describe("a watch worn all day", () => {
  test("also has readings 5 to 15 s apart between workouts, up to its last sync", async () => {
    const world = createWorld();
    const { times, read } = await withActivity(
      world,
      { durationSeconds: 600 },
      { ...berlin, wornAllDay: true },
    );
    const night = await times("2026-06-10/1d/1sec/time/03:00:00/04:00:00.json");
    expect(night.length).toBeGreaterThan(300);
    const seconds = night.map((time) => Date.parse(`2026-06-10T${time}Z`) / 1000);
    const steps = seconds.slice(1).map((second, index) => second - (seconds[index] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...steps)).toBeLessThanOrEqual(15);
    expect(((await times("2026-06-10/1d/1sec.json")).at(-1) ?? "~") <= "12:20:00").toBe(true);
    const day = await read("2026-06-10/1d/1sec.json");
    expect(day["activities-heart"][0]).toMatchObject({ value: { restingHeartRate: 61 } });
  });

  test("has none during a workout in which it was not worn", async () => {
    const { times } = await withActivity(
      createWorld(),
      { ...morning, heartRate: false },
      { ...berlin, wornAllDay: true },
    );
    expect(await times("2026-06-01/1d/1sec/time/10:00:00/10:30:00.json")).toEqual([]);
  });
});

describe("what is refused or missing", () => {
  test("without the scope heartrate", async () => {
    const { ask } = await withActivity(createWorld(), morning, berlin, ["activity"]);
    expect(await errorOf(await ask("2026-06-01/1d/1sec.json"))).toContain("403 insufficient_scope");
  });

  test("without intraday access: 403, or an answer without the intraday part", async () => {
    const world = createWorld();
    const { ask, read } = await withActivity(world, morning, berlin);
    await world.faults({ fault: "intraday_403", count: 1 }, { fault: "intraday_missing", count: 1 });
    expect(await errorOf(await ask("2026-06-01/1d/1sec.json"))).toContain(
      "403 insufficient_permissions API client is not authorized by Fitbit to access the resource requested.",
    );
    const without = await read("2026-06-01/1d/1sec.json");
    expect(without["activities-heart"]).toHaveLength(1);
    expect(without).not.toHaveProperty("activities-heart-intraday");
    await world.control("PUT", "/sim/settings", { intradayAccess: false });
    expect((await ask("2026-06-01/1d/1sec.json")).status).toBe(403);
  });

  test("late: readable only some time after the sync, in the intraday answer and in the TCX alike", async () => {
    const world = createWorld();
    await world.faults({ fault: "late_heart_rate", delaySeconds: 300 });
    const account = await world.account(berlin);
    const { access_token: bearer } = await world.connect(account);
    const activityId = await world.record(account, { ...morning, gps: true });
    await world.sync(account);
    const readings = async () => {
      const day = await world.get(bearer, "/1/user/-/activities/heart/date/2026-06-01/1d/1sec.json");
      const tcx = await (await world.get(bearer, `/1/user/-/activities/${activityId}.tcx`)).text();
      const answer = (await day.json()) as Answer;
      return [answer["activities-heart-intraday"]?.dataset.length, tcx.split("<HeartRateBpm>").length - 1];
    };
    expect(await readings()).toEqual([0, 0]);
    await world.advance(299);
    expect(await readings()).toEqual([0, 0]);
    await world.advance(1);
    const [intraday = 0, points] = await readings();
    expect(intraday).toBeGreaterThan(500);
    expect(points).toBe(1801);
  });
});
